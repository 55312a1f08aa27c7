"""Checklists, and their tasks on a ticket."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from foundation.core.errors import Invalid, NotFound
from tests.support.house import MONDAY_9AM, House, by, make_ticket
from tickets import queries, services
from tickets.models import Checklist, Task
from tickets.services import save_checklist


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def checklist(
    house: House, lines: str = "Account\n\n  Mailbox ", name: str = "New user"
) -> Checklist:
    return save_checklist(
        name=name, lines=lines, audience="mine", team=None, by=by(house.agent), at=MONDAY_9AM
    )


def test_a_checklist_puts_its_tasks_on_a_ticket_once(house: House) -> None:
    ticket = make_ticket(house)
    saved = checklist(house)

    added = services.add_checklist(
        ticket=ticket, checklist=saved, by=by(house.agent), at=MONDAY_9AM
    )

    assert [(each.title, each.checklist) for each in added] == [
        ("Account", "New user"),
        ("Mailbox", "New user"),
    ]
    with pytest.raises(Invalid, match="are open already"):
        services.add_checklist(ticket=ticket, checklist=saved, by=by(house.agent), at=MONDAY_9AM)
    for task in added:
        services.finish_task(task=task, by=by(house.agent), at=MONDAY_9AM)
    services.add_checklist(ticket=ticket, checklist=saved, by=by(house.agent), at=MONDAY_9AM)
    assert Task.objects.count() == 4


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (" \n ", "Write the tasks"),
        ("\n".join(f"t{n}" for n in range(41)), "At most 40 tasks"),
        ("x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_no_checklist_is_not_saved(house: House, lines: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        checklist(house, lines)
    assert not Checklist.objects.exists()


def test_a_checklist_is_deleted_by_its_owner_alone(house: House) -> None:
    saved = checklist(house)

    with pytest.raises(NotFound):
        services.delete_checklist(checklist_id=saved.pk, by=by(house.staff["agent2"]))
    assert queries.checklists_for(house.staff["agent2"]) == []
    services.delete_checklist(checklist_id=saved.pk, by=by(house.agent))
    assert queries.checklists_for(house.agent) == []


def test_lines_of_a_checklist_that_show_nothing_are_left_out(house: House) -> None:
    saved = checklist(house, "Account\n\u0301\n\u200b\nMailbox")

    assert saved.titles == ["Account", "Mailbox"]
