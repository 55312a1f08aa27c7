"""Every configuration screen, by subject; importing this package registers them all."""

from desk.configuration import (
    assignment,
    calendars,
    catalog,
    contracts,
    duty,
    escalation,
    organizations,
    outbox,
    people,
    policies,
    webhooks,
)

__all__ = [
    "assignment",
    "calendars",
    "catalog",
    "contracts",
    "duty",
    "escalation",
    "organizations",
    "outbox",
    "people",
    "policies",
    "webhooks",
]
