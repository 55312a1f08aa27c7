"""Who attends the demonstration, and when: shifts, absences, skills and limits."""

from datetime import datetime, timedelta

from foundation.accounts.models import Team, User
from foundation.duty.models import Absence, Shift
from tickets.models import AgentProfile, GroupAssignment


def set_assignment(staff: dict[str, User], desk: Team, level_two: Team) -> None:
    """Create the skills and limits of some people. The tickets of the second level are assigned
    automatically; those of the desk are not, so that there is something to take.
    """
    GroupAssignment.objects.create(team=desk, load_limit=15)
    GroupAssignment.objects.create(team=level_two, is_active=True, load_limit=20)
    for name, languages, limit in (
        ("agent", ["es", "en"], None),
        ("agent2", ["es"], 10),
        ("consultant", ["es", "en"], 12),
    ):
        AgentProfile.objects.create(person=staff[name], languages=languages, load_limit=limit)


def set_duty(staff: dict[str, User], now: datetime) -> None:
    """Create shifts that cover every hour of the week, and an absence with a substitute, which
    begins in three days.
    """
    weekdays = range(5)
    weekend = (5, 6)
    for name, days, windows, people in (
        ("Mañana", weekdays, [["07:00", "15:00"]], ("agent",)),
        ("Tarde", weekdays, [["15:00", "23:00"]], ("agent2",)),
        ("Noche", range(7), [["00:00", "07:00"], ["23:00", "24:00"]], ("agent3",)),
        ("Fin de semana", weekend, [["07:00", "23:00"]], ("agent4",)),
        ("Consultoría", weekdays, [["09:00", "19:00"]], ("consultant",)),
        ("Supervisión", weekdays, [["08:00", "20:00"]], ("supervisor",)),
    ):
        Shift.objects.create(name=name, hours={str(day): windows for day in days}).people.set(
            [staff[each] for each in people]
        )
    start = now + timedelta(days=3)
    Absence.objects.create(
        person=staff["supervisor"],
        substitute=staff["manager"],
        starts_at=start,
        ends_at=start + timedelta(days=10),
        reason="Vacaciones",
    )
