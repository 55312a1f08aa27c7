"""Filters of pages, letters and PDFs: exact words in both languages."""

import gc
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from foundation.core import bulk, events
from foundation.core.events import Event, publish, subscribe, subscriptions, unheard
from foundation.core.templatetags import words
from foundation.core.zones import known_zones, zone_words
from foundation.notifications.events import MessageQueued

AT = datetime(2026, 11, 22, 20, 5, 9, tzinfo=UTC)
ZONE = "America/Mexico_City"
CASES: list[tuple[str, tuple[Any, ...], str, str]] = [
    ("instant", (AT, ZONE), "22 nov 2026, 14:05", "Nov 22, 2026, 14:05"),
    ("instant", (AT.isoformat(), ZONE), "22 nov 2026, 14:05", "Nov 22, 2026, 14:05"),
    ("instant", ("", ZONE), "", ""),
    ("instant", (None, ZONE), "", ""),
    ("day", (date(2026, 11, 2),), "2 nov 2026", "Nov 2, 2026"),
    ("day", (None,), "", ""),
    ("exact_instant", (AT, ZONE), "22 nov 2026, 14:05:09", "Nov 22, 2026, 14:05:09"),
    ("exact_instant", (None, ZONE), "", ""),
    ("zone_name", (ZONE,), "Ciudad de México", "Mexico City"),
    ("zone_name", ("UTC",), "UTC", "UTC"),
    ("zone_name", ("Etc/UTC",), "UTC", "UTC"),
    ("number", (None,), "—", "—"),
    ("percent", (None,), "—", "—"),
    ("ago", (AT - timedelta(hours=3), AT), "3 h", "3 h"),
    ("ago", (None, AT), "", ""),
    ("short", (timedelta(minutes=5),), "5 min", "5 min"),
    ("exact", (timedelta(minutes=5),), "0:05:00", "0:05:00"),
    ("kind_label", ("incident",), "Incidente", "Incident"),
    ("kind_label", ("other",), "other", "other"),
    ("support_type_label", ("other",), "other", "other"),
    ("weekday_name", (0,), "lunes", "Monday"),
    ("month_of", (date(2026, 11, 1),), "noviembre de 2026", "November 2026"),
    ("weekday_of", (date(2026, 3, 2),), "lun", "Mon"),
    ("priority_label", (None,), "Todos", "All"),
    ("priority_label", (1,), "Crítica", "Critical"),
    ("priority_label", ("low",), "Baja", "Low"),
    ("priority_code", (2,), "high", "high"),
    ("priority_code", ("high",), "high", "high"),
    ("get", ({"a": 1}, "a"), "1", "1"),
    ("get", ({"a": 1}, "b"), "None", "None"),
]


@pytest.mark.parametrize(("name", "values", "spanish", "english"), CASES)
def test_a_filter_gives_its_words_in_both_languages(
    name: str, values: tuple[Any, ...], spanish: str, english: str
) -> None:
    found = []
    for language in ("es", "en"):
        with translation.override(language):
            found.append(str(getattr(words, name)(*values)))

    assert [text.lower() if name == "weekday_name" else text for text in found] == [
        spanish.lower() if name == "weekday_name" else spanish,
        english.lower() if name == "weekday_name" else english,
    ]


def test_numbers_are_grouped_and_percentages_have_their_sign() -> None:
    with translation.override("en"):
        assert words.number(1234.5) == "1,234.5"
        assert words.number(0) == "0"
        assert words.percent(96.4) == "96.4\N{NO-BREAK SPACE}%"
        assert words.support_type_label("functional") == "Functional"


def test_zones_of_places_are_known_and_those_of_machines_are_not() -> None:
    zones = known_zones()

    assert {"America/Mexico_City", "UTC", "US/Pacific"} <= zones
    assert zones.isdisjoint({"Factory", "localtime", "posixrules", "GMT", "Etc/GMT+6", "GMT0"})
    assert zone_words("Asia/Qostanay") != "Asia/Qostanay"


def test_an_array_of_postgresql_quotes_what_is_special() -> None:
    values = [1, None, "a", 'say "b"', "c\\d", ""]

    assert bulk.array_text(values) == '{1,NULL,"a","say \\"b\\"","c\\\\d",""}'


@pytest.mark.once  # on PostgreSQL both take another way
def test_without_postgresql_ids_and_calls_stay_as_they_are(db: None) -> None:
    assert bulk.one_of([3, 1]) == [3, 1]
    assert list(bulk.in_threads(lambda number: number * 2, [1, 2, 3], count=2)) == [2, 4, 6]


def test_the_garbage_collector_is_off_inside_the_block_and_as_before_after_it() -> None:
    with bulk.without_collections():
        inside = gc.isenabled()
        with bulk.without_collections():
            pass
        nested = gc.isenabled()

    assert (inside, nested, gc.isenabled()) == (False, False, True)


def test_an_event_reaches_its_handlers_once_and_in_order(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_handlers", defaultdict(list))
    heard: list[str] = []

    def first(_event: MessageQueued) -> None:
        heard.append("first")

    def second(_event: MessageQueued) -> None:
        heard.append("second")

    for handler in (first, second, first):
        subscribe(MessageQueued, handler)
    event = MessageQueued(organization_id=None, at=AT)

    with transaction.atomic():
        publish(event)
        publish(Event(organization_id=None, at=AT))
        with unheard(MessageQueued):
            publish(event)
        with unheard(Event):
            publish(event)

    assert heard == ["first", "second"] * 2
    assert subscriptions() == {MessageQueued: [first, second]}


def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="MessageQueued was published outside a transaction"):
        publish(MessageQueued(organization_id=None, at=AT))
