"""Who gets a ticket: the pure choice by skill, schedule and load."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import MONDAY_9AM
from tickets.choosing import Bar, Candidate, Choice, Verdict, Wanted, choose, verdict_of

ERP = 7
SPANISH = Wanted(ERP, "es")


def order(*candidates: Candidate, wanted: Wanted = SPANISH) -> list[tuple[int, Bar | None]]:
    return list(choose(wanted, candidates).bars.items())


def test_the_ticket_goes_to_the_one_with_the_fewest() -> None:
    assert choose(SPANISH, [Candidate(1, held=4), Candidate(2, held=3)]).person_id == 2


def test_of_several_with_as_many_it_goes_to_who_waits_longest_then_to_the_lowest_id() -> None:
    long_ago = MONDAY_9AM - timedelta(hours=1)
    people = [
        Candidate(1, held=2, last_given_at=MONDAY_9AM),
        Candidate(2, held=2, last_given_at=long_ago),
        Candidate(4, held=2),
        Candidate(3, held=2),
        Candidate(5, held=2, last_given_at=long_ago),
    ]

    assert [pk for pk, _bar in order(*people)] == [3, 4, 2, 5, 1]


@pytest.mark.parametrize(
    ("keeps", "bar"),
    [
        ({"is_automatic": False}, Bar.BY_HAND),
        ({"is_away": True, "is_on_duty": False}, Bar.AWAY),
        ({"is_on_duty": False}, Bar.OFF_DUTY),
        ({"services": {ERP + 1}}, Bar.SERVICE),
        ({"languages": {"en"}}, Bar.LANGUAGE),
        ({"held": 3, "limit": 3}, Bar.FULL),
        ({"held": 4, "limit": 3}, Bar.FULL),
        ({"held": 2, "limit": 3}, None),
        ({"services": {ERP, ERP + 1}}, None),
        ({"languages": {"en", "es"}}, None),
    ],
)
def test_what_keeps_a_person_from_a_ticket(keeps: dict[str, Any], bar: Bar | None) -> None:
    assert Candidate(1, **keeps).bar(SPANISH) is bar


def test_who_had_it_does_not_get_it_again() -> None:
    assert order(Candidate(1), Candidate(2), wanted=Wanted(ERP, "es", frozenset({1}))) == [
        (2, None),
        (1, Bar.HAD_IT),
    ]


def test_who_asks_for_a_ticket_is_there_and_wants_it() -> None:
    person = Candidate(1, is_automatic=False, is_on_duty=False)

    assert choose(SPANISH, [person], is_asked_for=True).person_id == 1
    assert choose(SPANISH, [person]).person_id is None


@pytest.mark.parametrize(
    "keeps", [{"is_away": True}, {"services": {ERP + 1}}, {"held": 1, "limit": 1}]
)
def test_asking_opens_no_other_bar(keeps: dict[str, Any]) -> None:
    assert choose(SPANISH, [Candidate(1, **keeps)], is_asked_for=True).person_id is None


def test_the_others_follow_by_what_keeps_them_from_it() -> None:
    people = [
        Candidate(1, held=1, limit=1),
        Candidate(2, is_away=True),
        Candidate(3, languages={"en"}),
        Candidate(4, held=9),
        Candidate(5, is_away=True),
        Candidate(6, is_automatic=False),
    ]

    assert order(*people) == [
        (4, None),
        (6, Bar.BY_HAND),
        (2, Bar.AWAY),
        (5, Bar.AWAY),
        (3, Bar.LANGUAGE),
        (1, Bar.FULL),
    ]


def test_without_anybody_nobody_gets_it() -> None:
    assert choose(SPANISH, []) == Choice(None, ())


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(1, 0, None, None),
        Verdict(2, 3, 3, Bar.FULL, MONDAY_9AM),
    ],
)
def test_a_verdict_is_kept_as_json_and_read_again(verdict: Verdict) -> None:
    assert verdict_of(verdict.as_data()) == verdict


def test_what_is_empty_is_not_kept() -> None:
    assert Verdict(1, 0, None, None).as_data() == {"person": 1, "held": 0}


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 20),
        held=st.integers(0, 5),
        limit=st.none() | st.integers(1, 5),
        services=st.frozensets(st.integers(6, 8)),
        languages=st.frozensets(st.sampled_from(["es", "en"])),
        is_automatic=st.booleans(),
        is_away=st.booleans(),
        is_on_duty=st.booleans(),
        last_given_at=st.none() | st.just(MONDAY_9AM),
    ),
    unique_by=lambda each: each.person_id,
)


@given(candidates=CANDIDATES, seed=st.randoms())
def test_the_order_of_the_people_changes_no_choice(candidates: list[Candidate], seed: Any) -> None:
    shuffled = list(candidates)
    seed.shuffle(shuffled)

    choice = choose(SPANISH, shuffled)

    assert choice == choose(SPANISH, candidates)
    assert sorted(choice.bars) == sorted(each.person_id for each in candidates)
    free = [each for each in candidates if each.bar(SPANISH) is None]
    if not free:
        assert choice.person_id is None
        return
    chosen = next(each for each in free if each.person_id == choice.person_id)
    assert chosen.held == min(each.held for each in free)
