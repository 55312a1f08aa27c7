"""Writers of the same customer at once, in threads with connections of their own."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any


def saves_beside_coverage(saves: str) -> dict[str, Any]:
    """Let two administrators save calendars of one customer while two workers look at its coverage.
    Return what failed, how many versions were added, and whether gaps were told.
    """
    from django.contrib.auth import get_user_model
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from escalation.models import Coverage
    from escalation.services import refresh_coverage
    from foundation.accounts.models import Organization
    from foundation.accounts.tenancy import every_organization
    from foundation.calendars.models import Calendar, CalendarVersion
    from foundation.duty.models import Absence
    from tests.support.html import ChangeForm

    with every_organization(reason="a test of locks"):
        customer = Organization.objects.order_by("pk").first()
        calendars = list(Calendar.objects.filter(organization=customer).order_by("pk")[:2])
        before = CalendarVersion.objects.filter(organization=customer).count()
        now = timezone.now()
        for person in get_user_model().objects.exclude(staff_roles=[]):  # so that there are gaps
            Absence.objects.create(person=person, starts_at=now, ends_at=now + timedelta(days=60))
    administrator = next(
        user
        for user in get_user_model().objects.order_by("pk")
        if "administrator" in user.staff_roles
    )
    errors: list[str] = []
    found: list[int] = []
    wall = threading.Barrier(4)

    def save(calendar: Calendar, number: int) -> None:
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(administrator, "allauth.account.auth_backends.AuthenticationBackend")
        path = f"/admin/calendars/calendar/{calendar.pk}/change/"
        sent = ChangeForm(client.get(path).content.decode()).sent
        sent["holidays"] = [f"{sent['holidays'][0]}\n2027-05-{number + 10} Day {number}"]
        for _ in range(3):  # twice where the page shows consequences first
            answer = client.post(path, sent)
            if answer.status_code == 302:
                return
            sent = ChangeForm(answer.content.decode()).sent
        errors.append(f"not saved: {answer.status_code}")

    def look(number: int) -> None:
        """Look as if every gap were new, so that letters are written."""
        with every_organization(reason="a test of locks"):
            with transaction.atomic():
                rows = Coverage.objects.filter(organization=customer)
                list(rows.select_for_update().order_by("pk"))
                rows.update(gaps=[])
            found.append(refresh_coverage(organization=customer, at=timezone.now()))

    def work(act: Callable[[int], None]) -> None:
        wall.wait()
        for number in range(int(saves)):
            try:
                act(number)
            except Exception as error:  # noqa: BLE001 - the test asserts that there is none
                errors.append(repr(error))
        connection.close()

    acts: list[Callable[[int], None]] = [
        *(lambda number, each=each: save(each, number) for each in calendars),
        look,
        look,
    ]
    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    with every_organization(reason="a test of locks"):
        after = CalendarVersion.objects.filter(organization=customer).count()
    return {"errors": errors, "added": after - before, "told": any(found)}
