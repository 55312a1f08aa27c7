"""Sessions of remote support on the ticket (SPEC 3.17)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from foundation.core.errors import Invalid
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, House, by, fresh, make_ticket
from tickets import queries, services, verbs
from tickets.models import LONGEST_SUMMARY, Consent, RemoteSession, Ticket, TimeEntry
from tickets.services import ActionNotAllowed, NewSession, Spent
from web.timeline import sentence

NOON = MONDAY_9AM + 3 * HOUR
SESSION = NewSession(
    tool=" Any \n Viewer ",
    started_at=MONDAY_9AM + HOUR,
    ended_at=MONDAY_9AM + HOUR + 35 * MINUTE,
    consent_by="Ana Ruiz",
    consent=Consent.PHONE,
    summary="The printer was paused.\n",
    recording="https://records.example/7",
)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def note(house: House, ticket: Ticket, **changes: Any) -> RemoteSession:
    session = replace(SESSION, **changes)
    return services.note_session(ticket=ticket, session=session, by=by(house.agent), at=NOON)


def test_a_session_is_noted_with_tool_person_time_consent_and_recording(house: House) -> None:
    ticket = make_ticket(house)

    noted = note(house, ticket)

    assert queries.sessions_of([ticket.pk]) == [noted]
    assert (noted.tool, noted.person, noted.summary) == (
        "Any Viewer",
        house.agent,
        "The printer was paused.",
    )
    assert (noted.consent_by, noted.consent) == ("Ana Ruiz", "phone")
    assert noted.has_link
    assert not note(house, ticket, recording="Shelf 3").has_link
    assert queries.tools_in_use(house.north.pk) == ["Any Viewer"]
    assert queries.tools_in_use(house.south.pk) == []
    said = [each for each in queries.timeline(ticket) if each.verb == verbs.SESSION_NOTED]
    assert sentence(said[0], "UTC") == "Remote session noted: 35 min"


def test_a_session_counts_as_work_where_that_is_wanted(house: House) -> None:
    ticket = make_ticket(house)

    services.note_session(
        ticket=ticket, session=SESSION, spent=Spent(35), by=by(house.agent), at=NOON
    )

    assert TimeEntry.objects.get().minutes == 35


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tool": " "}, "tool"),
        ({"tool": "x" * 61}, "tool"),
        ({"consent_by": ""}, "consent_by"),
        ({"consent": "none"}, "consent"),
        ({"summary": "\n"}, "summary"),
        ({"summary": "x" * 2001}, "summary"),
        ({"recording": "x" * 501}, "recording"),
        ({"ended_at": MONDAY_9AM + HOUR}, "ended_at"),
        ({"ended_at": NOON + MINUTE}, "ended_at"),
        ({"started_at": NOON - 25 * HOUR, "ended_at": NOON}, "ended_at"),
        ({"started_at": NOON - timedelta(days=63), "ended_at": NOON - 62 * DAY}, "started_at"),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    house: House, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        note(house, make_ticket(house), **changes)

    assert set(caught.value.fields) == {field}
    assert not RemoteSession.objects.exists()


def test_who_noted_it_or_a_supervisor_removes_it(house: House) -> None:
    ticket = make_ticket(house)
    noted = note(house, ticket)
    other = note(house, ticket)

    with pytest.raises(ActionNotAllowed):
        services.remove_session(session=noted, by=by(house.staff["agent2"]), at=NOON)
    services.remove_session(session=noted, by=by(house.agent), at=NOON)
    services.remove_session(session=noted, by=by(house.agent), at=NOON)
    supervisor = by(house.staff["desk_supervisor"])
    services.remove_session(session=other, by=supervisor, at=NOON)

    assert queries.sessions_of([ticket.pk]) == []
    assert queries.session_of(ticket, noted.pk) is None
    said = [each for each in queries.timeline(ticket) if each.verb == verbs.SESSION_REMOVED]
    assert len(said) == 2


def test_who_may_not_work_on_the_ticket_notes_nothing(house: House) -> None:
    ticket = make_ticket(house)

    for user in (house.requester, house.staff["bpo"], house.staff["consultant"]):
        with pytest.raises(ActionNotAllowed):
            services.note_session(ticket=ticket, session=SESSION, by=by(user), at=NOON)


def test_the_session_of_a_merged_ticket_is_the_survivors_too(house: House) -> None:
    survivor = make_ticket(house)
    ticket = make_ticket(house)
    stranger = make_ticket(house)
    noted = note(house, ticket)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=NOON)

    assert queries.session_of(fresh(survivor), noted.pk) == noted
    assert queries.session_of(stranger, noted.pk) is None


def test_a_summary_may_be_as_long_as_it_says(house: House) -> None:
    ticket = make_ticket(house)

    assert note(house, ticket, summary="x" * LONGEST_SUMMARY).summary == "x" * LONGEST_SUMMARY
    with pytest.raises(Invalid, match=str(LONGEST_SUMMARY)):
        note(house, ticket, summary="x" * (LONGEST_SUMMARY + 1))
