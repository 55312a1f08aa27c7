"""Writers of the same customer at once, in threads with connections of their own."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any


def send_everybody_away() -> None:
    """Leave nobody on duty, so that the coverage has gaps."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from foundation.duty.models import Absence

    now = timezone.now()
    for person in get_user_model().objects.exclude(staff_roles=[]):
        Absence.objects.create(person=person, starts_at=now, ends_at=now + timedelta(days=60))


def add_holiday(client: Any, calendar: int, number: int) -> list[str]:
    """Save a calendar with one holiday more; return what failed."""
    from tests.support.html import ChangeForm

    path = f"/admin/calendars/calendar/{calendar}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent
    sent["holidays"] = [f"{sent['holidays'][0]}\n2027-05-{number + 10} Day {number}"]
    for _ in range(3):  # twice where the page shows consequences first
        answer = client.post(path, sent)
        if answer.status_code == 302:
            return []
        sent = ChangeForm(answer.content.decode()).sent
    return [f"not saved: {answer.status_code}"]


def rename(client: Any, customer: int, number: int) -> list[str]:
    """Change the short name of a customer, which other rows refer to by the customer's key; return
    what failed.
    """
    from tests.support.html import ChangeForm

    path = f"/admin/accounts/organization/{customer}/change/"
    sent = ChangeForm(client.get(path).content.decode()).sent
    sent["slug"] = [f"renamed-{number}"]
    answer = client.post(path, sent)
    return [] if answer.status_code == 302 else [f"not renamed: {answer.status_code}"]


def look_at_coverage(customer: Any) -> int:
    """Refresh the coverage as if every gap were new, so that letters are written."""
    from django.db import transaction
    from django.utils import timezone

    from escalation.models import Coverage
    from escalation.services import refresh_coverage
    from foundation.accounts.tenancy import every_organization

    with every_organization(reason="a test of locks"):
        with transaction.atomic():
            rows = Coverage.objects.filter(organization=customer)
            list(rows.select_for_update().order_by("pk"))
            rows.update(gaps=[])
        return refresh_coverage(organization=customer, at=timezone.now())


def run_at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)


def saves_beside_coverage(saves: str) -> dict[str, Any]:
    """Let two administrators save calendars of one customer, and a third rename it, while two
    workers look at its coverage. Return what failed, how many versions were added, and whether gaps
    were told.
    """
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from foundation.accounts.models import Organization
    from foundation.accounts.tenancy import every_organization
    from foundation.calendars.models import Calendar, CalendarVersion

    with every_organization(reason="a test of locks"):
        customer = Organization.objects.order_by("pk").first()
        calendars = list(Calendar.objects.filter(organization=customer).order_by("pk")[:2])
        before = CalendarVersion.objects.filter(organization=customer).count()
        send_everybody_away()
    people = get_user_model().objects.order_by("pk")
    administrator = next(user for user in people if "administrator" in user.staff_roles)
    errors: list[str] = []
    found: list[int] = []
    wall = threading.Barrier(5)

    def signed_in() -> Client:
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(administrator, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    def save(calendar: Calendar, number: int) -> None:
        errors.extend(add_holiday(signed_in(), calendar.pk, number))

    def look(number: int) -> None:
        found.append(look_at_coverage(customer))

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
        lambda number: errors.extend(rename(signed_in(), customer.pk, number)),
        look,
        look,
    ]
    run_at_once([partial(work, act) for act in acts])
    look(0)  # as the sweep does: what was computed beside a later save was dropped
    with every_organization(reason="a test of locks"):
        after = CalendarVersion.objects.filter(organization=customer).count()
    return {"errors": errors, "added": after - before, "told": any(found)}
