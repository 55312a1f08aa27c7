"""Replays six months of work through the services in chronological order, with the sweeps before
each act.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from catalog.models import RequestTemplate
from foundation.accounts.models import Membership, Organization, User
from foundation.core.actor import Actor
from foundation.core.classification import (
    Channel,
    Impact,
    Kind,
    Urgency,
)
from foundation.core.errors import DomainError
from servicedesk.demo import content
from servicedesk.demo.deeds import HOUR, MINUTE, Deeds
from servicedesk.demo.house import House
from sla.clocks.queries import due_ticket_ids
from sla.clocks.services import settle_ticket
from tickets import services
from tickets.models import Ticket
from tickets.queries import due_for_closing
from tickets.services import NewTicket

SEED = 20260301
TICKETS = 320
RECENT = 36  # of them from the last two days, so that tickets of every state exist
DAYS = 183

# (minutes ago, template, customer) of tickets without any reply, some at risk or overdue.
TODAY = (
    (6, "alta-usuario", "sur"),
    (11, "sin-acceso", "norte"),
    (23, "servicio-caido", "andes"),
    (34, "sin-acceso", "sur"),
    (52, "servicio-caido", "norte"),
    (75, "error-erp", "norte"),
    (97, "mas-capacidad", "norte"),
    (130, "sin-acceso", "andes"),
)

Step = Callable[[Ticket, datetime], None]


@dataclass(order=True)
class _Planned:
    at: datetime
    order: int
    act: Callable[[datetime], None] = field(compare=False)


class Demonstration(Deeds):
    """Performs planned acts from a heap in order of time; each may plan later ones. Stops at
    ``until``.
    """

    def __init__(self, house: House, until: datetime, tickets: int = TICKETS) -> None:
        self.house = house
        self.until = until
        self.tickets = tickets
        self.random = random.Random(SEED)  # noqa: S311 - the same demonstration every time
        self.plan: list[_Planned] = []
        self.counter = 0

    def run(self) -> int:
        """Perform the whole plan; return how many tickets arrived, without follow-ups."""
        for at in self._arrivals():
            self._at(at, self._arrive)
        for minutes, slug, customer in TODAY:
            self._at(self.until - minutes * MINUTE, partial(self._arrive_today, slug, customer))
        while self.plan and self.plan[0].at <= self.until:
            planned = heapq.heappop(self.plan)
            self._sweep(planned.at)
            planned.act(planned.at)
        self._sweep(self.until)
        return self.tickets + len(TODAY)

    def _at(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self.counter += 1
        heapq.heappush(self.plan, _Planned(at, self.counter, act))

    def _arrivals(self) -> list[datetime]:
        """Return the instants of arrival in order: mostly in working hours, some at night,
        ``RECENT`` of them in the last two days.
        """
        start = self.until - timedelta(days=DAYS)
        found = []
        for index in range(self.tickets):
            if index >= self.tickets - RECENT:
                found.append(self.until - timedelta(minutes=self.random.randint(4, 2 * 24 * 60)))
                continue
            day = start + timedelta(days=self.random.randint(0, DAYS - 3))
            while day.weekday() >= 5 and self.random.random() < 0.8:
                day += timedelta(days=1)
            hour = self.random.choice([9, 9, 10, 10, 11, 11, 12, 13, 15, 16, 16, 17, 18, 21, 3])
            local = datetime(
                day.year,
                day.month,
                day.day,
                hour,
                self.random.randint(0, 59),
                tzinfo=ZoneInfo("America/Mexico_City"),
            )
            found.append(min(local.astimezone(UTC), self.until - timedelta(days=2)))
        return sorted(found)

    def _sweep(self, at: datetime) -> None:
        for _organization_id, ticket_id in due_ticket_ids(at=at, limit=500):
            settle_ticket(ticket_id=ticket_id, at=at)
        for _organization_id, ticket_id in due_for_closing(at, 200):
            ticket = self._fresh(ticket_id)
            services.close_unanswered(ticket=ticket, at=ticket.validation_due_at or at)

    def _fresh(self, ticket_id: int) -> Ticket:
        ticket: Ticket = Ticket.objects.select_related(
            "organization", "requester", "contract", "assignee", "owner", "team", "service"
        ).get(pk=ticket_id)
        return ticket

    # --- one ticket -------------------------------------------------------------------------------

    def _arrive_today(self, slug: str, customer: str, at: datetime) -> None:
        """Raise a ticket without any later steps: it stays *new*."""
        template = next(template for template in self.house.templates if template.slug == slug)
        self._raise(self.house.customers[customer], self.house.members[customer][0], template, at)

    def _arrive(self, at: datetime) -> None:
        customer = self.random.choices(
            content.CUSTOMERS, weights=[c.weight for c in content.CUSTOMERS]
        )[0]
        organization = self.house.customers[customer.slug]
        requester = self.random.choice(
            [
                person
                for person in self.house.members[customer.slug]
                if not person.email.startswith("manager")
            ]
        )
        template = self.random.choice(self.house.templates)
        ticket = self._raise(organization, requester, template, at)
        self._plan_life(ticket.pk, at)

    def _raise(
        self, organization: Organization, requester: User, template: RequestTemplate, at: datetime
    ) -> Ticket:
        form = next(
            t
            for _es, _en, _icon, rows in content.CATALOGUE
            for row in rows
            for t in row.templates
            if t.slug == template.slug
        )
        by_phone = self.random.random() < 0.12
        by = (
            Actor(person_id=self.house.staff["agent"].pk, channel=Channel.PHONE)
            if by_phone
            else Actor(
                person_id=requester.pk,
                channel=self.random.choice(
                    [Channel.PORTAL, Channel.PORTAL, Channel.EMAIL, Channel.API]
                ),
            )
        )
        return services.raise_ticket(
            request=NewTicket(
                membership=Membership.objects.select_related("organization", "user").get(
                    organization=organization, user=requester
                ),
                subject=self.random.choice(form.subjects),
                description=self.random.choice(content.DETAILS),
                kind=Kind(template.kind),
                service=template.service,
                impact=self.random.choice(
                    [Impact(template.default_impact), Impact.MINOR, Impact.MODERATE]
                ),
                urgency=self.random.choice([Urgency(template.default_urgency), Urgency.MEDIUM]),
                template=template,
            ),
            by=by,
            at=at,
        )

    def _plan_life(self, pk: int, at: datetime) -> None:
        """Choose one course of steps for the ticket, by weight, and plan it."""
        lives = [
            (self._served, 56),
            (self._asks_user, 14),
            (self._second_level, 10),
            (self._supplier, 6),
            (self._refused, 8),
            (self._called_off, 4),
            (self._ignored, 2),
        ]
        life = self.random.choices(
            [life for life, _ in lives], weights=[share for _, share in lives]
        )[0]
        late = self.random.random() < 0.1
        first = (
            at + (self.random.randint(150, 400) if late else self.random.randint(4, 36)) * MINUTE
        )
        agent = self.house.staff[self.random.choice(["agent", "agent2"])]
        life(pk, first, agent)

    def _later(self, pk: int, at: datetime, step: Step) -> None:
        """Plan a step of a ticket; a ``DomainError`` skips it, for instance when the state no
        longer allows it.
        """

        def act(now: datetime) -> None:
            try:
                step(self._fresh(pk), now)
            except DomainError:
                return

        self._at(at, act)

    def _served(self, pk: int, first: datetime, agent: User) -> None:
        self._later(pk, first, lambda t, now: self._take(t, agent, now))
        self._later(
            pk,
            first + self.random.randint(10, 50) * MINUTE,
            lambda t, now: self._state(t, agent, now),
        )
        self._later(
            pk, first + self.random.randint(2, 30) * HOUR, lambda t, now: self._solve(t, agent, now)
        )

    def _asks_user(self, pk: int, first: datetime, agent: User) -> None:
        self._later(pk, first, lambda t, now: self._take(t, agent, now))
        asked = first + self.random.randint(15, 60) * MINUTE
        self._later(
            pk,
            asked,
            lambda t, now: self._step(
                t, "pend_user", agent, now, message=self.random.choice(content.QUESTIONS)
            ),
        )
        answered = asked + self.random.randint(1, 40) * HOUR
        self._later(pk, answered, self._answer)
        self._later(
            pk,
            answered + self.random.randint(10, 90) * MINUTE,
            lambda t, now: self._state(t, agent, now),
        )
        self._later(
            pk,
            answered + self.random.randint(3, 20) * HOUR,
            lambda t, now: self._solve(t, agent, now),
        )

    def _second_level(self, pk: int, first: datetime, agent: User) -> None:
        consultant = self.house.staff["consultant"]
        self._later(pk, first, lambda t, now: self._take(t, agent, now))
        sent = first + self.random.randint(20, 90) * MINUTE
        self._later(
            pk,
            sent,
            lambda t, now: self._step(
                t,
                "assign",
                agent,
                now,
                team=self.house.level_two,
                reason="El error viene del módulo; requiere consultoría.",
                tried="Se revisaron los permisos y los registros, y se repitió con otro usuario.",
            ),
        )
        self._later(
            pk,
            sent + self.random.randint(20, 120) * MINUTE,
            lambda t, now: self._step(t, "start", consultant, now),
        )
        self._later(
            pk,
            sent + self.random.randint(30, 160) * MINUTE,
            lambda t, now: self._state(t, consultant, now),
        )
        self._later(
            pk,
            sent + self.random.randint(6, 50) * HOUR,
            lambda t, now: self._solve(t, consultant, now),
        )

    def _supplier(self, pk: int, first: datetime, agent: User) -> None:
        self._later(pk, first, lambda t, now: self._take(t, agent, now))
        sent = first + self.random.randint(30, 90) * MINUTE
        self._later(
            pk,
            sent,
            lambda t, now: self._step(
                t,
                "pend_supplier",
                agent,
                now,
                supplier=self.random.choice(content.SUPPLIERS),
                supplier_case=f"C-{self.random.randint(1000, 9999)}",
                promised_on=(now + timedelta(days=3)).date(),
            ),
        )
        back = sent + self.random.randint(10, 80) * HOUR
        self._later(pk, back, lambda t, now: self._step(t, "start", agent, now))
        self._later(pk, back + HOUR, lambda t, now: self._state(t, agent, now))
        self._later(
            pk, back + self.random.randint(2, 9) * HOUR, lambda t, now: self._solve(t, agent, now)
        )

    def _refused(self, pk: int, first: datetime, agent: User) -> None:
        name = self.random.choice(["reject", "close_invalid", "close_cancelled"])
        self._later(
            pk, first, lambda t, now: self._take(t, agent, now) if name != "reject" else None
        )
        self._later(pk, first + 20 * MINUTE, lambda t, now: self._refuse(t, name, agent, now))

    def _called_off(self, pk: int, first: datetime, agent: User) -> None:
        self._later(
            pk,
            first - 2 * MINUTE,
            lambda t, now: self._customer_step(
                t, "cancel", now, "Ya se resolvió por nuestra cuenta."
            ),
        )

    def _ignored(self, pk: int, first: datetime, agent: User) -> None:
        """Plan the first step too late: the clocks breach, the customer escalates, a supervisor
        solves the ticket.
        """
        supervisor = self.house.staff["supervisor"]
        self._later(
            pk,
            first + 8 * HOUR,
            self._escalate,
        )
        self._later(pk, first + 26 * HOUR, lambda t, now: self._take(t, supervisor, now))
        self._later(pk, first + 27 * HOUR, lambda t, now: self._state(t, supervisor, now))
        self._later(pk, first + 40 * HOUR, lambda t, now: self._solve(t, supervisor, now))
