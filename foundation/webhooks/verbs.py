"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

SECRET_RENEWED = "webhook.secret_renewed"  # noqa: S105 - a verb
TESTED = "webhook.tested"
SENT_AGAIN = "webhook.sent_again"
STOPPED = "webhook.stopped"
