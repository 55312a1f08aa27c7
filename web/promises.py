"""Translated sentences about promises: the rule that set a target, and whose turn it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from sla.policies.durations import target_words
from sla.policies.rules import RuleReach, RuleSource, TargetRule
from tickets.states import Holder

_WHOSE: dict[RuleSource, str | Promise] = {
    RuleSource.PERSON: gettext_lazy("The requester's policy %(name)s"),
    RuleSource.CONTRACT: gettext_lazy("The contract's policy %(name)s"),
    RuleSource.ORGANIZATION: gettext_lazy("The organization's policy %(name)s"),
    RuleSource.DEFAULT: gettext_lazy("The service guide"),
}
_SAYS: dict[tuple[RuleReach, bool], str | Promise] = {
    (RuleReach.CATEGORY_AND_TYPE, True): gettext_lazy(
        "%(whose)s promises %(time)s for this category and support type."
    ),
    (RuleReach.CATEGORY_AND_TYPE, False): gettext_lazy(
        "%(whose)s has no target for this category and support type together."
    ),
    (RuleReach.CATEGORY, True): gettext_lazy("%(whose)s promises %(time)s for this category."),
    (RuleReach.CATEGORY, False): gettext_lazy("%(whose)s has no target for this category."),
    (RuleReach.SUPPORT_TYPE, True): gettext_lazy(
        "%(whose)s promises %(time)s for this support type."
    ),
    (RuleReach.SUPPORT_TYPE, False): gettext_lazy("%(whose)s has no target for this support type."),
    (RuleReach.EVERY, True): gettext_lazy("%(whose)s promises %(time)s."),
    (RuleReach.EVERY, False): gettext_lazy("%(whose)s has no target for every ticket."),
}


_ABSENT: dict[RuleSource, str | Promise] = {
    RuleSource.PERSON: gettext_lazy("The requester has no policy of their own."),
    RuleSource.CONTRACT: gettext_lazy("The contract has no policy of its own."),
    RuleSource.ORGANIZATION: gettext_lazy("The organization has no policy of its own."),
}


def rule_words(rule: TargetRule) -> str:
    """Return one sentence about a rule: the target it sets, or that it sets none."""
    if rule.source is RuleSource.DEFAULT and rule.target is None:
        return _("The service guide promises nothing here.")
    if not rule.name and rule.source is not RuleSource.DEFAULT:
        return str(_ABSENT[rule.source])
    whose = str(_WHOSE[rule.source]) % {"name": rule.name}
    time = target_words(rule.target) if rule.target is not None else ""
    return str(_SAYS[rule.reach, rule.target is not None]) % {"whose": whose, "time": time}


_HOLDERS: dict[tuple[Holder, bool], str | Promise] = {
    (Holder.DESK, False): gettext_lazy("The desk"),
    (Holder.DESK, True): gettext_lazy("Us"),
    (Holder.CUSTOMER, False): gettext_lazy("You"),
    (Holder.CUSTOMER, True): gettext_lazy("The customer"),
    (Holder.SUPPLIER, False): gettext_lazy("A supplier"),
    (Holder.SUPPLIER, True): gettext_lazy("A supplier"),
}
_SHORT: dict[Holder, str | Promise] = {
    Holder.DESK: gettext_lazy("Us"),
    Holder.CUSTOMER: pgettext_lazy("turn", "Customer"),
    Holder.SUPPLIER: pgettext_lazy("turn", "Supplier"),
}
_TURNS: dict[tuple[Holder, bool], str | Promise] = {
    (Holder.DESK, False): gettext_lazy("It is the desk's turn."),
    (Holder.DESK, True): gettext_lazy("It is our turn."),
    (Holder.CUSTOMER, False): gettext_lazy("It is your turn."),
    (Holder.CUSTOMER, True): gettext_lazy("It is the customer's turn."),
    (Holder.SUPPLIER, False): gettext_lazy("It is a supplier's turn."),
    (Holder.SUPPLIER, True): gettext_lazy("It is a supplier's turn."),
}


def holder_words(holder: Holder, *, for_staff: bool) -> str | Promise:
    """Return the translated name of a holder as the reader sees it: ``You`` or ``The customer``."""
    return _HOLDERS[holder, for_staff]


def short_holder_words(holder: Holder) -> str | Promise:
    return _SHORT[holder]


def turn_words(holder: Holder, *, for_staff: bool) -> str | Promise:
    return _TURNS[holder, for_staff]
