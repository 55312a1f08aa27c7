"""The public services that write tickets. Other apps import them from this package."""

from tickets.services.analyses import (
    Analysis,
    note_run,
    remove_analysis,
    write_analysis,
)
from tickets.services.answering import answer_solution, reply_as_customer
from tickets.services.answers import pursue_answer, set_answer_due
from tickets.services.assignment import (
    assign_automatically,
    assign_ticket,
)
from tickets.services.automatic import (
    NextTicket,
    assign_by_choice,
    assign_waiting,
    forget_groups,
    next_ticket,
)
from tickets.services.base import require_version
from tickets.services.bulk import (
    MOST_AT_ONCE,
    Assigning,
    Change,
    Changed,
    Classifying,
    Stepping,
    TicketAct,
    change_each,
    rehearse_changes,
)
from tickets.services.classification import Classification, classify_ticket, priority_of
from tickets.services.contracting import change_contract
from tickets.services.conversation import (
    add_note,
    note_automatically,
    publish_customer_informed,
    readers_of,
    reply_to_customer,
    send_attention_statement,
    told_by_note,
    write_message,
)
from tickets.services.copies import MOST_COPIES, Copies, typed_copies
from tickets.services.details import TransitionDetails
from tickets.services.elsewhere import ending_elsewhere, raise_elsewhere
from tickets.services.errors import (
    ActionNotAllowed,
    DetailsMissing,
    MayNotRaise,
    StaleRecurrence,
    StaleTicket,
    TransitionNotAllowed,
)
from tickets.services.following import follow_up_ticket
from tickets.services.holding import (
    Said,
    Unsent,
    is_due_soon,
    say,
    send_held,
    send_what_is_held,
    take_back,
    try_held_later,
    unsent_of,
)
from tickets.services.indexing import index_again
from tickets.services.lifecycle import (
    close_unanswered,
    possible_transitions,
    solve_automatically,
    transition_ticket,
)
from tickets.services.linking import link_tickets, unlink_tickets
from tickets.services.macros import (
    Answering,
    MacroActs,
    MacroRefused,
    Running,
    delete_macro,
    run_macro,
    save_macro,
    why_not,
)
from tickets.services.merging import MergePlan, merge_tickets, plan_merge, unmerge_ticket
from tickets.services.originals import show_original
from tickets.services.projection import (
    move_validation_term,
    remind_of_validation,
    set_clock_projection,
    set_clock_projections,
    set_reopen_window,
    set_validation_term,
)
from tickets.services.raising import OLDEST_ARRIVAL, Arrival, NewTicket, raise_ticket
from tickets.services.recurrences import (
    RecurrencePlan,
    delete_recurrence,
    pause_recurrence,
    plan_anew,
    resume_recurrence,
    save_recurrence,
)
from tickets.services.recurring import put_off, raise_due, raise_missed
from tickets.services.remote import NewSession, note_session, remove_session
from tickets.services.renaming import index_renamed, note_rename
from tickets.services.replying import reply_and_step, steps_with_reply
from tickets.services.requesting import (
    RequesterPlan,
    change_requester,
    plan_requester,
    requester_by_email,
)
from tickets.services.returning import hand_over, return_resumed, return_tickets
from tickets.services.saying import Saying
from tickets.services.seeing import see_as_customer
from tickets.services.sharing import (
    MOST_LINES,
    delete_checklist,
    delete_reply,
    delete_view,
    save_checklist,
    save_reply,
    save_view,
)
from tickets.services.signatures import save_signature
from tickets.services.snoozing import end_snooze, snooze_ticket, wake_ticket, wake_when_due
from tickets.services.splitting import split_ticket, written_at
from tickets.services.stays import go_on, mark_stay
from tickets.services.tagging import (
    MOST_TAGS,
    tag_automatically,
    tag_ticket,
    tags_by_key,
    untag_ticket,
)
from tickets.services.terms import Terms, matrix_of, terms_for, terms_under
from tickets.services.ticket_tasks import (
    LATEST_DUE,
    TaskPlan,
    add_checklist,
    add_tasks,
    change_task,
    finish_task,
    open_task_again,
    remind_of_task,
    remove_task,
)
from tickets.services.times import Spent, enter_time, remove_time, time_asked
from tickets.services.visits import drop_draft, note_visit, save_draft
from tickets.services.watching import (
    followable,
    get_followable,
    unwatch_ticket,
    watch_ticket,
)

