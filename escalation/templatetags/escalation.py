"""Words of rules, on screens and in letters."""

from django import template

from escalation.models import Change

register = template.Library()


@register.filter
def rule_change(code: str) -> str:
    """Return the translated change that a rule waits for; an unknown code unchanged."""
    return str(Change(code).label) if code in Change.values else code
