"""Template filters for targets and the labels of metrics."""

from django import template

from foundation.core.wording import kept_by_language
from sla.metrics import Metric
from sla.policies.durations import target_words
from sla.targets import Target

register = template.Library()


@register.filter
def promised(target: Target) -> str:
    return target_words(target)


@register.filter
@kept_by_language
def metric_label(code: str) -> str:
    return str(Metric(code).label) if code in Metric.values else code
