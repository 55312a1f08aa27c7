"""Services that read a ticket and then decide lock its row first. SQLite locks no rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.accounts import granting
from tests.support.house import DAY, HOUR, MONDAY_9AM, SETUP, House, by, fresh, make_ticket
from tests.support.tickets import closed
from tickets import services

LATER = MONDAY_9AM + DAY


def follow_up(house: House) -> Callable[[], Any]:
    ticket = fresh(closed(house))
    return lambda: services.follow_up_ticket(
        ticket=ticket, body="Again.", by=by(house.requester), at=LATER
    )


def reply(house: House) -> Callable[[], Any]:
    ticket = fresh(make_ticket(house))
    return lambda: services.reply_as_customer(
        ticket=ticket, body="More.", by=by(house.requester), at=MONDAY_9AM + HOUR
    )


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
@pytest.mark.parametrize("act", [follow_up, reply])
def test_the_row_of_the_ticket_is_locked(house: House, act: Any) -> None:
    carry_out = act(house)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        carry_out()

    locks = [each["sql"] for each in queries if "FOR UPDATE" in each["sql"]]
    assert any('FROM "tickets_ticket"' in sql for sql in locks)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
def test_people_are_locked_without_their_key(house: House) -> None:
    """Who writes a ticket refers to people: a lock with the key would wait for that writer."""
    granting.ask_for_role(
        person=house.agent, role="bpo", by=by(house.staff["administrator"]), at=MONDAY_9AM
    )

    with CaptureQueriesContext(connection) as queries:
        granting.check_roles(
            person=house.staff["agent2"],
            roles=["agent"],
            is_active=True,
            by=house.staff["administrator"],
        )
        granting.confirm_role(email=house.agent.email, role="bpo", by=SETUP, at=MONDAY_9AM)

    locks = [
        each["sql"]
        for each in queries
        if 'FROM "accounts_user"' in each["sql"] and "FOR " in each["sql"]
    ]
    assert [sql.partition(" FOR ")[2] for sql in locks] == ["NO KEY UPDATE"] * 2
