"""Services of external audits: request, evidence, delivery, protocol and retention."""

from audits.services.converting import convert_evidence
from audits.services.evidence import (
    approve_evidence,
    complete_audit,
    deliver_evidence,
    draft_of,
    make_delivery,
    refuse_evidence,
    set_aside,
    waive,
)
from audits.services.following import (
    demand_delay_notice,
    demand_delay_notices,
    follow_ticket,
    guard_account,
    guard_files,
    guard_message,
    refuse_contract_change,
    refuse_merge,
    refuse_requester_change,
    wait_for_answer,
)
from audits.services.handling import note_reading, release_handlers
from audits.services.keeping import purge_evidence, set_retention
from audits.services.preparing import NewEvidence, prepare_evidence
from audits.services.protocol import (
    announce_visit,
    answer_visit,
    cancel_conference,
    earliest_visit,
    resume_audit,
    schedule_conference,
    send_delay_notice,
    stop_audit,
)
from audits.services.requesting import AllowanceUsed, NewVisit, evaluate_environment, request_audit

__all__ = [
    "AllowanceUsed",
    "NewEvidence",
    "NewVisit",
    "announce_visit",
    "answer_visit",
    "approve_evidence",
    "cancel_conference",
    "complete_audit",
    "convert_evidence",
    "deliver_evidence",
    "demand_delay_notice",
    "demand_delay_notices",
    "draft_of",
    "earliest_visit",
    "evaluate_environment",
    "follow_ticket",
    "guard_account",
    "guard_files",
    "guard_message",
    "make_delivery",
    "note_reading",
    "prepare_evidence",
    "purge_evidence",
    "refuse_contract_change",
    "refuse_requester_change",
    "refuse_evidence",
    "refuse_merge",
    "release_handlers",
    "request_audit",
    "resume_audit",
    "schedule_conference",
    "send_delay_notice",
    "set_aside",
    "set_retention",
    "stop_audit",
    "wait_for_answer",
    "waive",
]
