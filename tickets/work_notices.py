"""Letters to the desk about work that is given out: tickets that are assigned, sent to a group or
handed over, and tasks.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from foundation.accounts.models import DESK_ZONE, Team, User
from foundation.accounts.queries import may_read, serves, supervisors_of
from foundation.accounts.roles import Capability
from foundation.core.actor import Actor
from foundation.core.links import Link
from foundation.duty.models import Absence
from foundation.duty.roster import members_of
from foundation.notifications.services import Letter, queue_letters
from tickets.letters import send, subject_in_mail, ticket_letter
from tickets.models import RecurrenceDay, Snooze, StateInterval, Task, Ticket
from tickets.notices import desk_readers
from tickets.permissions import may_follow
from tickets.states import State


def notify_assigned(*, ticket: Ticket, by: Actor, at: datetime) -> None:
    if ticket.assignee is not None and ticket.assignee.pk != by.person_id:
        letter = ticket_letter(
            ticket,
            to=ticket.assignee,
            template="ticket_assigned",
            key=f"assigned:{ticket.pk}:{ticket.version}",
            for_staff=True,
        )
        send(ticket, [letter], at)


def notify_group(*, ticket: Ticket, interval: StateInterval, by: Actor, at: datetime) -> None:
    """Tell a group that a ticket was sent to it, why, and what was tried: its mailbox, or its
    members where it has none. Any other state tells nobody.
    """
    team = ticket.team
    if team is None or interval.state != State.ASSIGNED:
        return
    letters = [
        ticket_letter(
            ticket,
            to=reader,
            template="ticket_sent",
            key=f"sent:{interval.pk}",
            for_staff=True,
            group=team.name,
            reason=interval.reason,
            tried=interval.tried,
        )
        for reader in _readers(team)
        if reader.pk is None or (reader.pk != by.person_id and may_follow(reader, ticket))
    ]
    send(ticket, letters, at)


def notify_handed_over(
    *,
    absence: Absence,
    heir: User | None,
    passed: Sequence[Ticket],
    returned: Sequence[Ticket],
    at: datetime,
) -> None:
    """Tell who has the tickets of an absent person now which they are; of those that came back, the
    group that holds them, or the supervisors of the customer. All are of one customer.
    """
    told: list[tuple[list[User], list[Ticket]]] = [([heir] if heir else [], list(passed))]
    for team in {each.team for each in returned}:
        own = [each for each in returned if each.team == team]
        members = [each for each in _readers(team) if each != absence.person] if team else []
        told.append((members or supervisors_of(own[0].organization_id), own))
    for readers, tickets in told:
        for reader in readers if tickets else ():
            if reader.pk is None or (
                reader.pk != absence.person_id and may_follow(reader, tickets[0])
            ):
                _tell_of_absence(absence, reader, tickets, at, is_passed=reader == heir)


def _tell_of_absence(
    absence: Absence, reader: User, tickets: Sequence[Ticket], at: datetime, *, is_passed: bool
) -> None:
    first = tickets[0]
    letter = ticket_letter(
        first,
        to=reader,
        template="tickets_handed_over",
        key=f"handed:{absence.pk}:{first.pk}:{first.version}",
        for_staff=True,
        links={"url": Link("queue", "mine" if is_passed else "unassigned", for_staff=True)},
        person=str(absence.person),
        until=absence.ends_at.isoformat(),
        desk_zone=DESK_ZONE,
        is_passed=is_passed,
        tickets=[[each.number, subject_in_mail(each)] for each in tickets],
    )
    send(first, [letter], at)


def _readers(team: Team) -> list[User]:
    """Return who reads the letters to a group: its mailbox, or its members where it has none."""
    if team.email:
        return [User(email=team.email, full_name=team.name, language=settings.LANGUAGE_CODE)]
    return members_of(team)


def notify_not_raised(*, day: RecurrenceDay, at: datetime) -> None:
    """Tell who keeps a recurring ticket that it was not raised on a day, and why; when they keep it
    no more, the supervisors of the customer.
    """
    recurrence = day.recurrence
    organization = recurrence.organization
    keeper = recurrence.keeper
    keeps = keeper.is_active and keeper.can(Capability.SUPERVISE)
    readers = [keeper] if keeps and serves(keeper, organization.pk) else []
    letters = [
        Letter(
            template="recurrence_failed",
            to_email=reader.email,
            to_name=reader.full_name,
            recipient_id=reader.pk,
            language=reader.language or settings.LANGUAGE_CODE,
            dedupe_key=f"recurrence:{day.pk}:{reader.pk}",
            links={"url": Link("recurrence", str(recurrence.pk), for_staff=True)},
            context={
                "name": recurrence.name,
                "organization": organization.name,
                "due_at": day.due_at.isoformat(),
                "time_zone": organization.time_zone,
                "problem": day.problem,
                "detail": day.detail,
            },
        )
        for reader in readers or supervisors_of(organization.pk)
    ]
    queue_letters(organization_id=organization.pk, letters=letters, at=at)


def notify_woken(*, ticket: Ticket, snooze: Snooze, at: datetime) -> None:
    """Tell who snoozed a ticket that it is back."""
    letter = ticket_letter(
        ticket,
        to=snooze.person,
        template="ticket_woken",
        key=f"woken:{snooze.pk}",
        for_staff=True,
    )
    send(ticket, [letter], at)


def notify_task_given(*, task: Task, at: datetime) -> None:
    """Tell the owner of a task that it is theirs."""
    if task.owner is not None:
        _tell_of_task("task_given", task, [task.owner], f"task:{task.pk}:{at.isoformat()}", at)


def notify_task_due(*, task: Task, at: datetime) -> None:
    """Tell the owner of a task that it is due; when there is none any more, whoever of the desk has
    the ticket, otherwise the desk's supervisors.
    """
    ticket = task.ticket
    if task.owner is not None and may_read(task.owner.pk, ticket.organization_id):
        readers = [task.owner]
    else:
        readers = desk_readers(ticket) or supervisors_of(ticket.organization_id)
    _tell_of_task("task_due", task, readers, f"task_due:{task.pk}:{at.isoformat()}", at)


def _tell_of_task(
    template: str, task: Task, readers: Sequence[User], key: str, at: datetime
) -> None:
    letters = [
        ticket_letter(
            task.ticket,
            to=reader,
            template=template,
            key=key,
            for_staff=True,
            title=task.title,
            due_at=task.due_at.isoformat() if task.due_at else "",
            desk_zone=DESK_ZONE,
        )
        for reader in readers
    ]
    send(task.ticket, letters, at)
