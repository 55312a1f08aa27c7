"""Measures clocks in a large database: a sweep with 50 newly due clocks, one with 500 that breach,
re-dating after a change of calendar, a simulation.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, models
from django.utils import timezone

from escalation.models import Escalation
from foundation.accounts.queries import organizations, staff_with_role
from foundation.accounts.roles import StaffRole
from foundation.accounts.tenancy import every_organization
from foundation.calendars.models import Calendar, CalendarVersion
from foundation.calendars.services import publish_calendar_version
from foundation.core.actor import system_actor
from foundation.core.classification import Priority
from foundation.notifications.models import OutboxMessage
from reports.models import SimulationPart
from reports.queries import preceding_month, simulation_result
from reports.services import NewSimulation, request_simulation, run_part
from servicedesk.demo.audits import _by
from sla.clocks.arithmetic import BREACH_PERCENT
from sla.clocks.models import Clock, ClockSegment
from sla.clocks.queries import due_ticket_ids
from sla.metrics import Metric
from sla.simulation.drafts import Draft
from sla.tasks import redate_by_version, sweep_clocks
from tickets.models import Ticket

NEWLY_DUE = 50
BREACHED = 500  # clocks that breach at one instant
RUNS = 5
REDATED = 100_000  # open clocks when the calendars change
WORKERS = 2  # processes of the worker
SIMULATED = 200_000  # open clocks, of half as many tickets, when other terms are tried
BASE = 5_000  # tickets loaded by ``bench_load``; larger sizes copy their rows


def grow(base_tickets: int, copies: int, start: int) -> None:
    """Copy the base tickets with their clocks and segments ``copies`` times, under new ids."""

    shifted: dict[type[models.Model], dict[str, int]] = {
        Ticket: {"id": base_tickets},
        Clock: {"id": 2 * base_tickets, "ticket_id": base_tickets},
        ClockSegment: {"id": 2 * base_tickets, "clock_id": 2 * base_tickets},
    }
    with connection.cursor() as cursor:
        for copy in range(start, start + copies):
            for model, shifts in shifted.items():
                columns = [str(field.column) for field in model._meta.concrete_fields]
                values = ", ".join(
                    f"{name} + {shifts[name] * copy}" if name in shifts else name
                    for name in columns
                )
                table = model._meta.db_table
                names = ", ".join(columns)
                low, high = FIRST[model._meta.model_name or ""]
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {values} "  # noqa: S608 - our names
                    f"FROM {table} WHERE id BETWEEN {low} AND {high}"
                )
        cursor.execute("ANALYZE")


FIRST: dict[str, tuple[int, int]] = {}


def note_base() -> None:
    """Store the range of ids of the base rows in ``FIRST``: the rows loaded last."""

    for model, count in ((Ticket, BASE), (Clock, 2 * BASE), (ClockSegment, 2 * BASE)):
        last = model.objects.order_by("-pk").values_list("pk", flat=True)[0]
        FIRST[model._meta.model_name or ""] = (last - count + 1, last)


def sweep() -> dict[str, float]:
    """Return the median milliseconds over ``RUNS``: ``find ms`` to find due tickets, ``sweep ms``
    to find and settle them as the worker does.
    """

    finds = []
    settles = []
    for run in range(RUNS + 1):  # the first one warms up
        while sweep_clocks():  # clocks due before the measurement
            pass
        at = timezone.now()
        chosen = list(
            Clock.objects.filter(metric="reaction", next_event_at__gt=at)
            .order_by("-pk")
            .values_list("pk", flat=True)[:NEWLY_DUE]
        )
        Clock.objects.filter(pk__in=chosen).update(next_event_at=at - timedelta(seconds=1 + run))
        began = time.perf_counter()
        due = due_ticket_ids(at=at, limit=500)
        finds.append((time.perf_counter() - began) * 1000)
        assert len(due) == NEWLY_DUE, len(due)
        sweep_clocks()
        settles.append((time.perf_counter() - began) * 1000)
    return {"find ms": statistics.median(finds[1:]), "sweep ms": statistics.median(settles[1:])}


def breach() -> dict[str, float]:
    """Let ``BREACHED`` clocks breach at one instant. Return the milliseconds per clock of the sweep
    as the worker runs it (the median over ``RUNS``), and the escalations and letters per clock.
    """
    spent = []
    for _run in range(RUNS + 1):  # the first one warms up
        at = timezone.now()
        steps = Escalation.objects.count()
        letters = OutboxMessage.objects.count()
        chosen = list(
            Clock.objects.filter(metric="reaction", announced_percent=0, next_event_at__gt=at)
            .order_by("-pk")
            .values_list("pk", flat=True)[:BREACHED]
        )
        long_ago = at - timedelta(days=30)
        ClockSegment.objects.filter(clock_id__in=chosen).update(starts_at=long_ago)
        Clock.objects.filter(pk__in=chosen).update(
            started_at=long_ago, next_event_at=at - timedelta(seconds=1)
        )
        began = time.perf_counter()
        while sweep_clocks():
            pass
        spent.append((time.perf_counter() - began) * 1000 / BREACHED)
        missed = Clock.objects.filter(pk__in=chosen, announced_percent=BREACH_PERCENT).count()
        assert missed == BREACHED, missed
    return {
        "breach ms": statistics.median(spent[1:]),
        "steps": (Escalation.objects.count() - steps) / BREACHED,
        "letters": (OutboxMessage.objects.count() - letters) / BREACHED,
    }


def redate() -> dict[str, float]:
    """Publish shorter days for every customer; return the number of re-dated clocks and the
    seconds.

    One task per calendar version, as in production; on PostgreSQL in two processes (``Procfile``).
    """
    at = timezone.now()
    hours = {str(day): [["10:00", "18:00"]] for day in range(5)}
    versions = [
        publish_calendar_version(
            calendar=calendar,
            time_zone=calendar.organization.time_zone,
            hours=hours,
            holidays={},
            effective_from=at,
            by=system_actor("benchmark"),
            at=at,
        ).pk
        for calendar in Calendar.objects.filter(role="business")
        .select_related("organization")
        .order_by("pk")
    ]
    ahead = at + timedelta(days=3)
    # no calendar gives this date, so that every clock is re-dated
    Clock.objects.filter(stopped_at=None).update(due_at=ahead)
    tasks = [
        (version.organization_id, version.pk)
        for version in CalendarVersion.objects.filter(pk__in=versions).order_by("pk")
    ]
    if connection.vendor == "postgresql":
        connection.close()
        with get_context("fork").Pool(WORKERS) as pool:
            began = time.perf_counter()
            changed = sum(pool.starmap(redate_by_version, tasks, chunksize=1))
    else:
        began = time.perf_counter()
        changed = sum(redate_by_version(*task) for task in tasks)
    return {"clocks": changed, "seconds": time.perf_counter() - began}


def simulate() -> dict[str, float]:
    """Simulate a shorter attention on all tickets of the last months; return tickets, seconds and
    the peak memory in MB.
    """
    at = timezone.now()
    draft = Draft(
        targets={
            (Metric.ATTENTION, "", priority): timedelta(minutes=90 * priority)
            for priority in Priority
        }
    )
    month = timezone.localdate().replace(day=1)
    user = staff_with_role(StaffRole.DESK_MANAGER)[0]
    wanted = NewSimulation(
        name="benchmark",
        draft=draft.as_data(),
        organizations=organizations(),
        first_month=preceding_month(month),
        last_month=month,
    )
    simulation = request_simulation(wanted=wanted, by=_by(user), at=at)
    began = time.perf_counter()
    for part in SimulationPart.objects.filter(simulation=simulation).order_by("pk"):
        run_part(part_id=part.pk, at=at)
    seconds = time.perf_counter() - began
    result = simulation_result(simulation)
    assert not result.is_running
    assert not result.failed
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"tickets": sum(part.total for part in result.parts), "seconds": seconds, "MB": memory}


def simulate_apart() -> dict[str, float]:
    """Run ``simulate`` in a new process: the memory of loading would count in this one."""
    done = subprocess.run(
        [sys.executable, "manage.py", "bench_sla", "--simulate"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


class Command(BaseCommand):
    help = (
        "Measure sweeps and re-dating at several numbers of open clocks, for ./mesa bench "
        "sla; prints JSON. Fills the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sizes", nargs="?", default="", help="Numbers of open clocks, such as 10000,100000."
        )
        parser.add_argument(
            "--simulate",
            action="store_true",
            help="Only try other terms on the tickets that are there.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["simulate"]:
            with every_organization(reason="measure a simulation"):
                self.stdout.write(json.dumps(simulate()))
            return
        found: dict[str, dict[str, float]] = {}
        with every_organization(reason="measure the clocks"):
            call_command("bench_load", str(BASE), "--open", str(BASE), stdout=self.stderr)
            note_base()
            copies = 1
            for size in map(int, options["sizes"].split(",")):
                wanted = size // (2 * BASE)
                grow(BASE, wanted - copies, copies)
                copies = wanted
                found[f"{size} open clocks"] = sweep() | breach()
                if size == SIMULATED:
                    found["simulation"] = simulate_apart()
                if size == REDATED:
                    found["re-dating"] = redate()
                    # Re-dating has set real instants, some of them past. Move them ahead: copied
                    # clocks must not be due.
                    Clock.objects.filter(next_event_at__isnull=False).update(
                        next_event_at=timezone.now() + timedelta(days=30)
                    )
        self.stdout.write(json.dumps(found))
