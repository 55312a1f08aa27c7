"""Tickets over the API: the same services and the same transition table as portal and desk."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import idempotent
from api.parameters import KnownParameters, expected_version, if_match
from api.tickets.analyses import AnalysisActions
from api.tickets.answers import IDEMPOTENCY, ticket_answer
from api.tickets.assigning import AssignmentActions
from api.tickets.classification import (
    ClassificationSerializer,
    ConsequencesSerializer,
    ContractChoiceSerializer,
    NewClassificationSerializer,
    NewContractSerializer,
    chosen,
    consequences_data,
    contract_of,
)
from api.tickets.conversation import ConversationActions
from api.tickets.elsewhere import ElsewhereActions
from api.tickets.escalation import EscalationSerializer, NewEscalationSerializer, RuleLogSerializer
from api.tickets.explanations import ExplanationSerializer, explanation_data
from api.tickets.filters import TicketFilter
from api.tickets.history import HistoryAction
from api.tickets.macros import MacroAction
from api.tickets.marking import MarkAction
from api.tickets.messages import NewFollowUpSerializer, NewReplySerializer, SentMessageSerializer
from api.tickets.raising import NewTicketSerializer, new_ticket
from api.tickets.relations import NewMergeSerializer, RelationActions
from api.tickets.remote import SessionActions
from api.tickets.replying import send_reply
from api.tickets.requester import RequesterActions
from api.tickets.serializers import (
    LIST_COLUMNS,
    NewTransitionSerializer,
    TicketListSerializer,
    TicketSerializer,
    listed_ticket_data,
)
from api.tickets.snoozing import SnoozeAction
from api.tickets.splitting import SplitAction
from api.tickets.stepping import details_of
from api.tickets.tasks import TaskActions
from api.tickets.times import TimeActions
from escalation.queries import escalations_of, rule_logs_of
from escalation.services import request_escalation
from foundation.accounts.roles import Capability
from foundation.core.classification import (
    Channel,
)
from sla.clocks.explanation import explain_clock
from sla.clocks.queries import clocks_of, get_clock, shown_to
from sla.clocks.services import preview_classification, preview_contract
from tickets import queries, services
from tickets.models import Ticket
from web.access import needs
from web.requests import actor, person

_STAFF_ONLY = gettext_lazy("Only staff can read which rules ran on a ticket.")
_STAFF_MERGE = gettext_lazy("Only staff can merge tickets.")
_SUPERVISORS_ONLY = gettext_lazy("Only a supervisor of the desk can change the contract.")
_IF_MATCH = if_match("The ETag you read; 412 with what changed when it moved on.")


class TicketViewSet(
    AnalysisActions,
    AssignmentActions,
    ConversationActions,
    HistoryAction,
    MacroAction,
    MarkAction,
    RelationActions,
    ElsewhereActions,
    RequesterActions,
    SessionActions,
    SnoozeAction,
    SplitAction,
    TaskActions,
    TimeActions,
    KnownParameters,
    mixins.ListModelMixin,
    viewsets.GenericViewSet[Ticket],
):
    parameters: ClassVar = {
        "list": frozenset({*TicketFilter.base_filters, "cursor"}),
        "messages": frozenset({"before"}),
    }
    serializer_class = TicketSerializer
    filterset_class = TicketFilter
    lookup_field = "number"
    lookup_value_regex = r"[A-Za-z]+-[0-9]+|[0-9]+"

    def get_queryset(self) -> QuerySet[Ticket]:
        if getattr(self, "swagger_fake_view", False):
            return Ticket.objects.none()
        return queries.visible_to(person(self.request)).select_related(None)

    @extend_schema(responses=TicketListSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # Select only the columns of the list: building 50 rows of five models took half its time.
        rows = list(
            self.paginate_queryset(self.filter_queryset(self.get_queryset()).values(*LIST_COLUMNS))
            or []
        )
        clocks = clocks_of([row["id"] for row in rows])
        return self.get_paginated_response(
            [listed_ticket_data(row, shown_to(person(request), clocks[row["id"]])) for row in rows]
        )

    @extend_schema(responses=TicketSerializer)
    def retrieve(self, request: Request, number: str) -> Response:
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(
        request=NewTicketSerializer, responses={201: TicketSerializer}, parameters=[IDEMPOTENCY]
    )
    @idempotent
    def create(self, request: Request, *, at: datetime) -> Response:
        """Raise a ticket; its number, priority and clocks come back."""
        body = NewTicketSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        channel = Channel(body.validated_data.get("channel", Channel.API))
        ticket = services.raise_ticket(
            request=new_ticket(request, body.validated_data, at),
            by=actor(request._request, channel),
            at=at,
        )
        return ticket_answer(request, ticket, status.HTTP_201_CREATED)

    @extend_schema(responses=ExplanationSerializer)
    @action(detail=True, methods=["get"], url_path=r"clocks/(?P<metric>[a-z]+)/explanation")
    def explanation(self, request: Request, number: str, metric: str) -> Response:
        """Say why a clock is due when it is: the rule, and every stretch of the time
        (SPEC 4.10).
        """
        ticket = queries.get_ticket(person(request), number)
        item = get_clock(ticket, queries.intervals(ticket.pk), metric, person(request))
        return Response(explanation_data(explain_clock(item, ticket=ticket, at=timezone.now())))

    @extend_schema(
        request=NewReplySerializer,
        responses={201: SentMessageSerializer},
        parameters=[IDEMPOTENCY],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def replies(self, request: Request, number: str, *, at: datetime) -> Response:
        """Add a message: the customer's answer, or the desk's reply, statement or note. On a solved
        ticket the customer says whether it still fails.
        """
        ticket = queries.get_ticket(person(request), number)
        body = NewReplySerializer(data=request.data)
        body.is_valid(raise_exception=True)

        message = send_reply(request, ticket, body.validated_data, at)
        return Response(SentMessageSerializer(message).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=NewFollowUpSerializer, responses={201: TicketSerializer}, parameters=[IDEMPOTENCY]
    )
    @action(detail=True, methods=["post"], url_path="follow-ups")
    @idempotent
    def follow_ups(self, request: Request, number: str, *, at: datetime) -> Response:
        """Go on after a ticket has ended for good: a new ticket that continues it comes back."""
        ticket = queries.get_ticket(person(request), number)
        body = NewFollowUpSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        follower = services.follow_up_ticket(
            ticket=ticket,
            body=body.validated_data["body"],
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, follower, status.HTTP_201_CREATED)

    @extend_schema(
        methods=["GET"],
        responses=EscalationSerializer(many=True),
        description="The steps of the ticket up its escalation matrix.",
    )
    @extend_schema(
        methods=["POST"],
        request=NewEscalationSerializer,
        responses={201: EscalationSerializer},
        parameters=[IDEMPOTENCY],
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    @idempotent
    def escalations(self, request: Request, number: str, *, at: datetime) -> Response:
        """Show the steps of the ticket's ladder, or ask for the next one, at any moment of its life
        (SPEC 5.2).
        """
        ticket = queries.get_ticket(person(request), number)
        inside = {"is_staff": person(request).is_staff}
        if request.method == "GET":
            return Response(
                EscalationSerializer(escalations_of(ticket), many=True, context=inside).data
            )
        body = NewEscalationSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        step = request_escalation(
            ticket=ticket,
            reason=body.validated_data["reason"],
            by=actor(request._request, Channel.API),
            at=at,
        )
        return Response(
            EscalationSerializer(step, context=inside).data, status=status.HTTP_201_CREATED
        )

    @extend_schema(responses=RuleLogSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_ONLY))
    def rules(self, request: Request, number: str) -> Response:
        """Show which rules ran on the ticket, which did not, and why. The newest occurrence
        is first. For the staff.
        """
        ticket = queries.get_ticket(person(request), number)
        return Response(RuleLogSerializer(rule_logs_of(ticket), many=True).data)

    @extend_schema(
        request=NewClassificationSerializer,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def classification(self, request: Request, number: str, *, at: datetime) -> Response:
        """Confirm or change impact, urgency, kind, service and environment; the matrix gives the
        priority. For the desk (SPEC 3.7).
        """
        ticket = _ticket_as_seen(request, number, at)
        body = NewClassificationSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        services.classify_ticket(
            ticket=ticket,
            classification=chosen(ticket, body.validated_data),
            reason=body.validated_data["reason"],
            from_start=body.validated_data["from_start"],
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(request=ClassificationSerializer, responses={200: ConsequencesSerializer})
    @action(detail=True, methods=["post"], url_path="classification/preview")
    def classification_preview(self, request: Request, number: str) -> Response:
        """Say which priority a classification would give and which clocks it would move; nothing is
        written.
        """
        ticket = queries.get_ticket(person(request), number)
        body = ClassificationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = chosen(ticket, body.validated_data)
        from_start = body.validated_data["from_start"]
        by = actor(request._request, Channel.API)
        now = timezone.now()
        changes = preview_classification(
            ticket=ticket, classification=wanted, from_start=from_start, by=by, at=now
        )
        terms = services.terms_for(ticket, wanted.service, now, from_start=from_start)
        priority = services.priority_of(ticket, wanted, terms)
        return Response(consequences_data(priority, terms, changes))

    @extend_schema(
        request=NewContractSerializer,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.SUPERVISE, refusal=_SUPERVISORS_ONLY))
    @idempotent
    def contract(self, request: Request, number: str, *, at: datetime) -> Response:
        """Put the ticket under another contract of its customer. For supervisors of the desk."""
        ticket = _ticket_as_seen(request, number, at)
        body = NewContractSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        services.change_contract(
            ticket=ticket,
            contract=contract_of(ticket, body.validated_data["contract"]),
            reason=body.validated_data["reason"],
            from_start=body.validated_data["from_start"],
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(request=ContractChoiceSerializer, responses={200: ConsequencesSerializer})
    @action(detail=True, methods=["post"], url_path="contract/preview")
    @method_decorator(needs(Capability.SUPERVISE, refusal=_SUPERVISORS_ONLY))
    def contract_preview(self, request: Request, number: str) -> Response:
        """Say which priority another contract would give and which clocks it would move; nothing is
        written.
        """
        ticket = queries.get_ticket(person(request), number)
        body = ContractChoiceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        contract = contract_of(ticket, body.validated_data["contract"])
        from_start = body.validated_data["from_start"]
        by = actor(request._request, Channel.API)
        now = timezone.now()
        changes = preview_contract(
            ticket=ticket, contract=contract, from_start=from_start, by=by, at=now
        )
        terms = services.terms_under(ticket, contract, ticket.received_at if from_start else now)
        priority = services.priority_of(ticket, chosen(ticket, {}), terms)
        return Response(consequences_data(priority, terms, changes))

    @extend_schema(
        request=NewMergeSerializer,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_MERGE))
    @idempotent
    def merge(self, request: Request, number: str, *, at: datetime) -> Response:
        """End the ticket because its matter goes on in another one. For the desk."""
        ticket = _ticket_as_seen(request, number, at)
        body = NewMergeSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        services.merge_tickets(
            ticket=ticket,
            survivor=queries.get_named_ticket(
                person(request), body.validated_data["into"], field="into"
            ),
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(
        request=None,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @method_decorator(needs(Capability.SEE_TICKETS, refusal=_STAFF_MERGE))
    @idempotent
    def unmerge(self, request: Request, number: str, *, at: datetime) -> Response:
        """Undo the merge of the ticket: its state and clocks are as if it had never ended."""
        ticket = _ticket_as_seen(request, number, at)
        services.unmerge_ticket(ticket=ticket, by=actor(request._request, Channel.API), at=at)
        return ticket_answer(request, queries.get_ticket(person(request), number))

    @extend_schema(
        request=NewTransitionSerializer,
        responses={200: TicketSerializer},
        parameters=[IDEMPOTENCY, _IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def transitions(self, request: Request, number: str, *, at: datetime) -> Response:
        """Take a transition of the table; an impossible one says which are possible."""
        ticket = _ticket_as_seen(request, number, at)
        body = NewTransitionSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        services.transition_ticket(
            ticket=ticket,
            name=body.validated_data["transition"],
            details=details_of(ticket, body.validated_data, person(request)),
            by=actor(request._request, Channel.API),
            at=at,
        )
        return ticket_answer(request, queries.get_ticket(person(request), number))


def _ticket_as_seen(request: Request, number: str, at: datetime) -> Ticket:
    """Return the ticket that is to be changed. Raises ``StaleTicket`` when it has another version
    than ``If-Match``: before the body is read, which was written for what was (RFC 9110, 13.2.1).
    """
    ticket = queries.get_ticket(person(request), number)
    services.require_version(ticket, expected_version(request))
    by = actor(request._request, Channel.API)
    return services.send_what_is_held(ticket=ticket, by=by, at=at)
