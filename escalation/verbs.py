"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

ESCALATED = "ticket.escalated"
DEESCALATED = "ticket.deescalated"
ACKNOWLEDGED = "escalation.acknowledged"
DRILL_STARTED = "escalation.drill"
MATRIX_PUBLISHED = "escalation.matrix_published"
