"""Loads tickets in bulk for measurements: the rows that the services would leave. Tickets that
have ended have no facts on the record.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Contract, Service
from foundation.accounts.models import Membership
from foundation.accounts.queries import staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import every_organization
from foundation.activity.models import Record
from foundation.calendars.defaults import CalendarRole
from foundation.calendars.models import CalendarVersion
from foundation.core.classification import Channel, Impact, Kind, Priority, Urgency
from foundation.search.models import Audience, Entry
from foundation.search.services import BETWEEN, Text, indexed
from servicedesk.copying import Copier, Loading, Rows, copying, set_sequences
from sla.clocks.models import Clock, ClockSegment, ClockState
from sla.metrics import Metric
from tickets.models import LAST, Message, MessageKind, StateInterval, Ticket
from tickets.services.indexing import OBJECT_TYPE
from tickets.states import BUCKETS, State
from tickets.verbs import RAISED, message_verb

BATCH = 50_000
METRICS = (Metric.REACTION, Metric.ATTENTION)
OPEN = (State.NEW, State.IN_PROGRESS, State.OPEN)
# Words that one of ten, of a hundred, of a thousand tickets has.
RARE = (("printer", 10), ("invoice", 100), ("tunnel", 1000))


class Command(BaseCommand):
    help = "Fill the database with COUNT tickets, OPEN of them open, for ./mesa bench."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--open", type=int, default=0)
        parser.add_argument("--messages", type=int, default=0, help="of each ticket")

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["count"]
        still_open = options["open"]
        if still_open > count:
            raise CommandError("There cannot be more open tickets than tickets.")
        with every_organization(reason="load tickets for a measurement"):
            loader = Loader(timezone.now(), options["messages"])
            if count < BATCH:
                with transaction.atomic(), copying() as copier:
                    loader.load_tickets(count, still_open / count, copier)
                    loader.load_others(count, still_open / count, copier)
            else:
                loading = Loading(loader.tables)
                try:
                    with copying() as copier:
                        loader.load_tickets(count, still_open / count, copier)
                        if copier is not None:  # the index of the words takes longest
                            copier.wait()
                            loading.complete(loader.texts)
                        loader.load_others(count, still_open / count, copier)
                finally:
                    loading.finish()
            set_sequences(loader.tables)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"{count} tickets loaded, about {still_open} of them open")


@dataclass(frozen=True)
class Sentence:
    """A text with its words and stems in the index."""

    text: str
    words: str
    stems: str

    @classmethod
    def of(cls, text: str) -> "Sentence":
        found = indexed(Text(text))
        return cls(text, found["words"], found["stems"])


@dataclass(frozen=True)
class Loaded:
    """What the rows beside a ticket's need of it."""

    pk: int
    organization_id: int
    requester_id: int
    received_at: datetime
    due_at: datetime | None
    priority: int
    state: State
    sentences: list[Sentence]


