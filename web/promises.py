"""The words of promises: which rule set a target, and whose turn it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.rules import RuleSource, TargetRule
from tickets.states import Holder
from web.durations import short_duration

_RULES: dict[tuple[RuleSource, bool], str | Promise] = {
    (RuleSource.CONTRACT_SUPPORT_TYPE, True): gettext_lazy("The contract's policy %(name)s promises %(time)s for this support type."),
    (RuleSource.CONTRACT_SUPPORT_TYPE, False): gettext_lazy("The contract's policy %(name)s has no target for this support type."),
    (RuleSource.CONTRACT, True): gettext_lazy("The contract's policy %(name)s promises %(time)s."),
    (RuleSource.CONTRACT, False): gettext_lazy("The contract's policy %(name)s has no target for every support type."),
    (RuleSource.DEFAULT, True): gettext_lazy("The service guide promises %(time)s."),
    (RuleSource.DEFAULT, False): gettext_lazy("The service guide promises nothing here."),
}


def rule_words(rule: TargetRule) -> str:
    """Return one sentence about a rule that was asked for the target."""
    if not rule.name and rule.source is not RuleSource.DEFAULT:
        return _("The contract has no policy of its own.")
    words = _RULES[rule.source, rule.target is not None]
    return str(words) % {"name": rule.name, "time": short_duration(rule.target) if rule.target is not None else ""}


_HOLDERS: dict[tuple[Holder, bool], str | Promise] = {
    (Holder.DESK, False): gettext_lazy("The desk"),
    (Holder.DESK, True): gettext_lazy("Us"),
    (Holder.CUSTOMER, False): gettext_lazy("You"),
    (Holder.CUSTOMER, True): gettext_lazy("The customer"),
    (Holder.SUPPLIER, False): gettext_lazy("A supplier"),
    (Holder.SUPPLIER, True): gettext_lazy("A supplier"),
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
    """Name a side as its reader sees it."""
    return _HOLDERS[holder, for_staff]


def turn_words(holder: Holder, *, for_staff: bool) -> str | Promise:
    return _TURNS[holder, for_staff]
