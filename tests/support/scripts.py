"""Functions that real-process tests run on the data of the running product.

``python -m tests.support.scripts`` reads one call a line, as a JSON list of the function's name and
its arguments, and writes one answer a line.
"""

import json
import sys
import traceback
from collections import Counter
from datetime import timedelta
from typing import Any

import django

from tests.support.locking import saves_beside_coverage

__all__ = ["saves_beside_coverage"]


def late_ticket(email: str, template: str, minutes: str) -> dict[str, Any]:
    """Raise a ticket that arrived some minutes ago, as services allow with an earlier ``at``."""
    from django.utils import timezone

    from catalog.models import RequestTemplate
    from foundation.accounts.models import Membership
    from foundation.core.actor import Actor
    from foundation.core.classification import (
        Channel,
        Impact,
        Kind,
        Urgency,
    )
    from tickets.services import NewTicket, raise_ticket

    membership = Membership.objects.select_related("organization", "user").get(user__email=email)
    form = RequestTemplate.objects.select_related("service").get(slug=template)
    ticket = raise_ticket(
        request=NewTicket(
            membership=membership,
            subject="Nobody looks at this",
            description="x",
            kind=Kind(form.kind),
            service=form.service,
            impact=Impact.EXTENSIVE,
            urgency=Urgency.CRITICAL,
            template=form,
        ),
        by=Actor(person_id=membership.user_id, channel=Channel.PORTAL),
        at=timezone.now() - timedelta(minutes=float(minutes)),
    )
    return {"number": ticket.number, "pk": ticket.pk}


def late_tickets(email: str, template: str, minutes: str, count: str) -> list[int]:
    """Raise several tickets that arrived some minutes ago, as after a forward jump of the machine's
    clock; return their ids.
    """
    return [late_ticket(email, template, minutes)["pk"] for _ in range(int(count))]


def due_recurrence(email: str, days: str) -> int:
    """Plan a ticket a day for a customer, whose last days have gone by without one, as after the
    workers stood still; return its id.
    """
    from django.utils import timezone

    from catalog.queries import active_services
    from foundation.accounts.models import Membership, User
    from foundation.core.actor import Actor
    from foundation.core.classification import Impact, Kind, Urgency
    from tickets.models import Recurrence
    from tickets.recurrence import parse_rule
    from tickets.services import NewTicket, RecurrencePlan, save_recurrence

    then = timezone.now() - timedelta(days=int(days))
    request = NewTicket(
        membership=Membership.objects.select_related("organization", "user").get(user__email=email),
        subject="Nobody raises this",
        description="x",
        kind=Kind.REQUEST,
        service=active_services()[0],
        impact=Impact.MINOR,
        urgency=Urgency.LOW,
    )
    saved: Recurrence = save_recurrence(
        plan=RecurrencePlan(
            name=f"After {days} days",
            request=request,
            rule=parse_rule("FREQ=DAILY"),
            starts_on=then.date(),
            at_time=(then + timedelta(minutes=1)).time().replace(second=0, microsecond=0),
        ),
        by=Actor(person_id=User.objects.get(email="supervisor@mesa.example").pk),
        at=then,
    )
    return saved.pk


def raised_days(recurrence_id: str) -> dict[str, int]:
    """Return how many days have a ticket of the recurrence, and how many tickets it raised."""
    from tickets.models import RecurrenceDay, Ticket

    days = RecurrenceDay.objects.filter(recurrence=int(recurrence_id), ticket__isnull=False)
    return {
        "days": days.count(),
        "tickets": Ticket.objects.filter(subject="Nobody raises this").count(),
    }


def write_as_reader() -> dict[str, Any]:
    """Try to update over the read-only connection of simulations; return the database error, and
    the number of tickets before and after.
    """
    from django.conf import settings
    from django.db import DatabaseError

    from tickets.models import Ticket

    tickets = Ticket.objects.using(settings.READ_ONLY_DATABASE)
    reads = tickets.count()
    refusal = ""
    try:
        tickets.update(subject="Written by the reader")
    except DatabaseError as error:
        refusal = str(error)
    return {
        "reads": reads,
        "refusal": refusal,
        "left": Ticket.objects.exclude(subject="Written by the reader").count(),
    }


