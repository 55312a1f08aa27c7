"""Forecasts the recipients of a customer's tickets in each hour of the coming week, and the hours
with nobody on duty (SPEC 17.10). Reads only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from catalog.models import Contract
from catalog.queries import contracts_in_force, support_types_of
from escalation.duty import acknowledge_due, calendar_of, party_of, party_of_rule
from escalation.gaps import DAY_HOURS, HOURS, CoverageGap, Recipients
from escalation.models import (
    Action,
    EscalationLevel,
    EscalationMatrix,
    EscalationRule,
    Trigger,
)
from escalation.queries import active_rules, levels_of, matrix_on
from foundation.accounts.models import Organization, User
from foundation.accounts.queries import supervisors_of
from foundation.calendars.arithmetic import WorkCalendar
from foundation.calendars.queries import calendar_versions_on, pick_calendar, work_calendar
from foundation.core.classification import Kind, Priority
from foundation.core.zones import zone
from foundation.duty.roster import (
    Answering,
    Party,
    Roster,
    first_to_answer,
    roster_on,
)
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.metrics import AT_ARRIVAL
from sla.policies.layers import Matter, Policy, policy_on

STEP = timedelta(minutes=30)  # between samples; the edges of calendars and absences are added
LOOKAHEAD = timedelta(days=8)  # a week plus a margin for the hour repeated by daylight saving


@dataclass(frozen=True)
class _Level:
    level: EscalationLevel
    party: Party
    calendar: WorkCalendar | None

    def answers(self, at: datetime, roster: Roster) -> Answering:
        return first_to_answer(self.party, at, roster, self.calendar)

    def reachable(self, at: datetime, roster: Roster) -> tuple[User, ...]:
        """Return the people of the level on duty at ``at``; empty while its calendar is closed."""
        if self.calendar is not None and not self.calendar.is_open(at):
            return ()
        if (
            self.party.outside is not None
            and not self.party.candidates
            and self.party.members is None
        ):
            return (self.party.outside,)
        return self.party.reachable(at, roster)


@dataclass
class CoverageForecast:
    """The recipients of a contract's tickets in the 168 hours from ``starts_at``; without a
    contract, of the organization's tickets.
    """

    organization: Organization
    contract: Contract | None
    starts_at: datetime
    roster: Roster
    percents: tuple[int, ...]
    _supervisors: list[User]
    # (in force from, levels) of each version of the matrix in the week
    _ladders: list[tuple[datetime, list[_Level]]]
    _rules: list[tuple[EscalationRule, Party]]
    _calendars: dict[Priority, list[WorkCalendar]]
    needed: set[tuple[int, Priority]] = field(default_factory=set)
    gaps: list[CoverageGap] = field(default_factory=list)

    def instant_of(self, hour: int) -> datetime:
        """Return the first sampled instant of an hour of the coming week. For an hour that daylight
        saving skips, return that of the next hour.
        """
        starts: dict[int, datetime] = {}
        for at in self._instants():
            starts.setdefault(self.hour_of(at), at)
        return starts[hour] if hour in starts else starts[(hour + 1) % HOURS]

    def recipients(self, priority: Priority, percent: int, at: datetime) -> list[Recipients]:
        """Return the recipients when a clock of an unassigned ticket reaches ``percent`` at ``at``:
        the first line, those of rules, and at a breach the first level.
        """
        recipients = []
        first_line = self._first_line(at)
        if first_line:
            recipients.append(Recipients(first_line, at, "desk"))
        recipients += self._by_rules(priority, percent, at)
        if percent == BREACH_PERCENT and self._levels_at(at):
            recipients.append(self._by_level(0, at))
        return recipients

    def next_recipients(self, at: datetime) -> Recipients | None:
        """Return the second level's recipients when the first one does not acknowledge a breach at
        ``at``; None without a second level.
        """
        levels = self._levels_at(at)
        if len(levels) < 2:  # noqa: PLR2004 - a next one needs two
            return None
        first = levels[0]
        notified_at = first.answers(at, self.roster).at
        return self._by_level(1, acknowledge_due(first.level, first.calendar, notified_at))

    def _levels_at(self, at: datetime) -> list[_Level]:
        return next(
            (levels for since, levels in reversed(self._ladders) if since <= at),
            self._ladders[0][1],
        )

    def _first_line(self, at: datetime) -> tuple[User, ...]:
        """Return the supervisors on duty, otherwise the people of the first level on duty. Leaves
        out contacts without a login: only the ladder notifies them, at a breach.
        """
        levels = self._levels_at(at)
        on_duty = Party(members=tuple(self._supervisors)).reachable(at, self.roster)
        return on_duty or tuple(
            person
            for person in (levels[0].reachable(at, self.roster) if levels else ())
            if person.pk
        )

    def _by_level(self, place: int, at: datetime) -> Recipients:
        each = self._levels_at(at)[place]
        answering = each.answers(at, self.roster)
        return Recipients(
            answering.people,
            answering.at,
            "level",
            each.level.name,
            each.level.phone,
            answering.is_on_duty,
        )

    def _by_rules(self, priority: Priority, percent: int, at: datetime) -> Iterator[Recipients]:
        for rule, party in self._rules:
            reached = next(
                (step for step in self.percents if step >= (rule.percent or 0)), BREACH_PERCENT
            )
            if reached != percent or (rule.priorities and priority.code not in rule.priorities):
                continue
            if rule.action == Action.RAISE:
                if self._levels_at(at) and percent != BREACH_PERCENT:
                    yield self._by_level(0, at)
                continue
            if rule.action == Action.TELL_LEVEL:
                level = rule.level or 0
                if 0 < level <= len(self._levels_at(at)):
                    yield self._by_level(level - 1, at)
                continue
            answering = first_to_answer(party, at, self.roster)
            yield Recipients(
                answering.people, answering.at, "rule", rule.name, is_on_duty=answering.is_on_duty
            )

    def _instants(self) -> Iterator[datetime]:
        local = zone(self.organization.time_zone)
        # 168 hours of local time: 167 elapsed when the clocks go forward, 169 when they go back.
        end = (
            (self.starts_at.astimezone(local).replace(tzinfo=None) + timedelta(hours=HOURS))
            .replace(tzinfo=local)
            .astimezone(UTC)
        )
        moments = {
            self.starts_at + STEP * number for number in range((end - self.starts_at) // STEP)
        }
        for calendar in self._ticking:
            moments |= {segment.start for segment in calendar.account(self.starts_at, end).segments}
        moments |= {
            moment
            for rows in self.roster.absences.values()
            for row in rows
            for moment in (row.starts_at, row.ends_at)
        }
        moments |= {since for since, _levels in self._ladders}
        yield from sorted(moment for moment in moments if self.starts_at <= moment < end)

    @property
    def _ticking(self) -> list[WorkCalendar]:
        """Return the calendars of shifts, levels and clocks: an edge of each can change the
        recipients.
        """
        shifts = [calendar for calendars in self.roster.shifts.values() for calendar in calendars]
        levels = [
            each.calendar
            for _since, levels in self._ladders
            for each in levels
            if each.calendar is not None
        ]
        clocks = [calendar for calendars in self._calendars.values() for calendar in calendars]
        return list({id(calendar): calendar for calendar in (*shifts, *levels, *clocks)}.values())

    def hour_of(self, at: datetime) -> int:
        """Return the local hour of the week of an instant."""
        local = at.astimezone(zone(self.organization.time_zone))
        return local.weekday() * DAY_HOURS + local.hour

    def find_gaps(self) -> None:
        """Set ``needed`` to the (hour, priority) pairs in which a clock can run, and ``gaps`` to
        those of them that lack a recipient on duty, by percentage.
        """
        found: set[CoverageGap] = set()
        for at in self._instants():
            hour = self.hour_of(at)
            for priority in Priority:
                if not any(calendar.is_open(at) for calendar in self._calendars[priority]):
                    continue
                self.needed.add((hour, priority))
                if self._first_line(at):
                    continue  # the first line is notified at every percentage
                for percent in self.percents:
                    if not any(
                        recipients.is_on_duty and recipients.people and recipients.at <= at
                        for recipients in self.recipients(priority, percent, at)
                    ):
                        found.add(CoverageGap(hour, priority, percent))
        self.gaps = sorted(found, key=lambda gap: (gap.hour, gap.priority, gap.percent))


def forecasts_of(organization: Organization, at: datetime) -> list[CoverageForecast]:
    """Return one forecast per contract in force on that local day; one for the organization when no
    contract is in force.
    """
    day = at.astimezone(zone(organization.time_zone)).date()
    contracts: Sequence[Contract | None] = contracts_in_force(organization, day) or [None]
    roster = roster_on(at, organization.pk)
    return [forecast_of(organization, contract, at, roster=roster) for contract in contracts]


def forecast_of(
    organization: Organization,
    contract: Contract | None,
    at: datetime,
    *,
    roster: Roster | None = None,
) -> CoverageForecast:
    """Return the forecast of a contract's tickets for the week from the full hour of ``at``, by the
    plans known at ``at``, with its gaps.
    """
    contract_id = contract.pk if contract is not None else None
    policy = policy_on(organization, contract_id, None, at)
    coming = EscalationMatrix.objects.filter(
        organization=organization, effective_from__gt=at, effective_from__lt=at + LOOKAHEAD
    )
    instants = [at, *coming.order_by("effective_from").values_list("effective_from", flat=True)]
    forecast = CoverageForecast(
        organization=organization,
        contract=contract,
        starts_at=at.astimezone(zone(organization.time_zone))
        .replace(minute=0, second=0, microsecond=0)
        .astimezone(UTC),
        roster=roster or roster_on(at, organization.pk),
        percents=(*policy.percents, BREACH_PERCENT),
        _supervisors=supervisors_of(organization.pk),
        _ladders=[(since, _ladder(organization, contract_id, since)) for since in instants],
        _rules=list(_clock_rules(organization)),
        _calendars={
            priority: _calendars(organization, contract, policy, priority, at)
            for priority in Priority
        },
    )
    forecast.find_gaps()
    return forecast


def _ladder(organization: Organization, contract_id: int | None, at: datetime) -> list[_Level]:
    return [
        _Level(level, party_of(level), calendar_of(level, at))
        for level in levels_of(matrix_on(organization.pk, contract_id, at))
    ]


def _clock_rules(organization: Organization) -> Iterator[tuple[EscalationRule, Party]]:
    """Yield the active clock rules that notify or raise for this customer, with their recipients.
    Leaves out rules with a condition on anything but customer, priority and percentage.
    """
    for each in active_rules():
        rule = each.rule
        narrow = any(
            (
                rule.states,
                rule.support_types,
                rule.metric,
                rule.kinds,
                rule.channels,
                rule.words,
                rule.tags,
                each.among.services,
            )
        )
        if (
            rule.trigger != Trigger.CLOCK
            or narrow
            or (each.among.customers and organization.pk not in each.among.customers)
        ):
            continue
        if rule.action == Action.TELL_ACCOUNT_MANAGER and organization.account_manager is not None:
            yield rule, Party(organization.account_manager)
        elif rule.action == Action.TELL:
            yield rule, party_of_rule(rule)
        elif rule.action in {Action.RAISE, Action.TELL_LEVEL}:
            yield rule, Party()


def _calendars(
    organization: Organization,
    contract: Contract | None,
    policy: Policy,
    priority: Priority,
    at: datetime,
) -> list[WorkCalendar]:
    """Return every calendar in which a clock of this priority may run: of each kind and support
    type that is contracted.
    """
    versions = calendar_versions_on(organization, at)
    found = {}
    for support_type in support_types_of(
        organization, contract.pk if contract is not None else None
    ):
        for kind in Kind:
            for metric in AT_ARRIVAL:
                matter = Matter(kind, support_type, priority, None)
                if policy.target(metric, matter) is None:
                    continue
                version = pick_calendar(versions, *policy.calendar_choice(metric, matter))
                if version is not None:
                    found[version.pk] = work_calendar(version)
    return list(found.values())
