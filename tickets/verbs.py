"""The verbs that this app writes on the record; ``wording`` has the sentence of each."""

RAISED = "ticket.raised"
NUMBER_GIVEN = "ticket.number_given"
FOLLOWED_UP = "ticket.followed_up"
STATE_CHANGED = "ticket.state_changed"
STAY_MARKED = "ticket.stay_marked"
STAY_UNMARKED = "ticket.stay_unmarked"
CLASSIFIED = "ticket.classified"
ASSIGNED = "ticket.assigned"
CONTRACT_CHANGED = "ticket.contract_changed"
MERGED = "ticket.merged"
UNMERGED = "ticket.unmerged"
ABSORBED = "ticket.absorbed"
RELEASED = "ticket.released"
LINKED = "ticket.linked"
UNLINKED = "ticket.unlinked"
WATCHED = "ticket.watched"
UNWATCHED = "ticket.unwatched"
TAGGED = "ticket.tagged"
UNTAGGED = "ticket.untagged"
TIME_ADDED = "ticket.time_added"
TIME_REMOVED = "ticket.time_removed"
SESSION_NOTED = "ticket.session_noted"
SESSION_REMOVED = "ticket.session_removed"
ANALYSIS_WRITTEN = "ticket.analysis_written"
ANALYSIS_RUN = "ticket.analysis_run"
ANALYSIS_REMOVED = "ticket.analysis_removed"
ORIGINAL_SHOWN = "ticket.original_shown"
TASK_ADDED = "ticket.task_added"
TASK_CHANGED = "ticket.task_changed"
TASK_DONE = "ticket.task_done"
TASK_OPENED = "ticket.task_opened"
TASK_REMOVED = "ticket.task_removed"


def message_verb(kind: str) -> str:
    """Return the verb of a message of this kind: ``message.reply``, ``message.note`` ..."""
    return f"message.{kind}"


def is_of_message(verb: str) -> bool:
    """Tell whether a fact says that a message was written."""
    return verb.startswith(message_verb(""))
