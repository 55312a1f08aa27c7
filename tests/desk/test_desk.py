"""The desk: order and views of the queue, bulk assignment, stale forms that keep their input,
statement budgets.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.accounts.models import Membership, User
from foundation.accounts.services import issue_user_token
from foundation.activity.models import Record
from foundation.core.classification import Impact, Urgency
from tests.support.house import (
    HOUR,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.statements import statements
from tickets import services
from tickets.models import Message, Ticket
from tickets.services import TransitionDetails


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(MONDAY_9AM + timedelta(minutes=50), tick=False):
        yield


def numbers(page: str, tickets: list[Ticket]) -> list[str]:
    """Return the tickets' numbers in the order in which the page shows them."""
    return sorted((t.number for t in tickets if t.number in page), key=page.index)


def test_the_queue_shows_the_most_urgent_first_and_the_paused_last(
    house: House, sign_in: Any
) -> None:
    paused = make_ticket(house)
    low = make_ticket(house, urgency=Urgency.LOW)
    breached = make_ticket(house, impact=Impact.EXTENSIVE)
    soon = make_ticket(house)
    major = make_ticket(house)
    services.reply_to_customer(ticket=fresh(paused), body="Hi.", by=by(house.agent), at=MONDAY_9AM)
    services.transition_ticket(
        ticket=fresh(paused), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    services.transition_ticket(
        ticket=fresh(paused),
        name="pend_user",
        details=TransitionDetails(message="?"),
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    Ticket.objects.filter(pk=major.pk).update(is_major=True)
    client = sign_in(house.agent)

    page = client.get("/admin/queue/").content.decode()

    every = [paused, low, breached, soon, major]
    assert numbers(page, every) == [t.number for t in (major, breached, soon, low)]
    assert "Le toca al cliente" in page  # the paused one, when it is opened
    closed = client.get("/admin/queue/groups/customer/").content.decode()
    assert numbers(closed, every) == [paused.number]
    views = {
        name: numbers(client.get(f"/admin/queue/?view={name}").content.decode(), every)
        for name in ("breached", "at_risk", "unassigned", "mine")
    }
    assert views == {
        "breached": [breached.number],
        "at_risk": [major.number, soon.number],
        "unassigned": [t.number for t in (major, breached, soon, low)],
        "mine": [],  # it is closed there too
    }


def test_filters_narrow(house: House, sign_in: Any) -> None:
    one = make_ticket(house, subject="Printer")
    two = make_ticket(house, organization=house.south, requester=house.outsider)
    client = sign_in(house.agent)

    assert numbers(client.get("/admin/queue/?organization=south").content.decode(), [one, two]) == [
        two.number
    ]
    assert numbers(client.get("/admin/queue/?q=printer").content.decode(), [one, two]) == [
        one.number
    ]


def test_a_stale_form_returns_with_the_changes_and_the_typed_values(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    seen = fresh(ticket).version
    services.assign_ticket(
        ticket=fresh(ticket),
        assignee=house.staff["agent2"],
        by=by(house.staff["agent2"]),
        at=MONDAY_9AM,
    )
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    client = sign_in(house.agent)
    typed = {"message": "A long solution text.", "solution_type": "workaround", "version": seen}

    refused = client.post(f"/admin/tickets/{ticket.number}/step/solve/", typed)

    page = refused.content.decode()
    assert (refused.status_code, fresh(ticket).state) == (409, "in_progress")
    assert "A long solution text." in page
    assert "Agent2" in page
    assert f'name="version" value="{fresh(ticket).version}"' in page

    client.post(
        f"/admin/tickets/{ticket.number}/step/solve/", {**typed, "version": fresh(ticket).version}
    )
    assert fresh(ticket).state == "solved"


def test_a_reply_is_never_refused_for_being_late_but_warns(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.reply_to_customer(
        ticket=fresh(ticket), body="First.", by=by(house.staff["agent2"]), at=MONDAY_9AM
    )

    page = (
        sign_in(house.agent)
        .post(
            f"/admin/tickets/{ticket.number}/say/",
            {"kind": "reply", "body": "Second.", "last_message": 0},
            follow=True,
        )
        .content.decode()
    )

    assert "Second." in page
    assert "message-warning" in page

    own = sign_in(house.agent).post(
        f"/admin/tickets/{ticket.number}/say/",
        {"kind": "reply", "body": "Third.", "last_message": Message.objects.get(body="First.").pk},
        follow=True,
    )
    assert "message-warning" not in own.content.decode()  # the newer message is one's own


def test_markup_is_shown_as_text(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house, subject="<script>alert(1)</script>")

    for page in ("/admin/queue/", f"/admin/tickets/{ticket.number}/"):
        body = sign_in(house.agent).get(page).content.decode()
        assert "<script>alert(1)" not in body
        assert "&lt;script&gt;alert(1)" in body


def test_configuration_names_people_by_their_e_mail(house: House, sign_in: Any) -> None:
    client = sign_in(house.staff["administrator"])
    newcomer = User.objects.create(email="new@north.example", full_name="New")
    membership = {
        "organization": house.north.pk,
        "user": "New@North.example ",
        "roles": ["requester"],
    }

    unknown = client.post(
        "/admin/accounts/membership/add/", {**membership, "user": "nobody@north.example"}
    ).content.decode()
    client.post("/admin/accounts/membership/add/", membership)

    made = Membership.objects.get(user=newcomer)
    assert "Nobody has this e-mail" in unknown or "Nadie tiene" in unknown
    assert (made.organization_id, made.roles) == (house.north.pk, ["requester"])
    assert (
        'value="new@north.example"'
        in client.get(f"/admin/accounts/membership/{made.pk}/change/").content.decode()
    )


def test_report_recipients_are_a_list_of_e_mails_and_an_unknown_one_is_named(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/catalog/contract/{house.contract.pk}/change/"
    form = client.get(path).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    typed = {
        name: value for name, value in values.items() if value is not None and value is not False
    }
    typed |= {
        f"{formset.formset.prefix}-{n}": 0
        for formset in client.get(path).context["inline_admin_formsets"]
        for n in ("TOTAL_FORMS", "INITIAL_FORMS")
    }

    refused = client.post(
        path, {**typed, "report_recipients": "requester@north.example\nghost@north.example"}
    )
    saved = client.post(
        path, {**typed, "report_recipients": "requester@north.example\nCoordinator@north.example"}
    )

    assert "ghost@north.example" in str(refused.context["errors"])
    assert saved.status_code == 302
    assert set(house.contract.report_recipients.values_list("email", flat=True)) == {
        "requester@north.example",
        "coordinator@north.example",
    }
    assert "coordinator@north.example\nrequester@north.example" in client.get(path).content.decode()


@pytest.mark.parametrize(("path", "budget"), [("/admin/queue/", 13), ("/admin/", 12)])
def test_lists_cost_the_same_for_one_ticket_and_for_three(
    house: House, sign_in: Any, path: str, budget: int
) -> None:
    client = sign_in(house.agent)
    make_ticket(house, impact=Impact.EXTENSIVE)
    one = statements(client, path)
    for _ in range(2):
        make_ticket(house, impact=Impact.EXTENSIVE)

    assert statements(client, path) == one
    assert one <= budget


def test_the_ticket_page_keeps_its_budget(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    for _ in range(3):
        services.reply_to_customer(
            ticket=fresh(ticket), body="Hi.", by=by(house.agent), at=MONDAY_9AM
        )

    assert statements(sign_in(house.agent), f"/admin/tickets/{ticket.number}/") <= 20


def test_creation_keeps_its_budget(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)
    body = {
        "organization": house.north.pk,
        "subject": "Budget",
        "description": "x",
        "impact": "minor",
        "urgency": "low",
    }
    client.post("/catalog/erp-error/", body)
    with CaptureQueriesContext(connection) as portal:
        assert client.post("/catalog/erp-error/", body).status_code == 302

    secret = issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM)
    new = {
        "subject": "Budget",
        "description": "x",
        "kind": "incident",
        "service": "erp",
        "impact": "minor",
        "urgency": "low",
    }
    with CaptureQueriesContext(connection) as queries:
        response = client.post(
            "/api/v1/tickets/",
            new,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "b"},
        )
    assert response.status_code == 201
    for asked in (portal, queries):
        counted = [
            q["sql"]
            for q in asked
            if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "SELECT pg_try_advisory"))
        ]
        assert len(counted) <= 21, "\n".join(sql[:160] for sql in counted)


def test_no_two_fields_of_the_ticket_page_share_an_id(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )

    page = (
        sign_in(house.staff["desk_supervisor"])
        .get(f"/admin/tickets/{ticket.number}/")
        .content.decode()
    )

    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) > 20
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (
            "accounts/user/add/",
            {
                "email": "new@mesa.example",
                "full_name": "New",
                "language": "es",
                "is_active": "on",
                "staff_roles": "agent",
            },
        ),
        ("accounts/team/add/", {"name": "Level three", "level": 3}),
        ("catalog/category/add/", {"name_es": "Nueva", "icon": "server", "position": 3}),
    ],
)
def test_an_administrator_saves_shared_configuration_and_the_record_lists_it(
    house: House, sign_in: Any, path: str, form: dict[str, Any]
) -> None:
    saved = sign_in(house.staff["administrator"]).post(f"/admin/{path}", form)

    assert saved.status_code == 302
    record = Record.objects.filter(verb="configuration.created").latest("pk")
    assert (record.organization_id, record.person_id) == (None, house.staff["administrator"].pk)


def test_the_lists_say_how_long_each_side_held_a_ticket_once_more_than_one_has(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    untouched = make_ticket(house)
    services.transition_ticket(
        ticket=ticket,
        name="start",
        details=TransitionDetails(),
        by=by(house.agent),
        at=MONDAY_9AM + HOUR,
    )
    wanted = TransitionDetails(message="Which?")
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=wanted,
        by=by(house.agent),
        at=MONDAY_9AM + 3 * HOUR,
    )

    with time_machine.travel(MONDAY_9AM + 8 * HOUR, tick=False):
        desk = sign_in(house.agent).get(
            "/admin/queue/?view=customer", headers={"Accept-Language": "en"}
        )
        portal = sign_in(house.requester).get("/tickets/", headers={"Accept-Language": "en"})

    assert portal.content.decode().count("cell-held") == 1
    assert "Us 3 h · The customer 5 h" in desk.content.decode()
    assert "The desk 3 h · You 5 h" in portal.content.decode()
    assert untouched.number in portal.content.decode()
