"""Chooses who gets a ticket by skill, schedule and load, and says why (SPEC 3.12).

Pure functions. Of those whom nothing keeps from the ticket it goes to the one with the fewest
tickets that wait for the desk; of several, to the one who has waited longest for a new one; of
several, to the one with the lowest id. The same input gives the same choice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Bar(TextChoices):
    """What keeps a person from a ticket; the first that applies is named."""

    BY_HAND = "by_hand", _("gets tickets by hand alone")
    AWAY = "away", _("is away")
    OFF_DUTY = "off_duty", _("is outside their shift")
    HAD_IT = "had_it", _("had it before, and it was taken from them or given back")
    SERVICE = "service", _("does not attend this service")
    LANGUAGE = "language", _("does not speak the requester's language")
    FULL = "full", _("is at their limit")


@dataclass(frozen=True)
class Wanted:
    """What a ticket asks of a person: skill in a service and a language, None for any. ``had_it``
    are the ids of those who had it before.
    """

    service_id: int | None = None
    language: str | None = None
    had_it: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Candidate:
    """A person who may hold the ticket. Empty ``services`` or ``languages`` mean every one.

    ``held`` counts the tickets that they have and that wait for the desk. ``limit`` None: no limit.
    ``last_given_at`` is when a ticket was last given to them automatically.
    """

    person_id: int
    held: int = 0
    limit: int | None = None
    services: Collection[int] = frozenset()
    languages: Collection[str] = frozenset()
    is_automatic: bool = True
    is_away: bool = False
    is_on_duty: bool = True
    last_given_at: datetime | None = None

    def bar(self, wanted: Wanted, *, is_asked_for: bool = False) -> Bar | None:
        """Return what keeps the person from the ticket. Who asks for it is there, whatever their
        shift says, and gets it though tickets are given to them by hand.
        """
        applies = {
            Bar.BY_HAND: not is_asked_for and not self.is_automatic,
            Bar.AWAY: self.is_away,
            Bar.OFF_DUTY: not is_asked_for and not self.is_on_duty,
            Bar.HAD_IT: self.person_id in wanted.had_it,
            Bar.SERVICE: _is_missing(wanted.service_id, self.services),
            Bar.LANGUAGE: _is_missing(wanted.language, self.languages),
            Bar.FULL: self.limit is not None and self.held >= self.limit,
        }
        return next((bar for bar in Bar if applies[bar]), None)


def _is_missing(skill: object, skills: Collection[object]) -> bool:
    """Tell whether a skill that is asked for is none of a person's, who has every one without
    any.
    """
    return skill is not None and bool(skills) and skill not in skills


@dataclass(frozen=True)
class Verdict:
    """What was found about a person: ``bar`` None means that they could take the ticket."""

    person_id: int
    held: int
    limit: int | None
    bar: Bar | None
    last_given_at: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the verdict as JSON, without what is empty."""
        given = self.last_given_at.isoformat() if self.last_given_at else None
        data = {
            "person": self.person_id,
            "held": self.held,
            "limit": self.limit,
            "bar": self.bar and str(self.bar),
            "last_given_at": given,
        }
        return {name: value for name, value in data.items() if value is not None}


def verdict_of(data: dict[str, Any]) -> Verdict:
    """Return a verdict from what ``as_data`` returned."""
    given = data.get("last_given_at")
    return Verdict(
        data["person"],
        data["held"],
        data.get("limit"),
        Bar(data["bar"]) if data.get("bar") else None,
        datetime.fromisoformat(given) if given else None,
    )


@dataclass(frozen=True)
class Choice:
    """The person who gets the ticket, None for nobody, and a verdict on each candidate: who could
    take it, in the order of the choice, then the others by what keeps them from it.
    """

    person_id: int | None
    verdicts: tuple[Verdict, ...]

    @property
    def bars(self) -> dict[int, Bar | None]:
        """Person id -> what keeps them from the ticket."""
        return {verdict.person_id: verdict.bar for verdict in self.verdicts}


def choose(
    wanted: Wanted, candidates: Sequence[Candidate], *, is_asked_for: bool = False
) -> Choice:
    """Choose one of the people who may hold a ticket. ``is_asked_for``: the only candidate asks for
    their next ticket.
    """
    verdicts = [
        Verdict(
            each.person_id,
            each.held,
            each.limit,
            each.bar(wanted, is_asked_for=is_asked_for),
            each.last_given_at,
        )
        for each in candidates
    ]
    order = list(Bar)
    free = sorted((each for each in verdicts if each.bar is None), key=_turn)
    barred = [each for each in verdicts if each.bar is not None]
    barred.sort(key=lambda each: (order.index(each.bar), each.person_id))  # type: ignore[arg-type]
    return Choice(free[0].person_id if free else None, (*free, *barred))


def _turn(verdict: Verdict) -> tuple[int, bool, datetime | int, int]:
    """Return the key by which those who could take the ticket are ordered."""
    given = verdict.last_given_at
    return verdict.held, given is not None, given or 0, verdict.person_id
