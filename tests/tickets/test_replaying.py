"""The replay of automatic assignment: nobody over their limit, nobody away, every choice explained,
and the same choices each time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import HOUR, MONDAY_9AM
from tickets.choosing import Bar, Candidate, Wanted
from tickets.replaying import Replayed, Span, Stay, replay

ANYTHING = Wanted()


def hour(number: int) -> datetime:
    return MONDAY_9AM + number * HOUR


@dataclass(frozen=True)
class Hours:
    """Person id -> the hours from the beginning in which they are there, or away; others are always
    there.
    """

    there: dict[int, frozenset[int]]
    away: dict[int, frozenset[int]]

    def is_away(self, person_id: int, at: datetime) -> bool:
        return (at - MONDAY_9AM) // HOUR in self.away.get(person_id, ())

    def is_on_duty(self, person_id: int, at: datetime) -> bool:
        is_there = (at - MONDAY_9AM) // HOUR in self.there.get(person_id, range(999))
        return is_there and not self.is_away(person_id, at)

    def edges(self, person_ids: Collection[int]) -> Sequence[datetime]:
        return [hour(number) for number in range(60)]


ALWAYS = Hours({}, {})


def stay(number: int, *spans: tuple[int, int | None], priority: int = 3) -> Stay:
    times: tuple[Span, ...] = tuple(
        (hour(begins), hour(ends) if ends is not None else None) for begins, ends in spans
    )
    return Stay(number, 1, priority, ANYTHING, times)


def who(replayed: Replayed) -> dict[int, int | None]:
    return {each.stay.ticket_id: each.choice.person_id for each in replayed.placed}


def when(replayed: Replayed) -> dict[int, int | None]:
    return {
        each.stay.ticket_id: (each.at - MONDAY_9AM) // HOUR if each.at else None
        for each in replayed.placed
    }


def test_the_tickets_spread_by_load() -> None:
    stays = [stay(1, (0, 5)), stay(2, (1, 2)), stay(3, (3, 4)), stay(4, (3, None))]

    found = replay(stays, [Candidate(1), Candidate(2)], ALWAYS)

    assert who(found) == {1: 1, 2: 2, 3: 2, 4: 1}
    assert found.most_held == {1: 2, 2: 1}


def test_what_waits_goes_to_who_is_free_the_more_urgent_first() -> None:
    stays = [
        stay(1, (0, 4)),
        stay(2, (1, 9)),
        stay(3, (2, 9), priority=1),
        stay(4, (2, 3)),
    ]

    found = replay(stays, [Candidate(1, limit=1)], ALWAYS)

    assert who(found) == {1: 1, 2: None, 3: 1, 4: None}
    assert when(found) == {1: 0, 2: None, 3: 4, 4: None}
    assert found.placed[1].choice.bars == {1: Bar.FULL}


def test_a_ticket_that_waits_for_others_leaves_room_and_comes_back_to_its_person() -> None:
    stays = [stay(1, (0, 1), (3, 5)), stay(2, (2, 9))]

    found = replay(stays, [Candidate(1, limit=1)], ALWAYS)

    assert who(found) == {1: 1, 2: 1}
    assert found.most_held == {1: 2}


def test_what_arrives_at_night_goes_to_the_first_who_comes() -> None:
    duty = Hours({1: frozenset({5}), 2: frozenset({7})}, {1: frozenset()})

    found = replay([stay(1, (0, 9)), stay(2, (6, 9))], [Candidate(1), Candidate(2)], duty)

    assert (who(found), when(found)) == ({1: 1, 2: 2}, {1: 5, 2: 7})


def test_what_somebody_has_who_goes_away_is_given_anew() -> None:
    duty = Hours({}, {1: frozenset({3, 4})})
    stays = [stay(1, (0, 9)), stay(2, (1, 2), (5, 9))]

    found = replay(stays, [Candidate(1), Candidate(2, limit=1)], duty)

    first, second = found.placed
    assert (first.choice.person_id, second.choice.person_id) == (1, 2)
    assert [(at, choice.person_id) for at, choice in first.later] == [(hour(3), 2)]
    assert second.later == ()
    assert found.most_held == {1: 1, 2: 2}


def test_a_ticket_that_waits_for_others_is_given_anew_when_it_comes_back() -> None:
    duty = Hours({}, {1: frozenset({3, 4})})

    found = replay([stay(1, (0, 2), (4, 9))], [Candidate(1), Candidate(2)], duty)

    (placed,) = found.placed
    assert placed.choice.person_id == 1
    assert [(at, choice.person_id) for at, choice in placed.later] == [(hour(4), 2)]


def test_a_stranger_to_the_customer_gets_nothing_and_no_verdict() -> None:
    found = replay([stay(1, (0, 1))], [Candidate(1), Candidate(2)], ALWAYS, {1: {1}})

    assert list(found.placed[0].choice.bars) == [2]


SPANS = st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True).map(sorted)


@st.composite
def stays_of(draw: st.DrawFn) -> list[Stay]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        hours = draw(SPANS)
        pairs: list[tuple[int, int | None]] = list(zip(hours[::2], hours[1::2], strict=False))
        wanted = Wanted(draw(st.integers(1, 3)), draw(st.sampled_from(["es", "en"])))
        made = stay(number, *pairs, priority=draw(st.integers(1, 4)))
        found.append(Stay(number, draw(st.integers(1, 2)), made.priority, wanted, made.spans))
    return found


PEOPLE = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 6),
        limit=st.none() | st.integers(1, 3),
        services=st.frozensets(st.integers(1, 3)),
        languages=st.frozensets(st.sampled_from(["es", "en"])),
        is_automatic=st.booleans(),
    ),
    unique_by=lambda each: each.person_id,
)
DUTY = st.builds(
    Hours,
    st.dictionaries(st.integers(1, 6), st.frozensets(st.integers(0, 40))),
    st.dictionaries(st.integers(1, 6), st.frozensets(st.integers(0, 40), max_size=20)),
)


def held_before(found: Replayed, person_id: int, at: datetime, duty: Hours) -> int:
    """Return how many tickets a person surely had to work on at an instant, counted anew: those
    that they got before, and did not lose by going away.
    """
    away = [hour(number) for number in range(60) if duty.is_away(person_id, hour(number))]
    return sum(
        each.choice.person_id == person_id
        and each.at is not None
        and each.at < at
        and not any(each.at <= moment <= at for moment in away)
        and any(begins < at and (ends is None or at < ends) for begins, ends in each.stay.spans)
        for each in found.placed
    )


@given(stays=stays_of(), people=PEOPLE, duty=DUTY)
def test_nobody_over_their_limit_nobody_away_every_choice_explained(
    stays: list[Stay], people: list[Candidate], duty: Hours
) -> None:
    strangers = {1: {1, 2}, 2: {3}}

    found = replay(stays, people, duty, strangers)

    known = {each.person_id: each for each in people}
    assert replay(list(reversed(stays)), list(reversed(people)), duty, strangers) == found
    assert sorted(each.stay.ticket_id for each in found.placed) == sorted(
        each.ticket_id for each in stays
    )
    for placed in found.placed:
        serving = known.keys() - strangers[placed.stay.organization_id]
        assert placed.choice.bars.keys() == serving
        if placed.at is None:
            assert all(placed.choice.bars.values())
            continue
        chosen = placed.choice.person_id
        assert chosen is not None
        verdict = placed.choice.verdicts[0]
        assert (verdict.person_id, verdict.bar) == (chosen, None)
        assert duty.is_on_duty(chosen, placed.at)
        assert not duty.is_away(chosen, placed.at)
        limit = known[chosen].limit
        assert limit is None or held_before(found, chosen, placed.at, duty) <= verdict.held < limit
        assert any(b <= placed.at and (e is None or placed.at < e) for b, e in placed.stay.spans)
        for at, later in placed.later:
            new = later.person_id
            assert new is not None
            assert later.bars[new] is None
            assert duty.is_on_duty(new, at)
            assert known[new].limit is None or later.verdicts[0].held < (known[new].limit or 0)