__all__ = [
    "OLDEST_ARRIVAL",
    "ActionNotAllowed",
    "Analysis",
    "Answering",
    "Arrival",
    "Assigning",
    "Change",
    "Changed",
    "Classification",
    "Classifying",
    "Copies",
    "DetailsMissing",
    "LATEST_DUE",
    "MOST_AT_ONCE",
    "MOST_COPIES",
    "MOST_LINES",
    "MOST_TAGS",
    "MacroActs",
    "MacroRefused",
    "MayNotRaise",
    "MergePlan",
    "NewSession",
    "NewTicket",
    "NextTicket",
    "RecurrencePlan",
    "RequesterPlan",
    "Running",
    "Said",
    "Saying",
    "Spent",
    "StaleRecurrence",
    "StaleTicket",
    "Stepping",
    "TaskPlan",
    "Terms",
    "TicketAct",
    "TransitionDetails",
    "TransitionNotAllowed",
    "Unsent",
    "add_checklist",
    "add_note",
    "add_tasks",
    "answer_solution",
    "assign_automatically",
    "assign_by_choice",
    "assign_ticket",
    "assign_waiting",
    "change_contract",
    "change_each",
    "change_requester",
    "change_task",
    "classify_ticket",
    "close_unanswered",
    "delete_checklist",
    "delete_macro",
    "delete_recurrence",
    "delete_reply",
    "delete_view",
    "drop_draft",
    "end_snooze",
    "ending_elsewhere",
    "enter_time",
    "finish_task",
    "follow_up_ticket",
    "followable",
    "forget_groups",
    "get_followable",
    "go_on",
    "hand_over",
    "index_again",
    "index_renamed",
    "is_due_soon",
    "link_tickets",
    "mark_stay",
    "matrix_of",
    "merge_tickets",
    "move_validation_term",
    "next_ticket",
    "note_automatically",
    "note_rename",
    "note_run",
    "note_session",
    "note_visit",
    "open_task_again",
    "pause_recurrence",
    "plan_anew",
    "plan_merge",
    "plan_requester",
    "possible_transitions",
    "priority_of",
    "publish_customer_informed",
    "pursue_answer",
    "put_off",
    "raise_due",
    "raise_missed",
    "raise_elsewhere",
    "raise_ticket",
    "readers_of",
    "rehearse_changes",
    "remind_of_task",
    "remind_of_validation",
    "remove_analysis",
    "remove_session",
    "remove_task",
    "remove_time",
    "reply_and_step",
    "reply_as_customer",
    "reply_to_customer",
    "requester_by_email",
    "require_version",
    "resume_recurrence",
    "return_resumed",
    "return_tickets",
    "run_macro",
    "save_checklist",
    "save_draft",
    "save_macro",
    "save_recurrence",
    "save_reply",
    "save_signature",
    "save_view",
    "say",
    "see_as_customer",
    "send_attention_statement",
    "send_held",
    "send_what_is_held",
    "set_answer_due",
    "set_clock_projection",
    "set_clock_projections",
    "set_reopen_window",
    "set_validation_term",
    "show_original",
    "snooze_ticket",
    "solve_automatically",
    "split_ticket",
    "steps_with_reply",
    "tag_automatically",
    "tag_ticket",
    "tags_by_key",
    "take_back",
    "terms_for",
    "terms_under",
    "time_asked",
    "told_by_note",
    "transition_ticket",
    "try_held_later",
    "typed_copies",
    "unlink_tickets",
    "unmerge_ticket",
    "unsent_of",
    "untag_ticket",
    "unwatch_ticket",
    "wake_ticket",
    "wake_when_due",
    "watch_ticket",
    "why_not",
    "write_analysis",
    "write_message",
    "written_at",
]
