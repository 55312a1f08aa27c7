"""What the services of escalation share."""

from datetime import timedelta

from foundation.core.actor import system_actor

ESCALATOR = system_actor("escalation")
# The same request within this time is one: a double click.
DOUBLE_CLICK = timedelta(minutes=1)
