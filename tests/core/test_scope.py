"""Scopes, events, zones and words of the core: exact limits and refusals."""

import gc
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from foundation.accounts.models import Organization, Site
from foundation.accounts.tenancy import every_organization, organization_scope
from foundation.core.bulk import array_text, insert_rows, update_rows, without_collections
from foundation.core.events import Event, publish, subscribe, subscriptions, unheard
from foundation.core.tenancy import Scope, ScopeError, current_scope
from foundation.core.wording import day_words, fixed, is_spanish, kept_by_language
from foundation.core.zones import (
    instant_words,
    known_zones,
    validate_country,
    validate_time_zone,
    zone_words,
)
from tests.support.house import MONDAY_9AM, House


class Rang(Event):
    pass


class Knocked(Event):
    pass


def test_a_scope_covers_its_organizations_and_the_systems_scope_covers_all() -> None:
    some = Scope(frozenset({1, 2}))
    every = Scope(None, "a test")

    assert [some.covers(number) for number in (1, 2, 3, None)] == [True, True, False, False]
    assert [every.covers(number) for number in (1, None)] == [True, True]
    with organization_scope(7):
        assert current_scope().organization_ids == frozenset({7})
    with every_organization(reason="a test"):
        assert (current_scope().organization_ids, current_scope().reason) == (None, "a test")


def test_a_row_never_moves_to_another_organization(house: House) -> None:
    site = Site.objects.get(organization=house.north)
    site.organization_id = house.south.pk

    with pytest.raises(ScopeError, match="never moves"):
        site.save()
    with pytest.raises(ScopeError, match="never moves"):
        Site.objects.filter(pk=site.pk).update(organization=house.south)
    assert Site.objects.get(pk=site.pk).organization_id == house.north.pk


def test_an_organization_is_made_in_a_scope_over_every_organization(house: House) -> None:
    with organization_scope(house.north.pk), pytest.raises(ScopeError, match="new organization"):
        Organization(name="East", slug="east").save()

    Organization(name="East", slug="east").save()
    assert Organization.objects.filter(slug="east").count() == 1


def test_rows_are_inserted_and_updated_in_the_scope(house: House) -> None:
    north = house.north.pk
    site = Site.objects.get(organization=house.north)
    columns = ("organization", "name")

    with organization_scope(north):
        insert_rows(Site, columns, [(north, "A"), (north, "B")], organization_id=north)
        update_rows(Site, ("name",), [], organization_id=north)
        update_rows(Site, ("name",), [(site.pk, "Head")], organization_id=north)
        with pytest.raises(ScopeError, match="Site"):
            insert_rows(Site, columns, [(1, "C")], organization_id=house.south.pk)

    names = Site.objects.filter(organization=house.north).values_list("name", flat=True)
    assert sorted(names) == ["A", "B", "Head"]


def test_a_key_is_looked_up_among_many_ids(house: House) -> None:
    north = house.north.pk
    south = house.south.pk
    with every_organization(reason="tests"):
        found = Organization.objects.filter(pk__one_of=[south, 10**9]).order_by("pk")
        rest = Organization.objects.exclude(pk__one_of=[south])
        assert [each.pk for each in found] == [south]
        assert north in [each.pk for each in rest.order_by("pk")]


def test_an_array_is_written_as_one_literal() -> None:
    assert array_text([1, None, "a b", 'say "x"', "back\\slash"]) == (
        '{1,NULL,"a b","say \\"x\\"","back\\\\slash"}'
    )


def test_the_collector_is_off_inside_the_block_and_as_before_after_it() -> None:
    assert gc.isenabled() is True
    with without_collections():
        assert gc.isenabled() is False
        with without_collections():
            pass
        assert gc.isenabled() is False
    assert gc.isenabled() is True


def test_an_event_reaches_each_handler_once_unless_it_is_muted(db: None) -> None:
    heard: list[Event] = []
    subscribe(Rang, heard.append)
    handlers = list(subscriptions()[Rang])
    rang = Rang(organization_id=None, at=MONDAY_9AM)

    subscribe(Rang, handlers[0])
    publish(rang)
    with unheard(Rang):
        publish(rang)
        with unheard(Knocked):
            publish(rang)
    with unheard(Knocked):
        publish(rang)
    publish(Knocked(organization_id=None, at=MONDAY_9AM))

    assert heard == [rang, rang]
    assert len(subscriptions()[Rang]) == 1
    assert Knocked not in subscriptions()


def test_zones_are_iana_names_without_those_of_the_machine() -> None:
    zones = known_zones()

    assert {"America/Mexico_City", "UTC", "Etc/UTC", "Europe/Madrid"} <= zones
    assert not zones & {"localtime", "Factory", "posixrules", "Etc/GMT+5", "GMT"}
    assert known_zones.__wrapped__() == zones  # the answer is kept for the process
    validate_time_zone("America/Lima")
    for name in ("GMT", "Mars/Base", ""):
        with pytest.raises(ValidationError):
            validate_time_zone(name)


def test_a_country_and_a_region_need_a_list_of_holidays() -> None:
    validate_country("MX")
    validate_country("US", "TX")

    for code, region, field in (("XX", "", "country"), ("US", "QQ", "region")):
        with pytest.raises(ValidationError) as refused:
            validate_country(code, region)
        assert list(refused.value.message_dict) == [field]


def test_what_is_kept_by_language_is_computed_once_for_each() -> None:
    computed: list[str] = []

    @kept_by_language
    def greeting(name: str) -> str:
        computed.append(name)
        return f"Hola, {name}" if is_spanish() else f"Hello, {name}"

    for _ in range(2):
        with translation.override("es"):
            assert (greeting("Ana"), greeting("Luis")) == ("Hola, Ana", "Hola, Luis")
        with translation.override("en"):
            assert greeting("Ana") == "Hello, Ana"
    assert computed == ["Ana", "Luis", "Ana"]


def test_dates_and_zones_are_written_in_the_language_of_the_reader() -> None:
    moment = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)

    with translation.override("es"):
        assert day_words(date(2026, 11, 22)) == "22 nov 2026"
        assert instant_words(moment, "America/Mexico_City") == "22 nov 2026, 14:05"
        assert zone_words("America/Mexico_City") == "Ciudad de México"
    with translation.override("en"):
        assert day_words(date(2026, 11, 22)) == "Nov 22, 2026"
        assert zone_words("America/Mexico_City") == "Mexico City"
        assert (zone_words("UTC"), zone_words("Etc/UTC")) == ("UTC", "UTC")
        assert fixed("%(name)s left%(missing)s.")({"name": "Ana"}, "UTC") == "Ana left."
    with translation.override(None):
        assert day_words(date(2026, 11, 22)).startswith("22 ")
