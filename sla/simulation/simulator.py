"""Results of the clocks of past tickets under other terms, by the rules of live clocks. Writes
nothing.

An empty draft reproduces the measured results exactly (SPEC 17.4). No stored verdict is read:
everything is computed from the history.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.calendars.queries import Versions, course_of, pick_calendar
from sla.clocks.arithmetic import Stretch, due_of
from sla.clocks.queries import pauses_of
from sla.clocks.verdicts import Verdict, verdict_on
from sla.history.histories import ClassificationPeriod, History
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.layers import Matter, Policy, Promised, is_same_promise
from sla.simulation.drafts import Draft
from sla.targets import Target, Term


class SimulatedClock(NamedTuple):
    """The result of a clock. ``earlier`` counts breaches of targets that were replaced."""

    metric: Metric
    priority: int
    verdict: Verdict
    earlier: int
    due_at: datetime | None


class _Part(NamedTuple):
    """A target in one calendar, from ``starts_at`` to the next part."""

    target: Target
    calendar_id: int
    policy: Policy
    starts_at: datetime

    @property
    def promised(self) -> Promised:
        return Promised(self.target, self.calendar_id, self.policy)


class Simulator:
    """Computes the clocks of an organization's histories under a draft, as known at ``as_of``."""

    def __init__(self, draft: Draft, versions: Versions, as_of: datetime) -> None:
        self.draft = draft
        self.versions = versions
        self.as_of = as_of
        # to pick calendars by role: one version of each is enough
        self._first = [own[0] for own in versions.values()]
        self._calendars: dict[tuple[CalendarRole, int | None], int] = {}

    def clocks(self, history: History) -> Iterator[SimulatedClock]:
        """Yield the outcome of each clock that the ticket has under the draft."""
        for metric in AT_ARRIVAL:
            outcome = self._clock(history, metric)
            if outcome is not None:
                yield outcome

    def _clock(self, history: History, metric: Metric) -> SimulatedClock | None:
        stop = _stop_of(history, metric)
        off = history.called_off_at if stop is None else None
        parts, priority, earlier, withdrawn_at = self._parts(history, metric, stop or off)
        if not parts:
            return None
        ended_at = stop or withdrawn_at or off
        due_at = self._due(history, metric, parts, ended_at, ended_at or self.as_of)
        if off is not None or withdrawn_at is not None:
            verdict = Verdict.WITHDRAWN
        else:
            verdict = verdict_on(due_at, stop, self.as_of)
        return SimulatedClock(metric, priority, verdict, earlier, due_at)

    def _parts(
        self, history: History, metric: Metric, end: datetime | None
    ) -> tuple[list[_Part], int, int, datetime | None]:
        """Return (parts, last priority, number of earlier breaches, when the clock stopped being
        promised; None if it still is).
        """
        parts: list[_Part] = []
        priority = 0
        earlier = 0
        is_promised = False
        withdrawn_at: datetime | None = None
        for place, period in enumerate(history.periods):
            if place and end is not None and period.at > end:
                break
            matter = self._matter(period)
            policy = self.draft.over(period.policy)
            target = policy.target(metric, matter)
            if target is None:
                if is_promised:
                    priority = int(matter.priority)
                    withdrawn_at = period.at
                is_promised = False
                continue
            priority = int(matter.priority)
            part = _Part(target, self._calendar(policy, metric, matter), policy, period.at)
            if (
                period.from_start or not parts
            ):  # a clock promised only now is measured from the arrival too
                parts = [part._replace(starts_at=history.arrived_at)]
                earlier = 0
                is_promised = True
                continue
            last = parts[-1]
            if is_promised and is_same_promise(metric, part.promised, last.promised):
                # an equal promise under another policy begins no new part
                parts[-1] = last._replace(policy=part.policy)
                continue
            # no breach counts after the withdrawal
            ran_until = period.at if is_promised or withdrawn_at is None else withdrawn_at
            due_at = self._due(history, metric, parts, None, ran_until)
            earlier += due_at is not None and due_at < ran_until
            parts.append(part)
            is_promised = True
        return parts, priority, earlier, None if is_promised else withdrawn_at

    def _matter(self, period: ClassificationPeriod) -> Matter:
        priority = self.draft.matrix.get(period.cell) if self.draft.matrix else None
        return period.matter if priority is None else period.matter._replace(priority=priority)

    def _calendar(self, policy: Policy, metric: Metric, matter: Matter) -> int:
        choice = policy.calendar_choice(metric, matter)
        known = self._calendars.get(choice)
        if known is None:
            version = pick_calendar(self._first, *choice)
            assert version is not None  # every organization has its default calendars
            known = self._calendars[choice] = version.calendar_id
        return known

    def _due(
        self,
        history: History,
        metric: Metric,
        parts: Sequence[_Part],
        stop: datetime | None,
        known_at: datetime,
    ) -> datetime | None:
        ends = [part.starts_at for part in parts[1:]]
        is_term = isinstance(parts[-1].target, Term)
        stretches = []
        for part, end in zip(parts, [*ends, None], strict=True):
            pauses = _pauses(
                history, part.policy.pausing_states(metric, of_term=is_term), stop, known_at
            )
            course: list[tuple[CalendarVersion, datetime]] = course_of(
                self.versions[part.calendar_id], part.starts_at, end, known_at
            )
            until = [*(since for _version, since in course[1:]), end]
            stretches += [
                Stretch(self.draft.calendar(version), part.target, since, to, pauses)
                for (version, since), to in zip(course, until, strict=True)
            ]
        return due_of(stretches)


def _stop_of(history: History, metric: Metric) -> datetime | None:
    """Return when the clock stopped: resolution at the solution that still stands, the others at
    the stop of their clock. None if it did not stop.
    """
    return history.solved_at if metric is Metric.RESOLUTION else history.stops.get(metric)


def _pauses(
    history: History, states: frozenset[str], stop: datetime | None, known_at: datetime
) -> list[tuple[datetime, datetime | None]]:
    """Return the pauses of the clock: cut at its stop, or as known at ``known_at`` if it runs."""
    if not states or not history.intervals:
        return []
    if stop is None:
        seen = [
            (low, None if high is None or high > known_at else high)
            for low, high in pauses_of(history.intervals, states)
        ]
        return [(low, high) for low, high in seen if low <= known_at]
    return [
        (low, stop if high is None else min(high, stop))
        for low, high in pauses_of(history.intervals, states)
        if low < stop
    ]
