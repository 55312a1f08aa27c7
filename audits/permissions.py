"""Permissions of audits (SPEC 9.4). Only the roles named here count: no other capability grants an
act.
"""

from collections.abc import Callable

from django.db.models import TextChoices

from audits.models import AuditRequest, AuditState, Evidence
from foundation.accounts.models import User
from foundation.accounts.queries import membership_of, serves
from foundation.accounts.roles import ACTS_FOR_ORGANIZATION, RAISES_TICKETS, StaffRole
from tickets.models import Ticket
from tickets.states import FINAL, OPEN_STATES

_R = StaffRole
_S = AuditState


class Act(TextChoices):
    EVALUATE = "evaluate"
    PLAN_ITEM = "plan_item"
    PREPARE = "prepare"
    APPROVE = "approve"
    REFUSE = "refuse"
    DELIVER = "deliver"
    SET_ASIDE = "set_aside"
    WAIVE = "waive"
    COMPLETE = "complete"
    SEND_DELAY_NOTICE = "send_delay_notice"
    SCHEDULE = "schedule"
    MOVE_CONFERENCE = "move_conference"
    CANCEL_CONFERENCE = "cancel_conference"
    ANSWER_VISIT = "answer_visit"
    STOP = "stop"
    RESUME = "resume"
    RELEASE = "release"


_PREPARERS = frozenset(
    {_R.AGENT, _R.CONSULTANT, _R.DESK_SUPERVISOR, _R.DESK_MANAGER, _R.AUDIT_AREA, _R.BPO}
)
_COORDINATES = frozenset({_R.AGENT, _R.DESK_SUPERVISOR, _R.DESK_MANAGER, _R.AUDIT_AREA, _R.BPO})
_REGISTERS = frozenset({_R.AGENT, _R.DESK_SUPERVISOR, _R.DESK_MANAGER, _R.AUDIT_AREA})
_BPO = frozenset({_R.BPO})
_AUDIT_AREA = frozenset({_R.AUDIT_AREA})
_RUNNING = frozenset({_S.EVALUATING, _S.OPEN})
_OPEN = frozenset({_S.OPEN})

# act -> (staff roles that may perform it, states of the audit that allow it)
RULES: dict[Act, tuple[frozenset[StaffRole], frozenset[AuditState]]] = {
    Act.EVALUATE: (_AUDIT_AREA, frozenset({_S.EVALUATING})),
    Act.PLAN_ITEM: (_COORDINATES, _RUNNING),
    Act.PREPARE: (_PREPARERS, _OPEN),
    Act.APPROVE: (_BPO, _OPEN),
    Act.REFUSE: (_BPO, _OPEN),
    Act.DELIVER: (_BPO, _OPEN),
    Act.SET_ASIDE: (_BPO, _OPEN),
    Act.WAIVE: (_BPO, _OPEN),
    Act.COMPLETE: (_BPO, _OPEN),
    Act.SEND_DELAY_NOTICE: (_COORDINATES, _RUNNING),
    Act.SCHEDULE: (_COORDINATES, _RUNNING),
    Act.MOVE_CONFERENCE: (_COORDINATES, _RUNNING),
    Act.CANCEL_CONFERENCE: (_COORDINATES, _RUNNING | {_S.STOPPED, _S.DELIVERED}),
    Act.ANSWER_VISIT: (_COORDINATES, _RUNNING | {_S.DELIVERED}),
    Act.STOP: (_PREPARERS, _RUNNING),
    Act.RESUME: (_AUDIT_AREA, frozenset({_S.STOPPED})),
    Act.RELEASE: (_BPO, _RUNNING),
}


# Allowed after the solution, until the ticket has ended.
AFTER_THE_SOLUTION = frozenset({Act.ANSWER_VISIT, Act.CANCEL_CONFERENCE})


def has_role(user: User, act: Act, organization_id: int) -> bool:
    """Tell whether an active person has a staff role for the act and serves the customer."""
    return (
        user.is_active
        and bool(RULES[act][0] & set(user.staff_roles))
        and serves(user, organization_id)
    )


def ticket_allows(act: Act, ticket: Ticket) -> bool:
    """Tell whether the state of the audit's ticket allows the act."""
    if act == Act.RELEASE:
        return ticket.state in FINAL
    if act in AFTER_THE_SOLUTION:
        return ticket.state not in FINAL
    return ticket.state in OPEN_STATES


def can(user: User, act: Act, audit: AuditRequest) -> bool:
    """Tell whether a person may perform the act now: role, state of the audit,
    state of its ticket.
    """
    return act in acts_of(user, audit)


def acts_of(user: User, audit: AuditRequest) -> frozenset[Act]:
    """Return the acts that a person may perform now, as ``can`` says of each."""
    if not serves(user, audit.organization_id):
        return frozenset()
    roles = set(user.staff_roles) if user.is_active else set()
    return frozenset(
        act
        for act, (wanted, states) in RULES.items()
        if roles & wanted and audit.state in states and ticket_allows(act, audit.ticket)
    )


def takes_visits(audit: AuditRequest) -> bool:
    """Tell whether a visit may be announced: the ticket is open, and the audit not stopped,
    declined or delivered.
    """
    return audit.state in _RUNNING and audit.ticket.state in OPEN_STATES


def sees_evidence(user: User, organization_id: int) -> bool:
    """Tell whether a person may read which evidence there is before its delivery: the roles that
    prepare it.
    """
    return has_role(user, Act.PREPARE, organization_id)


def opener(user: User, audit: AuditRequest) -> Callable[[Evidence], bool]:
    """Return what tells whether a person may open the files of undelivered evidence: who prepared
    it, and BPO. Nobody else, for one administrator can make accounts of every other role. BPO alone
    opens that of an audit whose people were released.
    """
    if has_role(user, Act.RELEASE, audit.organization_id):
        return lambda evidence: True
    if audit.released_at is not None or not sees_evidence(user, audit.organization_id):
        return lambda evidence: False
    return lambda evidence: evidence.prepared_by_id == user.pk


def can_request(user: User, organization_id: int) -> bool:
    """Tell whether a person may request audits for a customer: a member who raises tickets, never
    staff.
    """
    membership = membership_of(user.pk, organization_id) if not user.is_staff else None
    return membership is not None and membership.has_role(*RAISES_TICKETS)


def can_register(user: User, organization_id: int) -> bool:
    """Tell whether a person may register an audit that a customer asks for, and plan one: the audit
    area and the desk (SPEC 9.1).
    """
    return plans_audits(user) and serves(user, organization_id)


def plans_audits(user: User) -> bool:
    """Tell whether a person registers and plans audits for the customers that they serve."""
    return user.is_active and user.is_staff and bool(_REGISTERS & set(user.staff_roles))


def has_preparing_role(user: User) -> bool:
    """Tell whether a person may be given items of the audits of the customers that they serve."""
    return user.is_active and bool(RULES[Act.PREPARE][0] & set(user.staff_roles))


def acts_for_customer(user: User, audit: AuditRequest) -> bool:
    """Tell whether a person may announce visits of this audit: its requester, or a coordinator."""
    membership = membership_of(user.pk, audit.organization_id) if not user.is_staff else None
    if membership is None:
        return False
    return membership.has_role(*ACTS_FOR_ORGANIZATION) or (
        audit.ticket.requester_id == user.pk and membership.has_role(*RAISES_TICKETS)
    )
