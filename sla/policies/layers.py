"""Policies in layers: the versions that bind a ticket, and the target, calendar and pauses that
they give a clock (SPEC 4, 17.3).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db.models import Prefetch, QuerySet

from foundation.accounts.models import Organization
from foundation.calendars.defaults import CalendarRole
from foundation.configuration.models import KEPT
from foundation.core.classification import Kind, Priority, SupportType
from sla.metrics import AT_ARRIVAL, Metric
from sla.policies.defaults import (
    AT_RISK_PERCENT,
    WARNING_PERCENTS,
    default_calendar,
    default_target,
)
from sla.policies.models import PolicyTarget, PolicyVersion
from sla.policies.rules import RuleReach, RuleSource, TargetRule
from sla.targets import Target, Term
from tickets.models import Ticket
from tickets.states import State
from tickets.stays import MARKED

_Said = TypeVar("_Said", bool, int)


class Matter(NamedTuple):
    """The attributes of a ticket that select its targets. ``category_id`` is the category of its
    service in the catalogue.
    """

    kind: Kind
    support_type: SupportType
    priority: Priority
    category_id: int | None


def matter_of(ticket: Ticket) -> Matter:
    """Return the current matter of a ticket. Reads ``ticket.service``."""
    return Matter(
        Kind(ticket.kind),
        SupportType(ticket.support_type),
        Priority(ticket.priority),
        ticket.service.category_id,
    )


@dataclass(frozen=True)
class Layer:
    """A version of a policy with its targets."""

    version: PolicyVersion
    targets: Sequence[PolicyTarget]

    @property
    def source(self) -> RuleSource:
        if self.version.person_id is not None:
            return RuleSource.PERSON
        return (
            RuleSource.CONTRACT if self.version.contract_id is not None else RuleSource.ORGANIZATION
        )

    def asked(self, metric: Metric, matter: Matter) -> Iterator[tuple[RuleReach, Target | None]]:
        """Yield the rules of this layer, narrowest first. Rules by category are included only if
        the layer has one for the metric. A rule without a target yields None.
        """
        own = {
            (row.category_id, row.support_type): row.target
            for row in self.targets
            if (row.metric, row.priority) == (metric, matter.priority)
        }
        if any(row.category_id is not None and row.metric == metric for row in self.targets):
            yield (
                RuleReach.CATEGORY_AND_TYPE,
                own.get((matter.category_id, matter.support_type)) if matter.category_id else None,
            )
            yield (
                RuleReach.CATEGORY,
                own.get((matter.category_id, "")) if matter.category_id else None,
            )
        yield RuleReach.SUPPORT_TYPE, own.get((None, matter.support_type))
        yield RuleReach.EVERY, own.get((None, ""))


@dataclass(frozen=True)
class Policy:
    """The policy of a clock: versions for the requester, the contract and the organization, over
    the default.
    """

    layers: tuple[Layer, ...] = ()
    # memo of ``target`` and ``pausing_states``
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def ids(self) -> list[int]:
        return [layer.version.pk for layer in self.layers]

    def target(self, metric: Metric, matter: Matter) -> Target | None:
        """Return the target of the first rule that has one; None if the policy promises no such
        clock.
        """
        if (metric, matter) not in self._known:
            asked = self._asked(metric, matter)
            self._known[metric, matter] = next(
                (target for _source, _reach, _version, target in asked if target is not None), None
            )
        found: Target | None = self._known[metric, matter]
        return found

    def rules(self, metric: Metric, matter: Matter) -> list[TargetRule]:
        """Return every rule that was considered for the target, strongest first; at most one
        matched. A missing layer appears as one rule without a name.
        """
        rules: list[TargetRule] = []
        for source, reach, version, target in self._asked(metric, matter):
            matched = target is not None and not any(rule.matched for rule in rules)
            rules.append(TargetRule(source, reach, str(version or ""), target, matched))
        layered = (RuleSource.PERSON, RuleSource.CONTRACT, RuleSource.ORGANIZATION)
        absent = [source for source in layered if source not in {rule.source for rule in rules}]
        rules += [TargetRule(source, RuleReach.EVERY, "", None, matched=False) for source in absent]
        # the sort is stable: rules of one source keep their order
        return sorted(rules, key=lambda rule: _STRENGTH[rule.source])

    def _asked(
        self, metric: Metric, matter: Matter
    ) -> Iterator[tuple[RuleSource, RuleReach, PolicyVersion | None, Target | None]]:
        for layer in self.layers:
            for reach, target in layer.asked(metric, matter):
                yield layer.source, reach, layer.version, target
        yield (
            RuleSource.DEFAULT,
            RuleReach.EVERY,
            None,
            default_target(metric, matter.priority, matter.support_type),
        )

    def calendar_choice(self, metric: Metric, matter: Matter) -> tuple[CalendarRole, int | None]:
        """Return the calendar role, and the id of the calendar that a policy names for it (None:
        the organization's own).

        A term in days uses business days even where a target in time runs around the clock: a
        continuous calendar has no closed days. An extension widens reaction, and the other
        ``AT_ARRIVAL`` clocks only with ``extension_includes_second_level``. Later promises in time
        count elapsed hours (SPEC 6.2, 6.3).
        """
        is_early = metric in AT_ARRIVAL
        if isinstance(self.target(metric, matter), Term):
            role = CalendarRole.BUSINESS
        else:
            role = (
                default_calendar(matter.kind, matter.support_type)
                if is_early
                else CalendarRole.CONTINUOUS
            )
        if role is CalendarRole.CONTINUOUS:
            return role, None
        for version in (layer.version for layer in self.layers):
            widened = metric is Metric.REACTION or (
                is_early and version.extension_includes_second_level
            )
            if version.extended_calendar_id is not None and widened:
                return CalendarRole.EXTENDED, version.extended_calendar_id
            if version.business_calendar_id is not None:
                return role, version.business_calendar_id
        return role, None

    def pausing_states(self, metric: Metric, *, of_term: bool = False) -> frozenset[str]:
        """Return the states that pause the clock, as ``clock_state`` gives them. Reaction (SPEC
        4.7), validation and restoration never pause.

        Pending states, and marked stays where a policy says so, pause a term in days (``of_term``)
        only with ``pauses_extend_terms``.
        Resolution also pauses while the ticket is solved or closed.
        """
        if (metric, of_term) not in self._known:
            self._known[metric, of_term] = self._find_pausing(metric, of_term)
        found: frozenset[str] = self._known[metric, of_term]
        return found

    def _find_pausing(self, metric: Metric, of_term: bool) -> frozenset[str]:
        if metric in {Metric.REACTION, Metric.VALIDATION, Metric.RESTORATION}:
            return frozenset()
        states: set[str] = set()
        if not of_term or self._says("pauses_extend_terms", otherwise=False):
            if self._says("pauses_while_pending_user", otherwise=True):
                states.add(State.PENDING_USER)
            if self._says("pauses_while_pending_supplier", otherwise=True):
                states.add(State.PENDING_SUPPLIER)
            if self._says("pauses_while_marked", otherwise=False):
                states.add(MARKED)
        if metric is Metric.RESOLUTION:
            states |= {State.SOLVED, State.CLOSED}
        return frozenset(states)

    def _says(self, name: str, *, otherwise: _Said) -> _Said:
        said: Iterator[_Said | None] = (getattr(layer.version, name) for layer in self.layers)
        return next((value for value in said if value is not None), otherwise)

    @property
    def percents(self) -> tuple[int, ...]:
        return next(
            (layer.version.percents for layer in self.layers if layer.version.percents),
            WARNING_PERCENTS,
        )

    @property
    def at_risk_percent(self) -> int:
        """The share of the target, in percent, from which a clock is at risk."""
        return self._says("at_risk_percent", otherwise=AT_RISK_PERCENT)


_STRENGTH = {source: place for place, source in enumerate(RuleSource)}
DEFAULT_POLICY = Policy()


def policy_on(
    organization: Organization,
    contract_id: int | None,
    person_id: int | None,
    at: datetime,
    *,
    known_at: datetime | None = None,
) -> Policy:
    """Return the policy in force at ``at`` for a ticket of this contract and requester: requester
    over contract over organization over default. Without a contract (None) the service guide's
    default alone (SPEC 1.2).

    ``known_at`` leaves out versions published after it.
    """
    if contract_id is None:
        return DEFAULT_POLICY
    wanted = [("person", person_id), ("contract", contract_id), ("organization", organization.pk)]
    kept = _layers_of(organization.pk, organization.terms_stamp)
    found = (
        _in_force(kept.get((kind, key), ()), at, known_at)
        for kind, key in wanted
        if key is not None
    )
    layers = tuple(layer for layer in found if layer is not None)
    return Policy(layers) if layers else DEFAULT_POLICY


def policy_of(ticket: Ticket) -> Policy:
    """Return the policy that binds the ticket: of its contract and requester, in force at
    ``terms_at`` (DECISIONS 15). A ticket out of contract runs on the default alone.
    """
    return policy_on(
        ticket.organization, ticket.binding_contract_id, ticket.requester_id, ticket.terms_at
    )


def _in_force(layers: Iterable[Layer], at: datetime, known_at: datetime | None) -> Layer | None:
    return next(
        (
            layer
            for layer in layers
            if layer.version.effective_from <= at
            and (known_at is None or layer.version.published_at <= known_at)
        ),
        None,
    )


@lru_cache(maxsize=KEPT)
def _layers_of(organization_id: int, stamp: int) -> dict[tuple[str, int], list[Layer]]:
    """Return every policy version of an organization, newest first, by (kind, id) of its subject.
    ``stamp`` is part of the cache key.
    """
    kept: dict[tuple[str, int], list[Layer]] = {}
    for layer in _with_targets(
        PolicyVersion.objects.filter(organization_id=organization_id).order_by("-number")
    ):
        version = layer.version
        keys = (
            ("person", version.person_id),
            ("contract", version.contract_id),
            ("organization", organization_id),
        )
        key = next((kind, pk) for kind, pk in keys if pk is not None)
        kept.setdefault(key, []).append(layer)
    return kept


def _with_targets(versions: QuerySet[PolicyVersion]) -> Iterator[Layer]:
    related = ("contract", "person", "organization")
    for version in versions.select_related(*related).prefetch_related(
        Prefetch("targets", queryset=PolicyTarget.objects.order_by("pk"))
    ):
        yield Layer(version, list(version.targets.all()))


# Policies by their version ids, strongest layer first. The default policy has the empty key.
Bound = dict[tuple[int, ...], Policy]


def policies_by_ids(bound: Iterable[Sequence[int]]) -> Bound:
    """Return the policies with these version ids. Raise ``KeyError`` if one of the versions does
    not exist.
    """
    wanted = {tuple(ids) for ids in bound}
    numbers = {pk for ids in wanted for pk in ids}
    layers = (
        {
            layer.version.pk: layer
            for layer in _with_targets(PolicyVersion.objects.filter(pk__in=numbers).order_by("pk"))
        }
        if numbers
        else {}
    )
    return {ids: Policy(tuple(layers[pk] for pk in ids)) for ids in wanted}


class Promised(NamedTuple):
    """The promise of a clock at one time: target, calendar and policy."""

    target: Target
    calendar_id: int
    policy: Policy


def is_same_promise(metric: Metric, new: Promised, old: Promised) -> bool:
    """Tell whether target, calendar and pausing states are equal, so that the clock does not
    change.
    """
    is_term = isinstance(new.target, Term)
    new_pauses = new.policy.pausing_states(metric, of_term=is_term)
    old_pauses = old.policy.pausing_states(metric, of_term=is_term)
    same_time = (new.target, new.calendar_id) == (old.target, old.calendar_id)
    return same_time and new_pauses == old_pauses
