"""The recurring tickets of the demonstration: one has raised its ticket of the last day."""

from datetime import datetime, time, timedelta

from foundation.accounts.models import Membership
from foundation.core.actor import Actor
from foundation.core.classification import Channel, Impact, Kind, Urgency
from foundation.core.zones import in_zone
from servicedesk.demo.house import House
from tickets.recurrence import ClosedDays, Frequency, Rule, Weekday
from tickets.services import NewTicket, RecurrencePlan, raise_due, save_recurrence

DAY = timedelta(days=1)


def plan_recurring(house: House, now: datetime) -> None:
    supervisor = Actor(person_id=house.staff["supervisor"].pk, channel=Channel.DESK)
    norte = house.customers["norte"]
    membership = Membership.objects.select_related("organization", "user").get(
        organization=norte, user__email="coordinator@norte.example"
    )
    service = house.templates[0].service
    began = now - DAY
    starts_on = in_zone(began, norte.time_zone).date()
    backups = save_recurrence(
        plan=RecurrencePlan(
            name="Revisión diaria de respaldos",
            request=NewTicket(
                membership=membership,
                subject="Revisar los respaldos de la noche",
                description="Confirmar que terminaron los respaldos y anotar los que fallaron.",
                kind=Kind.REQUEST,
                service=service,
                impact=Impact.MINOR,
                urgency=Urgency.LOW,
            ),
            rule=Rule(frequency=Frequency.DAILY),
            starts_on=starts_on,
            at_time=time(8),
            assignee=house.staff["agent2"],
            tags="respaldos",
            tasks="Servidores\nBases de datos\nPrueba de restauración",
        ),
        by=supervisor,
        at=began,
    )
    raise_due(recurrence_id=backups.pk, at=now)
    save_recurrence(
        plan=RecurrencePlan(
            name="Actualizaciones del primer lunes",
            request=NewTicket(
                membership=membership,
                subject="Aplicar las actualizaciones del mes",
                description="Aplicar las actualizaciones y reiniciar los equipos fuera de horario.",
                kind=Kind.REQUEST,
                service=service,
                impact=Impact.MODERATE,
                urgency=Urgency.LOW,
            ),
            rule=Rule(frequency=Frequency.MONTHLY, weekdays=(Weekday(0, 1),)),
            starts_on=starts_on,
            at_time=time(19, 30),
            closed_days=ClosedDays.NEXT,
        ),
        by=supervisor,
        at=now,
    )