def change_the_record() -> dict[str, str]:
    """Try to change and to delete the record as the product itself; return what the database
    says.
    """
    from django.db import DatabaseError, connection, transaction

    said = {}
    for act in ("UPDATE activity_record SET verb = 'x'", "DELETE FROM activity_record"):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(act)
        except DatabaseError as error:
            said[act.split()[0]] = str(error).splitlines()[0]
    return said


def simulate() -> int:
    """Raise a ticket that arrived 75 days ago, issue the report of its month, and request a
    simulation with a reaction target of one minute. Return the id of the simulation.
    """
    from datetime import timedelta as span

    from django.utils import timezone

    from catalog.models import RequestTemplate
    from foundation.accounts.models import Organization, User
    from foundation.core.actor import Actor, system_actor
    from foundation.core.classification import Channel, Priority
    from reports.services import NewSimulation, request_report, request_simulation
    from sla.metrics import Metric
    from sla.simulation.drafts import Draft
    from tickets.models import Ticket

    now = timezone.now()
    by = system_actor("tests")
    form = RequestTemplate.objects.order_by("pk")[0]
    ticket = Ticket.objects.get(
        pk=late_ticket("requester@norte.example", form.slug, str(75 * 24 * 60))["pk"]
    )
    month = timezone.localdate(ticket.received_at).replace(day=1)
    organization = Organization.objects.get(pk=ticket.organization_id)
    request_report(organization=organization, month=month, language="es", by=by, at=now)
    draft = Draft(
        targets={(Metric.REACTION, "", priority): span(minutes=1) for priority in Priority}
    )
    wanted = NewSimulation(
        name="Real",
        draft=draft.as_data(),
        organizations=[organization],
        first_month=month,
        last_month=month,
    )
    manager = User.objects.get(email="manager@mesa.example")
    return int(
        request_simulation(
            wanted=wanted, by=Actor(person_id=manager.pk, channel=Channel.DESK), at=now
        ).pk
    )


def simulation(pk: str) -> dict[str, Any]:
    from reports.models import Simulation
    from reports.queries import simulation_result

    result = simulation_result(Simulation.objects.get(pk=int(pk)))
    return {
        "running": result.is_running,
        "published": result.matches_issued_reports,
        "changed": result.changed,
        "moved": result.moved,
    }


def told(*pks: str) -> dict[str, list[int]]:
    """Return for each ticket how many breaches of its reaction were announced, recorded, mailed,
    and escalated.
    """
    from escalation.models import Escalation
    from foundation.activity.models import Record
    from foundation.notifications.models import OutboxMessage
    from sla.clocks.models import Announcement, Clock

    def row(pk: int) -> list[int]:
        clock = Clock.objects.get(ticket_id=pk, metric="reaction")
        recorded = [
            r
            for r in Record.objects.filter(
                object_type="ticket", object_id=pk, verb="clock.breached"
            )
            if r.payload["clock"] == clock.pk
        ]
        mails = (
            OutboxMessage.objects.filter(template="escalation", context__number=clock.ticket.number)
            .values("dedupe_key")
            .distinct()
        )
        return [
            Announcement.objects.filter(clock=clock, percent=100).count(),
            len(recorded),
            mails.count(),
            Escalation.objects.filter(ticket_id=pk, cause="breach").count(),
        ]

    return {pk: row(int(pk)) for pk in pks}


