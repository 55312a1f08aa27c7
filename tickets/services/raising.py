"""Creation of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Contract, RequestTemplate, Service
from catalog.queries import contract_on, matrix_for
from foundation.accounts.limits import Limited, count_act
from foundation.accounts.models import Membership, Organization, User
from foundation.accounts.queries import acting_person
from foundation.accounts.roles import RAISES_TICKETS, Capability
from foundation.core.actor import Actor
from foundation.core.classification import (
    ASSISTED_CHANNELS,
    PRESENT_CHANNELS,
    Channel,
    Environment,
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid
from foundation.core.events import publish
from foundation.core.tenancy import require_in_scope
from foundation.core.texts import is_blank, one_line, seen, without_blank_ends
from foundation.core.zones import zone
from foundation.documents.checking import CheckedFile
from tickets import verbs
from tickets.events import NumberGiven, TicketRaised
from tickets.masking import MAX_SUBJECT, TicketTexts
from tickets.models import StateInterval, Ticket
from tickets.services.attachments import attach_files
from tickets.services.base import record_ticket
from tickets.services.errors import MayNotRaise
from tickets.services.indexing import index_new_ticket
from tickets.services.originals import keep_original
from tickets.states import BUCKETS, State

OLDEST_ARRIVAL = timedelta(days=31)  # before its registration
_PAST_WORDS = gettext_lazy("Give an instant of the last %(days)s days, not one that lies ahead.")
MAX_TEXT = 100_000  # a pasted log fits; more belongs in a file

# Tickets that arrive by these channels start as *new*. On the others an agent registers the ticket,
# which starts as *open* (SPEC 3.8).
_ARRIVES_BY_ITSELF = frozenset({Channel.PORTAL, Channel.EMAIL, Channel.API, Channel.MONITORING})


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """How a request that an agent registers came in (SPEC 4.1). The times run from ``at``: the
    beginning of the registration or, of an e-mail, its arrival at the mailbox.

    ``contacted_at`` is noted only: when the person called or wrote. ``number_given`` says that the
    person is present and gets the number at once, which is the reaction.
    """

    at: datetime
    contacted_at: datetime | None = None
    number_given: bool = False


@dataclass(frozen=True)
class Written:
    """When and through which channel the customer wrote a request that the desk takes out of
    another ticket: its times run from ``at``.
    """

    at: datetime
    channel: Channel


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """The data of a ticket to create. Impact and urgency are the requester's proposal until the
    desk classifies.
    """

    membership: Membership  # of the requester, in the organization the ticket is for
    subject: str
    description: str
    kind: Kind
    service: Service
    impact: Impact
    urgency: Urgency
    environment: Environment = Environment.PRODUCTION
    template: RequestTemplate | None = None
    answers: list[dict[str, str]] = field(default_factory=list)
    files: Sequence[CheckedFile] = ()
    continues: Ticket | None = None  # of the same organization, ended
    arrival: Arrival | None = None  # of a request that the desk registers; None: it arrives now
    written: Written | None = None  # of one that is split off another ticket
    planned_at: datetime | None = None  # of a recurring ticket, which the system raises
    contract: Contract | None = None  # in force and covering the service; None: the usual one
    # Registered by the staff of another area, which the caller has checked: the desk gets a new
    # ticket that nobody holds.
    is_from_other_area: bool = False

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    @property
    def requester(self) -> User:
        return self.membership.user

    def received_at(self, at: datetime) -> datetime:
        """Return the instant from which the times run, of a request that is raised ``at``."""
        came = self.arrival or self.written
        return came.at if came is not None else self.planned_at or at


@transaction.atomic
def raise_ticket(*, request: NewTicket, by: Actor, at: datetime) -> Ticket:
    """Create the ticket in its first state, with its priority from the contract's matrix. A handler
    of ``TicketRaised`` starts its clocks, from the arrival.

    Raises ``MayNotRaise`` (the requester is no valid user who raises tickets, or the author may not
    raise tickets for them), ``Invalid`` (texts, number of files, instants of the arrival) or
    ``TooMany``. Without a contract in force that covers the service, the ticket is flagged *out of
    contract* (SPEC 1.2). In order: ticket, interval, files, record, ``TicketRaised``,
    ``NumberGiven``.
    """
    _check_people(request, by)
    check_texts(request)
    _check_arrival(request, by, at)
    received_at = request.received_at(at)
    if by.person_id == request.requester.pk:
        count_act(Limited.TICKETS, by=by, at=at)
        count_act(Limited.FILES, by=by, at=at, amount=len(request.files))
    contract = request.contract or _usual_contract(request, received_at)
    priority = matrix_for(request.organization, contract.pk if contract else None, received_at)[
        request.urgency, request.impact
    ]
    ticket = _write(request, contract, priority, by, at)
    StateInterval.objects.create(
        organization=request.organization,
        ticket=ticket,
        state=ticket.state,
        bucket=BUCKETS[State(ticket.state)],
        started_at=ticket.received_at,
    )
    attach_files(ticket=ticket, message=None, files=request.files, at=at)
    record_ticket(
        ticket,
        verbs.RAISED,
        by=by,
        at=at,
        state=ticket.state,
        impact=ticket.impact,
        urgency=ticket.urgency,
        priority=int(priority),
        kind=ticket.kind,
        service=request.service.pk,
        contract=contract.pk if contract else None,
        continues=request.continues.pk if request.continues else None,
        received_at=ticket.received_at.isoformat(),
    )
    publish(
        TicketRaised(
            organization_id=ticket.organization_id,
            at=at,
            ticket_id=ticket.pk,
            is_out_of_contract=ticket.is_out_of_contract,
            person_id=by.person_id,
            ticket=ticket,
        )
    )
    if request.arrival is not None and request.arrival.number_given:
        record_ticket(ticket, verbs.NUMBER_GIVEN, by=by, at=at)
        publish(NumberGiven(organization_id=ticket.organization_id, at=at, ticket_id=ticket.pk))
    return ticket


def _usual_contract(request: NewTicket, received_at: datetime) -> Contract | None:
    day = received_at.astimezone(zone(request.organization.time_zone)).date()
    return contract_on(request.organization, day, service_id=request.service.pk)


def _write(
    request: NewTicket, contract: Contract | None, priority: Priority, by: Actor, at: datetime
) -> Ticket:
    arrives = request.is_from_other_area or (
        by.channel in _ARRIVES_BY_ITSELF and not (request.arrival or request.written)
    )
    received_at = request.received_at(at)
    written = TicketTexts(
        one_line(request.subject), without_blank_ends(request.description), request.answers
    )
    shown = written.without_secrets()
    ticket: Ticket = Ticket.objects.create(
        organization=request.organization,
        subject=shown.subject,
        description=shown.description,
        sensitive=written.kinds,
        kind=request.kind,
        service=request.service,
        template=request.template,
        answers=shown.answers,
        support_type=request.service.support_type,
        environment=request.environment,
        proposed_impact=request.impact,
        proposed_urgency=request.urgency,
        impact=request.impact,
        urgency=request.urgency,
        priority=priority,
        classified_at=request.planned_at,  # the desk classified what it planned
        state=State.NEW if arrives else State.OPEN,
        channel=request.written.channel if request.written else by.channel,
        requester=request.requester,
        site_id=request.membership.site_id,
        department_id=request.membership.department_id,
        contract=contract,
        terms_at=received_at,
        continues=request.continues,
        is_out_of_contract=contract is None,
        owner_id=None if arrives else by.person_id,
        received_at=received_at,
        contacted_at=request.arrival.contacted_at if request.arrival else None,
        created_at=at,
        updated_at=at,
    )
    if shown != written:
        keep_original(
            ticket=ticket,
            subject=written.subject,
            text=written.description,
            answers=written.answers,
        )
    index_new_ticket(ticket=ticket, files=[file.name for file in request.files])
    return ticket


def _check_people(request: NewTicket, by: Actor) -> None:
    """Raise ``MayNotRaise`` if the requester is no valid user who raises tickets, or the author may
    not raise tickets for them.
    """
    require_in_scope(request.membership)
    if not request.membership.has_role(*RAISES_TICKETS):
        raise MayNotRaise(
            _(
                "%(person)s is not a valid user of %(organization)s who may raise tickets. Ask "
                "its coordinator to register them."
            )
            % {"person": request.requester, "organization": request.organization}
        )
    if request.planned_at is not None and by.person_id is None:
        return  # who planned it was asked when they saved it
    if request.is_from_other_area:
        return
    if by.person_id != request.requester.pk and not acting_person(by).can(Capability.WORK_TICKETS):
        raise MayNotRaise(_("Only the desk can raise tickets for another person."))


def _check_arrival(request: NewTicket, by: Actor, at: datetime) -> None:
    """Raise ``Invalid`` for instants of the arrival that lie ahead or too far back, and for a
    number that was given to nobody.
    """
    arrival = request.arrival
    if arrival is None:
        return
    fields = {}
    if by.channel not in ASSISTED_CHANNELS:
        fields["channel"] = _("Choose one of: %(channels)s.") % {
            "channels": ", ".join(ASSISTED_CHANNELS)
        }
    if not at - OLDEST_ARRIVAL <= arrival.at <= at:
        fields["received_at"] = _PAST_WORDS % {"days": OLDEST_ARRIVAL.days}
    if arrival.contacted_at and not at - OLDEST_ARRIVAL <= arrival.contacted_at <= at:
        fields["contacted_at"] = _PAST_WORDS % {"days": OLDEST_ARRIVAL.days}
    elif arrival.contacted_at and arrival.contacted_at > arrival.at:
        fields["contacted_at"] = _("It cannot be later than the arrival, from which the times run.")
    if arrival.number_given and by.channel not in PRESENT_CHANNELS:
        fields["number_given"] = _("Only who is on the phone or in a chat gets it at once.")
    if fields:
        raise Invalid(_("Some data of the registration is wrong."), fields=fields)


def check_texts(request: NewTicket) -> None:
    """Raise ``Invalid`` for a subject or a description that is missing or too long."""
    fields = {}
    if seen(request.subject) < 3:
        fields["subject"] = _("Write a subject of at least 3 characters.")
    elif len(one_line(request.subject)) > MAX_SUBJECT:
        fields["subject"] = _(
            "Shorten the subject to %(limit)d characters; the details go into the description."
        ) % {"limit": MAX_SUBJECT}
    if is_blank(request.description):
        fields["description"] = _("Describe what happens or what you need.")
    elif len(request.description) > MAX_TEXT:
        fields["description"] = _(
            "The description is too long. Attach the long part as a text file."
        )
    if fields:
        raise Invalid(_("Some data is missing or too long."), fields=fields)
