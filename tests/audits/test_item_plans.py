"""Who prepares each item of an audit, and the conferences of those whom it is for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from audits import queries, services
from audits.services.base import NotNow
from foundation.activity.models import Record
from foundation.core.errors import Invalid
from foundation.documents.models import Blob
from foundation.notifications.models import OutboxMessage
from tests.support.audits import ask, leave
from tests.support.house import DAY, HOUR, MONDAY_9AM, House, by
from tests.support.html import text_of
from tests.support.pages import english

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_the_preparer_of_an_item_is_told_once(house: House) -> None:
    audit = ask(house)
    consultant = house.staff["consultant"]

    def give(preparer: Any, day: date | None) -> None:
        services.plan_item(
            audit=audit,
            number=1,
            preparer=preparer,
            prepare_by=day,
            by=by(house.staff["audit_area"]),
            at=MONDAY_9AM,
        )

    give(consultant, date(2026, 3, 5))
    give(consultant, date(2026, 3, 5))
    give(consultant, date(2026, 3, 6))
    give(None, None)

    letters = OutboxMessage.objects.filter(template="audit_item_given").order_by("pk")
    assert [(each.to_email, each.context["prepare_by"]) for each in letters] == [
        (consultant.email, "2026-03-05"),
        (consultant.email, "2026-03-06"),
    ]
    assert Record.objects.filter(verb="audit.item_planned").count() == 3


def test_an_item_is_given_to_nobody_who_cannot_prepare_it_nor_for_a_past_day(house: House) -> None:
    audit = ask(house)
    for change, field in (
        ({"preparer": house.staff["commercial"]}, "preparer"),
        ({"preparer": house.requester}, "preparer"),
        ({"prepare_by": date(2026, 3, 1)}, "prepare_by"),
        ({"prepare_by": date(2026, 3, 12)}, "prepare_by"),  # the delivery is due the day before
    ):
        wanted: dict[str, Any] = {"preparer": None, "prepare_by": None} | change
        with pytest.raises(Invalid) as refused:
            services.plan_item(audit=audit, number=1, by=by(house.agent), at=MONDAY_9AM, **wanted)
        assert list(refused.value.fields) == [field]


def test_the_list_of_mine_has_what_waits_for_me(house: House, sign_in: Any) -> None:
    audit = ask(house)
    consultant = house.staff["consultant"]
    services.plan_item(
        audit=audit,
        number=1,
        preparer=consultant,
        prepare_by=date(2026, 3, 2),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    assert list(queries.audits_in(consultant, "mine")) == [audit]
    assert list(queries.audits_in(house.agent, "mine")) == []
    page = (
        sign_in(english(house, "consultant"))
        .get(f"/admin/audits/{audit.ticket.number}/")
        .content.decode()
    )
    assert f"{consultant} prepares it" in text_of(page)
    leave(house, audit, 1)
    assert list(queries.audits_in(consultant, "mine")) == []


def test_an_answered_item_is_given_to_nobody(house: House) -> None:
    audit = ask(house)
    leave(house, audit, 1)

    with pytest.raises(NotNow):
        services.plan_item(
            audit=audit,
            number=1,
            preparer=house.agent,
            prepare_by=None,
            by=by(house.staff["audit_area"]),
            at=MONDAY_9AM,
        )


def test_who_prepares_it_stays_when_the_day_alone_changes(house: House, sign_in: Any) -> None:
    audit = ask(house)
    consultant = house.staff["consultant"]
    services.plan_item(
        audit=audit,
        number=1,
        preparer=consultant,
        prepare_by=None,
        by=by(house.agent),
        at=MONDAY_9AM,
    )
    consultant.is_active = False
    consultant.save()

    sent = sign_in(house.agent).post(
        f"/admin/audits/{audit.ticket.number}/plan_item/1/",
        {"preparer": consultant.email, "prepare_by": "2026-03-05"},
    )

    item = queries.get_item(audit, 1)
    assert (sent.status_code, item.preparer, item.prepare_by) == (
        302,
        consultant,
        date(2026, 3, 5),
    )


def test_the_place_alone_of_a_conference_changes_on_the_page(house: House, sign_in: Any) -> None:
    """At the second 01:30 of the night on which clocks go back, which a local time cannot name."""
    house.north.time_zone = "America/New_York"
    house.north.save()
    audit = ask(house)
    second = datetime(2026, 11, 1, 6, 30, 15, tzinfo=UTC)
    conference = services.schedule_conference(
        audit=audit,
        starts_at=second,
        minutes=60,
        place="Sala 1",
        attendees=["x@y.example"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    sign_in(house.agent).post(
        f"/admin/audits/{audit.ticket.number}/move_conference/{conference.pk}/",
        {"starts_at": "2026-11-01T01:30", "minutes": "60", "place": "Sala 2"},
    )

    conference.refresh_from_db()
    assert (conference.starts_at, conference.place) == (second, "Sala 2")


def test_an_address_that_is_not_offered_is_refused_and_kept(house: House, sign_in: Any) -> None:
    number = ask(house).ticket.number
    client = sign_in(english(house))

    page = client.post(
        f"/admin/audits/{number}/plan_item/1/",
        {"preparer": house.requester.email, "prepare_by": "2026-03-05"},
    )

    text = page.content.decode()
    assert page.status_code == 400
    assert "Choose one of the addresses that are offered." in text
    assert f'value="{house.requester.email}"' in text
    assert f'<option value="{house.staff["consultant"].email}">' in text


def test_an_item_is_late_after_its_day_until_it_is_answered(house: House) -> None:
    audit = ask(house)
    services.plan_item(
        audit=audit,
        number=1,
        preparer=None,
        prepare_by=date(2026, 3, 4),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    item = queries.view_of(audit, house.agent).items[0]
    assert [item.is_late(date(2026, 3, 4) + timedelta(days=n)) for n in (0, 1)] == [False, True]
    leave(house, audit, 1)
    assert not queries.view_of(audit, house.agent).items[0].is_late(date(2026, 4, 1))


def test_a_moved_conference_replaces_the_one_in_the_calendars(house: House) -> None:
    audit = ask(house)
    conference = services.schedule_conference(
        audit=audit,
        starts_at=MONDAY_9AM + DAY,
        minutes=60,
        place="Sala 1",
        attendees=["x@y.example", "z@y.example"],
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    def move(**changes: Any) -> None:
        wanted = {"starts_at": MONDAY_9AM + 2 * DAY, "minutes": 60, "place": "Sala 1"} | changes
        now = MONDAY_9AM + HOUR
        services.move_conference(
            audit=audit,
            conference_id=conference.pk,
            by=by(house.agent),
            at=now,
            **wanted,
        )

    move()
    move()
    letters = OutboxMessage.objects.filter(template="audit_conference")
    assert letters.count() == 4
    last = letters.order_by("pk").last()
    assert last is not None
    with Blob.objects.get(pk=last.attachment_id).file.open() as stream:
        content = stream.read()
    assert b"SEQUENCE:1" in content
    assert b"DTSTART:20260304T150000Z" in content
    assert b"DTSTAMP:20260302T160000Z" in content
    for wrong, field in (
        ({"starts_at": MONDAY_9AM - DAY}, "starts_at"),
        ({"minutes": 0}, "minutes"),
        ({"place": " "}, "place"),
    ):
        with pytest.raises(Invalid) as refused:
            move(**wrong)
        assert list(refused.value.fields) == [field]
    services.cancel_conference(
        audit=audit, conference_id=conference.pk, by=by(house.agent), at=MONDAY_9AM
    )
    with pytest.raises(NotNow):
        move(place="Sala 3")


def test_a_conference_offers_those_it_is_for(house: House) -> None:
    audit = ask(house)
    services.plan_item(
        audit=audit,
        number=1,
        preparer=house.staff["consultant"],
        prepare_by=None,
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    addresses = [address for address, _who in queries.invitable(audit)]

    assert addresses[:2] == [house.requester.email, audit.auditor_email]
    assert set(addresses[2:]) == {house.staff["consultant"].email, "audit_area@desk.example"}


def test_the_desk_invites_by_ticking_and_by_writing(house: House, sign_in: Any) -> None:
    audit = ask(house)
    sign_in(english(house)).post(
        f"/admin/audits/{audit.ticket.number}/schedule/0/",
        {
            "starts_at": "2026-03-09T10:00",
            "minutes": "30",
            "place": "Sala",
            "people": [house.requester.email],
            "attendees": "otra@y.example",
        },
    )

    (conference,) = queries.view_of(audit, house.agent).conferences
    assert conference.attendees == [house.requester.email, "otra@y.example"]