def reached(*pks: str) -> dict[str, dict[str, list[Any]]]:
    """Return ticket id -> the percentages that its reaction reached: announced, recorded, and
    notified to each person.
    """
    from foundation.activity.models import Record
    from foundation.notifications.models import OutboxMessage
    from sla.clocks.models import Announcement, Clock

    def row(pk: int) -> dict[str, list[Any]]:
        clock = Clock.objects.select_related("ticket").get(ticket_id=pk, metric="reaction")
        facts = Record.objects.filter(
            object_type="ticket", object_id=pk, verb__in=("clock.warned", "clock.breached")
        ).order_by("pk")
        letters = OutboxMessage.objects.filter(
            template="clock", context__number=clock.ticket.number, context__metric="reaction"
        )
        return {
            "announced": sorted(
                Announcement.objects.filter(clock=clock).values_list("percent", flat=True)
            ),
            "recorded": [
                fact.payload.get("percent", 100)
                for fact in facts
                if fact.payload["clock"] == clock.pk
            ],
            "told": sorted([letter.to_email, letter.context["percent"]] for letter in letters),
        }

    return {pk: row(int(pk)) for pk in pks}


def facts(pk: str) -> dict[str, Any]:
    """Return what was announced and escalated about a ticket."""
    from escalation.models import Escalation
    from sla.clocks.models import Announcement

    return {
        "announced": sorted(
            Announcement.objects.filter(clock__ticket_id=int(pk)).values_list(
                "clock__metric", "percent"
            )
        ),
        "escalations": list(
            Escalation.objects.filter(ticket_id=int(pk))
            .order_by("pk")
            .values_list("position", "cause")
        ),
    }


def outbox() -> dict[str, Any]:
    """Return the ``ticket_received`` messages: count by status, reclaims (each may be a duplicate
    after a crash), message ids.
    """
    from foundation.notifications.models import OutboxMessage

    rows = OutboxMessage.objects.filter(template="ticket_received")
    return {
        "status": dict(Counter(rows.values_list("status", flat=True))),
        "reclaims": sum(rows.values_list("reclaims", flat=True)),
        "ids": list(rows.values_list("message_id", flat=True)),
    }


def end_leases() -> int:
    """Expire the leases of all workers now, instead of after two minutes; return how many."""
    from django.utils import timezone

    from foundation.notifications.models import OutboxMessage

    return OutboxMessage.objects.filter(status="sending").update(run_after=timezone.now())


def end_leases_of_webhooks() -> int:
    """Expire the claims of all workers on events of webhooks; return how many."""
    from django.utils import timezone

    from foundation.webhooks.models import Delivery

    return Delivery.objects.filter(status="sending").update(run_after=timezone.now())


def tickets(subject: str) -> int:
    from tickets.models import Ticket

    return Ticket.objects.filter(subject=subject).count()


def solved_and_answered(subject: str, body: str) -> int:
    """Count the solved, classified tickets whose subject begins so, with this as the one
    message.
    """
    from tickets.models import Message, Ticket

    tickets = Ticket.objects.filter(
        subject__startswith=subject, state="solved", classified_at__isnull=False
    )
    written = Message.objects.filter(ticket__in=tickets)
    assert written.count() == written.filter(body=body).count()
    return tickets.filter(pk__in=written.values("ticket")).count()


def name_of(email: str) -> str:
    from foundation.accounts.models import User

    return User.objects.get(email=email).full_name


def messages(body: str) -> int:
    from tickets.models import Message

    return Message.objects.filter(body=body).count()


def sessions() -> dict[str, str]:
    """Sign every person in as the login does; return the sessions' keys by email."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from foundation.accounts.models import User

    def key(user: User) -> str:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.save()
        return str(store.session_key)

    return {user.email: key(user) for user in User.objects.filter(is_active=True)}


def waiting() -> int:
    from foundation.notifications.models import OutboxMessage

    return OutboxMessage.objects.filter(status__in=("queued", "sending")).count()


def answer(name: str, *arguments: str) -> dict[str, Any]:
    """Call one function of this module; return what it answered or how it failed."""
    from django.db import close_old_connections

    from foundation.accounts.tenancy import every_organization

    close_old_connections()
    try:
        with every_organization(reason="a test looks at the data of real processes"):
            return {"answer": globals()[name](*arguments)}
    except Exception:  # noqa: BLE001 - the caller raises it again
        return {"error": traceback.format_exc()}


if __name__ == "__main__":
    answers = sys.stdout
    sys.stdout = sys.stderr  # keeps the output of libraries out of the answers
    django.setup()
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), file=answers, flush=True)
