"""What pages, letters and answers of one story say, word by word (``tests/support/written.py``)."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from foundation.accounts.models import User
from foundation.accounts.services import issue_user_token
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.architecture.routes import all_routes
from tests.support.api import Api
from tests.support.clocks import sweep
from tests.support.house import DAY, MONDAY_9AM, SETUP, House
from tests.support.lives import Life, second_contract
from tests.support.world import path_of, world
from tests.support.written import lines_of, require_as_written, without_tokens
from tickets.models import Ticket

__all__ = ["world"]
NOW = MONDAY_9AM + 4 * DAY + timedelta(hours=3)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# What shows chance or the machine: tokens, times of a check, the data folder.
CHANGING = re.compile(r"^/(healthz|readyz|accounts/|api/schema|api/docs)")


@pytest.fixture
def story(house: House, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A row of everything, and tickets that have lived."""
    for user in User.objects.all():
        user.language = "es" if user == house.requester else "en"
        user.save()
    with time_machine.travel(MONDAY_9AM, tick=False):
        values: dict[str, str] = request.getfixturevalue("world")
    lives = Life(house, 7, [second_contract(house), house.contract])
    for _ in range(8):
        for instant in lives.moments(MONDAY_9AM, 3):
            if instant >= NOW:
                break
    sweep(NOW)
    with time_machine.travel(NOW, tick=False):
        yield values


def readers(house: House) -> list[User]:
    return [house.staff["administrator"], house.agent, house.requester]


def opened(house: House, addresses: list[str]) -> Iterator[str]:
    """Yield the lines of each page, as the first of ``readers`` who may open it reads it."""
    clients = []
    for person in readers(house):
        clients.append((person, Client()))
        clients[-1][1].force_login(person, BACKEND)
    for address in addresses:
        for person, client in clients:
            answer = client.get(address)
            answer.close()
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield f"\n== {without_tokens(address)} ({person})"
                main = answer.content.decode().partition("<main")[2].partition("</main>")
                yield from lines_of(f"<main{main[0]}")
                break


def addresses_of(values: dict[str, str]) -> list[str]:
    paths = [path_of(route, values) for route in all_routes()]
    tickets = [ticket.number for ticket in Ticket.objects.order_by("pk")]
    more = [f"/{door}tickets/{number}/" for number in tickets for door in ("", "admin/")]
    return [path for path in dict.fromkeys([*paths, *more]) if not CHANGING.match(path)]


CONFIGURATION = re.compile(
    r"^/admin/(accounts|calendars|catalog|duty|escalation|notifications|sla|config)/"
)


@pytest.mark.parametrize("place", ["configuration", "desk", "portal"])
def test_pages(house: House, story: dict[str, str], place: str) -> None:
    def lies_in(address: str) -> bool:
        is_configuration = bool(CONFIGURATION.match(address))
        return {
            "configuration": is_configuration,
            "desk": address.startswith("/admin/") and not is_configuration,
            "portal": not address.startswith(("/admin/", "/api/")),
        }[place]

    chosen = [address for address in addresses_of(story) if lies_in(address)]

    require_as_written(f"{place}.txt", "\n".join(opened(house, chosen)).lstrip() + "\n")


def test_letters(house: House, story: dict[str, str]) -> None:
    letters = OutboxMessage.objects.order_by("-pk")
    first = {(letter.template, letter.language): letter for letter in letters}
    found = []
    for (template, language), letter in sorted(first.items()):
        made = render_message(letter)
        found.append(f"== {template} ({language}), to {letter.to_name} <{letter.to_email}>")
        found.append(f"{made.subject}\n\n{made.text}")

    require_as_written("letters.txt", without_tokens("\n".join(found)))


def test_answers(house: House, story: dict[str, str]) -> None:
    clients = [Api(issue_user_token(user=each, by=SETUP, at=NOW)) for each in readers(house)]
    found = []
    for address in addresses_of(story):
        for person, client in zip(readers(house), clients, strict=True):
            if not address.startswith("/api/v1/"):
                continue
            answer = client.get(address.removeprefix("/api/v1/"))
            answer.close()  # a file's
            if answer.status_code == 200 and "json" in answer["Content-Type"]:
                found.append(f"\n== {address} ({person})")
                text = json.dumps(answer.json(), indent=1, ensure_ascii=False)
                found.append(without_tokens(text))
                break

    require_as_written("answers.txt", "\n".join(found).lstrip() + "\n")
