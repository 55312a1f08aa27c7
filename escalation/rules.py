"""Selects the escalation rules that apply to an occurrence, with the unmet conditions of the
others. Pure functions over rules, ticket and occurrence (SPEC 5.3).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from escalation.models import EscalationRule, Trigger
from foundation.core.classification import Priority
from foundation.search.words import stems_of, words_of
from tickets.models import tag_key
from tickets.states import DESK_TURN

# Runs of one rule on one ticket: more within ``RUNS_WITHIN`` is a loop. People and machines change
# a ticket more often than a clock, a state or a silence comes again.
MAX_RUNS = {trigger: 20 if trigger is Trigger.CHANGED else 3 for trigger in Trigger}
RUNS_WITHIN = timedelta(days=1)

T = TypeVar("T")


class Outcome(TextChoices):
    RAN = "ran", _("ran")
    UNMET = "unmet", _("does not apply")
    ALREADY = "already", _("had run for this")
    LOOP = "loop", _("held back: it ran too often")
    OWN_ACT = "own_act", _("held back: its own act led to this")
    FAILED = "failed", _("could not act")


class Condition(TextChoices):
    """A condition of a rule, or a prerequisite of its action. The rule log stores the code of each
    one that was not met.
    """

    METRIC = "metric", _("another clock")
    PERCENT = "percent", _("too early")
    STATE = "state", _("another state")
    PRIORITY = "priority", _("another priority")
    SUPPORT_TYPE = "support_type", _("another support type")
    CUSTOMER = "customer", _("another customer")
    CHANGE = "change", _("another change")
    KIND = "kind", _("another kind")
    CHANNEL = "channel", _("another channel")
    SERVICE = "service", _("another service")
    WORDS = "words", _("none of its words")
    TAGS = "tags", _("none of its tags")
    TOO_MANY_TAGS = "too_many_tags", _("the ticket has as many tags as one may have")
    NOBODY_ON_DUTY = "nobody_on_duty", _("nobody is on duty")
    NOBODY_NAMED = "nobody_named", _("nobody is named any more")
    NOT_SERVING = "not_serving", _("whoever is named does not serve this customer")
    OTHER_GROUP = "other_group", _("whoever is named is not in the group that holds the ticket")
    ENDED = "ended", _("the ticket has ended")
    NO_LEVEL = "no_level", _("the ticket's matrix has no such level")
    NO_MANAGER = "no_manager", _("the customer has no account manager")
    ERROR = "error", _("an error, which the log tells")


@dataclass(frozen=True)
class Occurrence:
    """One event of a ticket that a rule may react to. ``key`` identifies it: each is judged once.

    ``subject`` groups the percentages of one segment of a clock: the key without the percentage.
    ``chain`` are the ids of the rules whose acts, one after the other, led to it, and ``by_rule``
    is the name of the last of them; empty when people or time did.
    """

    key: str
    trigger: Trigger
    metric: str = ""
    percent: int = 0
    state: str = ""
    rule_id: int = 0  # of a silence: the rule whose minutes have passed
    minutes: int = 0
    change: str = ""
    chain: tuple[int, ...] = ()
    by_rule: str = ""

    @property
    def subject(self) -> str:
        return self.key.rpartition(":")[0] if self.trigger is Trigger.CLOCK else self.key

    def as_data(self) -> dict[str, Any]:
        data = {
            "metric": self.metric,
            "percent": self.percent,
            "state": self.state,
            "minutes": self.minutes,
            "change": self.change,
            "by_rule": self.by_rule,
        }
        return {name: value for name, value in data.items() if value}


LONGEST_READ = 20_000  # characters of a ticket's text in which words are looked for


class TicketText:
    """The subject and the description of a ticket, in which words are looked for: folded once, and
    only when a rule asks.
    """

    def __init__(self, subject: str, description: str) -> None:
        self._text = f"{subject}\n{description}"[:LONGEST_READ]

    @cached_property
    def forms(self) -> list[frozenset[str]]:
        """The words in their order, each with its stems."""
        return [_forms(word) for word in words_of(self._text)]


@dataclass(frozen=True)
class About:
    """What conditions read of a ticket, as it is or as it was. ``tags`` are the keys of its
    tags.
    """

    state: str
    priority: int
    support_type: str
    organization_id: int
    kind: str
    channel: str
    service_id: int
    text: TicketText
    tags: Collection[str]


@dataclass(frozen=True)
class Among:
    """The ids of the organizations and of the services that a rule is for; empty means all."""

    customers: Sequence[int] = ()
    services: Sequence[int] = ()


ANY = Among()


def unmet(
    rule: EscalationRule, among: Among, about: About, occurrence: Occurrence
) -> list[Condition]:
    """Return the conditions of a rule of this trigger that the ticket does not meet; empty when the
    rule applies. A silence rule without states applies in ``DESK_TURN``. Words are looked for when
    everything else is met.
    """
    states = rule.states or (DESK_TURN if rule.trigger == Trigger.SILENCE else ())
    priority = Priority(about.priority).code
    conditions = [
        *_unmet_by(rule, occurrence),
        *_outside(states, about.state, Condition.STATE),
        *_outside(rule.priorities, priority, Condition.PRIORITY),
        *_outside(rule.support_types, about.support_type, Condition.SUPPORT_TYPE),
        *_outside(rule.kinds, about.kind, Condition.KIND),
        *_outside(rule.channels, about.channel, Condition.CHANNEL),
        *_outside(among.services, about.service_id, Condition.SERVICE),
        *_outside(among.customers, about.organization_id, Condition.CUSTOMER),
        *([] if has_tags(rule, about.tags) else [Condition.TAGS]),
    ]
    return conditions or ([] if has_words(rule, about.text) else [Condition.WORDS])


def _unmet_by(rule: EscalationRule, occurrence: Occurrence) -> list[Condition]:
    """Return the conditions on the occurrence itself that are not met."""
    conditions = []
    if rule.trigger == Trigger.CLOCK:
        metrics = [rule.metric] if rule.metric else ()
        conditions += _outside(metrics, occurrence.metric, Condition.METRIC)
        conditions += [Condition.PERCENT] if occurrence.percent < (rule.percent or 0) else []
    if rule.trigger == Trigger.CHANGED:
        conditions += _outside(rule.changes, occurrence.change, Condition.CHANGE)
    return conditions


def _outside(chosen: Collection[T], value: T, condition: Condition) -> list[Condition]:
    return [condition] if chosen and value not in chosen else []


def has_words(rule: EscalationRule, text: TicketText) -> bool:
    """Tell whether one of a rule's words is in a text, or it has none. What stands between commas
    is one word, or several that follow one another. Signs alone are in no text.
    """
    if not rule.words.strip():
        return True
    asked = [words_of(each) for each in rule.words.split(",")]
    return any(_follows(words, text.forms) for words in asked if words)


def _follows(words: Sequence[str], found: Sequence[frozenset[str]]) -> bool:
    forms = [_forms(word) for word in words]
    return any(
        all(form & there for form, there in zip(forms, found[place:], strict=False))
        for place in range(len(found) - len(forms) + 1)
    )


def _forms(word: str) -> frozenset[str]:
    return frozenset({word, *stems_of(word)})


def has_tags(rule: EscalationRule, tags: Collection[str]) -> bool:
    """Tell whether one of a rule's tags is among these keys, or it has none."""
    if not rule.tags.strip():
        return True
    return not {tag_key(name) for name in tag_names(rule.tags)}.isdisjoint(tags)


def tag_names(written: str) -> list[str]:
    """Return the names of tags that are written with commas, without the sign before a tag."""
    return [name for each in re.split("[,;\n]", written) if (name := each.strip(" #"))]


@dataclass(frozen=True)
class Earlier:
    """An earlier run of a rule on the ticket."""

    rule_id: int
    subject: str
    at: datetime


def held_back(
    rule_id: int, occurrence: Occurrence, earlier: Sequence[Earlier], at: datetime
) -> Outcome | None:
    """Return the reason to skip a rule that applies; None when it may run. ``ALREADY``: it ran for
    this subject. ``OWN_ACT``: its own act led to the occurrence. ``LOOP``: it ran ``MAX_RUNS``
    times within ``RUNS_WITHIN``.
    """
    if rule_id in occurrence.chain:
        return Outcome.OWN_ACT
    own = [run for run in earlier if run.rule_id == rule_id]
    if any(run.subject == occurrence.subject for run in own):
        return Outcome.ALREADY
    if sum(run.at > at - RUNS_WITHIN for run in own) >= MAX_RUNS[occurrence.trigger]:
        return Outcome.LOOP
    return None