class Loader:
    def __init__(self, now: datetime, messages: int) -> None:
        self.now = now
        self.messages = messages
        self.random = random.Random(7)  # noqa: S311 - the same load every time
        self.members = list(Membership.objects.select_related("organization").order_by("pk"))
        self.contracts = {
            contract.organization_id: contract.pk for contract in Contract.objects.order_by("pk")
        }
        self.services = list(Service.objects.order_by("pk"))
        self.agents = [agent.pk for agent in staff_with_role(StaffRole.AGENT)]
        versions = CalendarVersion.objects.filter(calendar__role=CalendarRole.BUSINESS).order_by(
            "pk"
        )
        self.calendars = {version.organization_id: version.calendar_id for version in versions}
        self.sentences = [self._sentence() for _ in range(3000)]
        self.rare = [(Sentence.of(word), share) for word, share in RARE]
        self.tickets = Rows(_ticket(now))
        self.first = self.tickets.next_id
        self.intervals = Rows(StateInterval(state=State.NEW, started_at=now))
        self.clocks = Rows(Clock(target=timedelta(hours=2), started_at=now))
        self.segments = Rows(ClockSegment(number=1, target=timedelta(hours=2), starts_at=now))
        self.texts = Rows(Entry(object_type=OBJECT_TYPE, audience=Audience.BOTH))
        self.written = Rows(Message(kind=MessageKind.REPLY, channel=Channel.DESK, created_at=now))
        self.facts = Rows(Record(at=now, object_type="ticket", channel=Channel.DESK))

    @property
    def tables(self) -> list[Rows]:
        return [
            self.tickets,
            self.intervals,
            self.clocks,
            self.segments,
            self.texts,
            self.written,
            self.facts,
        ]

    def load_tickets(self, count: int, open_share: float, copier: Copier | None) -> None:
        """Write the tickets with their words in the search index."""
        for rows, loaded in self._batches(count, open_share):
            self.tickets.write(rows, copier)
            self.texts.write(self._texts(loaded), copier)

    def load_others(self, count: int, open_share: float, copier: Copier | None) -> None:
        """Write the rows beside the same tickets, which are made a second time: a million of them
        are too many to keep.
        """
        for rows, loaded in self._batches(count, open_share):
            for _row in rows:
                pass
            self.intervals.write(self._intervals(loaded), copier)
            self.clocks.write(self._clocks(loaded), copier)
            self.segments.write(self._segments(loaded), copier)
            self.written.write(self._messages(loaded), copier)
            self.facts.write(self._facts(loaded), copier)

    def _batches(
        self, count: int, open_share: float
    ) -> Iterator[tuple[Iterator[list[Any]], list[Loaded]]]:
        """Yield the rows of up to ``BATCH`` tickets, which fill the list beside them, the same ones
        each time.
        """
        for start in range(0, count, BATCH):
            self.random.seed(start)
            loaded: list[Loaded] = []
            rows = (
                self._tickets(pk, loaded, is_open=self.random.random() < open_share)
                for pk in range(self.first + start, self.first + min(start + BATCH, count))
            )
            yield rows, loaded

    def _tickets(self, pk: int, loaded: list[Loaded], *, is_open: bool) -> list[Any]:
        """Return a ticket's row, and note it in ``loaded``."""
        member = self.random.choice(self.members)
        service = self.random.choice(self.services)
        age = self.random.randint(1, 3 * 24 * 60 if is_open else 700 * 24 * 60)
        received = self.now - timedelta(minutes=age)
        state = self.random.choice(OPEN) if is_open else State.CLOSED
        left = timedelta(minutes=self.random.randint(60, 6 * 24 * 60))
        due = received + left if is_open else None
        subject = Sentence.of(f"Measured case {self.random.randint(1, 10**9)}")
        description = self.random.choice(self.sentences)
        rare = [word for word, share in self.rare if self.random.randrange(share) == 0]
        messages = [self.random.choice(self.sentences) for _ in range(self.messages)]
        priority = self.random.choice(Priority.values)
        loaded.append(
            Loaded(
                pk,
                member.organization_id,
                member.user_id,
                received,
                due,
                priority,
                state,
                [subject, description, *rare, *messages],
            )
        )
        return self.tickets.row(
            id=pk,
            organization_id=member.organization_id,
            subject=subject.text,
            description=" ".join([description.text, *(word.text for word in rare)]),
            service_id=service.pk,
            support_type=str(service.support_type),
            priority=priority,
            state=str(state),
            requester_id=member.user_id,
            contract_id=self.contracts[member.organization_id],
            assignee_id=self.random.choice([*self.agents, None]) if is_open else self.agents[0],
            terms_at=received,
            received_at=received,
            created_at=received,
            updated_at=received,
            closed_at=None if is_open else received,
            closure_code="" if is_open else "approved",
            next_due_at=due,
            at_risk_at=due and due - timedelta(minutes=30),
            queue_at=due or LAST,
        )

    def _intervals(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        for pk, ticket in enumerate(loaded, self.intervals.next_id):
            yield self.intervals.row(
                id=pk,
                organization_id=ticket.organization_id,
                ticket_id=ticket.pk,
                state=str(ticket.state),
                bucket=str(BUCKETS[ticket.state]),
                started_at=ticket.received_at,
            )

    def _clocks(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        pk = self.clocks.next_id
        for ticket in loaded:
            is_live = ticket.due_at is not None
            for metric in METRICS:
                yield self.clocks.row(
                    id=pk,
                    organization_id=ticket.organization_id,
                    ticket_id=ticket.pk,
                    metric=str(metric),
                    calendar_id=self.calendars[ticket.organization_id],
                    priority=ticket.priority,
                    started_at=ticket.received_at,
                    due_at=ticket.due_at or ticket.received_at,
                    at_risk_at=ticket.due_at and ticket.due_at - timedelta(minutes=30),
                    state=str(ClockState.RUNNING if is_live else ClockState.STOPPED),
                    stopped_at=None if is_live else ticket.received_at,
                    is_met=None if is_live else True,
                    # Not due during a measurement: sweeps are measured separately.
                    next_event_at=self.now + timedelta(days=30) if is_live else None,
                )
                pk += 1

    def _segments(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        pk = self.segments.next_id
        clock = self.clocks.next_id - len(METRICS) * len(loaded)
        for ticket in loaded:
            for _metric in METRICS:
                yield self.segments.row(
                    id=pk,
                    organization_id=ticket.organization_id,
                    clock_id=clock,
                    calendar_id=self.calendars[ticket.organization_id],
                    priority=ticket.priority,
                    starts_at=ticket.received_at,
                )
                pk += 1
                clock += 1

    def _messages(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        """Yield the messages, of the desk and of the customer in turn."""
        pk = self.written.next_id
        for ticket in loaded:
            for number, sentence in enumerate(self._bodies(ticket)):
                is_ours = number % 2 == 0
                yield self.written.row(
                    id=pk,
                    organization_id=ticket.organization_id,
                    ticket_id=ticket.pk,
                    author_id=self.agents[0] if is_ours else ticket.requester_id,
                    is_from_staff=is_ours,
                    body=sentence.text,
                    created_at=ticket.received_at + timedelta(minutes=number + 1),
                )
                pk += 1

    def _bodies(self, ticket: Loaded) -> list[Sentence]:
        return ticket.sentences[len(ticket.sentences) - self.messages :]

    def _texts(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        for pk, ticket in enumerate(loaded, self.texts.next_id):
            yield self.texts.row(
                id=pk,
                organization_id=ticket.organization_id,
                object_id=ticket.pk,
                words=BETWEEN.join(sentence.words for sentence in ticket.sentences),
                stems=BETWEEN.join(sentence.stems for sentence in ticket.sentences),
            )

    def _facts(self, loaded: list[Loaded]) -> Iterator[list[Any]]:
        """Yield the facts of the open tickets: raised, and one for each message."""
        pk = self.facts.next_id
        for ticket in loaded:
            if ticket.due_at is None:
                continue
            verbs = [RAISED, *[message_verb(MessageKind.REPLY)] * self.messages]
            for number, verb in enumerate(verbs):
                yield self.facts.row(
                    id=pk,
                    organization_id=ticket.organization_id,
                    object_id=ticket.pk,
                    verb=verb,
                    at=ticket.received_at + timedelta(minutes=number),
                    person_id=ticket.requester_id,
                )
                pk += 1

    def _sentence(self) -> Sentence:
        """Return a text of about thirty words, as often as words are in a language."""
        ranks = [int(3000 * self.random.random() ** 3) for _ in range(30)]
        return Sentence.of(" ".join(_word(rank) for rank in ranks))


def _word(rank: int) -> str:
    """Return an invented word for a rank, the same each time."""
    parts = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
    word = parts[rank % 14]
    while rank >= 14:
        rank //= 14
        word += parts[rank % 14]
    return f"{word}r"


def _ticket(now: datetime) -> Ticket:
    """Return what every loaded ticket has."""
    return Ticket(
        subject="",
        description="",
        kind=Kind.INCIDENT,
        proposed_impact=Impact.MINOR,
        proposed_urgency=Urgency.LOW,
        impact=Impact.MINOR,
        urgency=Urgency.LOW,
        channel=Channel.PORTAL,
        state=State.CLOSED,
        terms_at=now,
        received_at=now,
        created_at=now,
        updated_at=now,
        queue_at=LAST,
    )
