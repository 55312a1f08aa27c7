"""Constants that the services of escalation share."""

from datetime import timedelta

from foundation.core.actor import system_actor

ESCALATOR = system_actor("escalation")
# The same request again within this time is a double click: services return the earlier row.
DOUBLE_CLICK = timedelta(minutes=1)
