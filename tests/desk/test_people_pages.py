"""Configuration of people, customers and the outbox: passwords, roles, sites, dead letters."""

from typing import Any

import pytest
from django.test import Client

from foundation.accounts.models import Organization, Site, Team, User
from foundation.activity.models import Record
from foundation.calendars.models import Calendar
from foundation.notifications.models import MessageStatus, OutboxMessage
from tests.support.house import MINUTE, MONDAY_9AM, PASSWORD, House, make_ticket
from tests.support.html import text_of

OUTBOX = "/admin/notifications/outboxmessage/"


pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def admin_client(house: House, sign_in: Any) -> Client:
    """Sign in the administrator, who reads English."""
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client: Client = sign_in(administrator)
    return client


def person(**changes: Any) -> dict[str, Any]:
    return {
        "email": "New@Desk.example",
        "full_name": "New Person",
        "language": "",
        "is_active": "on",
        "staff_roles": ["agent", "desk_supervisor"],
        **changes,
    }


def test_a_person_is_added_without_a_password_or_with_a_valid_one(
    house: House, admin_client: Client
) -> None:
    path = "/admin/accounts/user/add/"

    weak = admin_client.post(path, person(new_password="short"))
    similar = admin_client.post(path, person(new_password="New@Desk.example"))
    good = admin_client.post(path, person(new_password=PASSWORD))
    bare = admin_client.post(path, person(email="bare@desk.example"))

    assert weak.status_code == 200
    assert list(weak.context["adminform"].form.errors) == ["new_password"]
    assert list(similar.context["adminform"].form.errors) == ["new_password"]
    assert (good.status_code, bare.status_code) == (302, 302)
    made = User.objects.get(email="new@desk.example")
    assert (made.check_password(PASSWORD), made.staff_roles) == (True, ["agent", "desk_supervisor"])
    assert not User.objects.get(email="bare@desk.example").has_usable_password()


def test_an_empty_password_field_keeps_the_password(house: House, admin_client: Client) -> None:
    path = f"/admin/accounts/user/{house.agent.pk}/change/"
    typed = person(email="agent@desk.example", full_name="Agent", staff_roles=["agent"])

    admin_client.post(path, typed | {"full_name": "Renamed"})
    kept = User.objects.get(pk=house.agent.pk)
    admin_client.post(path, typed | {"new_password": "another-horse-battery"})
    changed = User.objects.get(pk=house.agent.pk)

    assert (kept.full_name, kept.check_password(PASSWORD)) == ("Renamed", True)
    assert changed.check_password("another-horse-battery")


def test_the_list_of_people_names_their_roles(house: House, admin_client: Client) -> None:
    house.agent.staff_roles = ["agent", "desk_supervisor"]
    house.agent.save()

    words = text_of(admin_client.get("/admin/accounts/user/?q=agent@desk").content.decode())

    assert "agent@desk.example Agent, Desk supervisor" in words


def test_tokens_are_revoked_and_never_added(house: House, admin_client: Client) -> None:
    assert admin_client.get("/admin/accounts/apitoken/").status_code == 200
    assert admin_client.get("/admin/accounts/apitoken/add/").status_code == 403


def test_a_restricted_administrator_cannot_add_people(house: House, admin_client: Client) -> None:
    house.level_two.members.add(house.staff["administrator"])
    house.level_two.organizations.add(house.south)

    refused = [
        admin_client.get("/admin/accounts/user/add/"),
        admin_client.post("/admin/accounts/user/add/", person()),
        admin_client.post("/admin/accounts/team/add/", {"name": "Mine", "level": 2}),
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert not User.objects.filter(email="new@desk.example").exists()
    assert not Team.objects.filter(name="Mine").exists()


def test_a_new_customer_gets_its_sites_and_its_calendars(
    house: House, admin_client: Client
) -> None:
    path = "/admin/accounts/organization/add/"
    page = admin_client.get(path)
    form = page.context["adminform"].form
    values = {bound.html_name: bound.value() for bound in form if bound.value()}
    first, second = (each.formset.prefix for each in page.context["inline_admin_formsets"])
    values |= {
        f"{prefix}-{name}_FORMS": count
        for prefix, total in ((first, 1), (second, 0))
        for name, count in (("TOTAL", total), ("INITIAL", 0))
    }

    made = admin_client.post(
        path,
        values
        | {
            "name": "Company East",
            "slug": "east",
            "country": "MX",
            "time_zone": "America/Tijuana",
            "is_active": "on",
            f"{first}-0-name": "Harbour",
        },
    )

    assert made.status_code == 302, made.context["adminform"].form.errors
    east = Organization.objects.get(slug="east")
    assert [site.name for site in Site.objects.filter(organization=east)] == ["Harbour"]
    assert sorted(Calendar.objects.filter(organization=east).values_list("role", flat=True)) == [
        "business",
        "continuous",
    ]
    record = Record.objects.filter(verb="configuration.created").latest("pk")
    assert (record.object_id, record.person_id) == (east.pk, house.staff["administrator"].pk)


def test_dead_letters_are_queued_again_from_the_outbox_and_the_others_stay(
    house: House, admin_client: Client
) -> None:
    for _ in range(3):
        make_ticket(house)
    dead, sent, other = OutboxMessage.objects.order_by("pk")[:3]
    OutboxMessage.objects.filter(pk__in=[dead.pk, other.pk]).update(
        status=MessageStatus.DEAD, attempts=5, run_after=MONDAY_9AM - MINUTE
    )
    OutboxMessage.objects.filter(pk=sent.pk).update(status=MessageStatus.SENT)

    page = admin_client.post(
        OUTBOX, {"action": "send_again", "_selected_action": [dead.pk, sent.pk]}, follow=True
    )

    assert [str(each) for each in page.context["messages"]] == ["1 message waits again."]
    found = {row.pk: (row.status, row.attempts) for row in OutboxMessage.objects.all()}
    assert (found[dead.pk], found[sent.pk][0], found[other.pk]) == (
        (MessageStatus.QUEUED, 0),
        MessageStatus.SENT,
        (MessageStatus.DEAD, 5),
    )
    record = Record.objects.get(verb="message.requeued")
    assert (record.object_id, record.person_id) == (dead.pk, house.staff["administrator"].pk)


def test_a_message_of_the_outbox_is_read_and_never_added_changed_or_deleted(
    house: House, admin_client: Client
) -> None:
    make_ticket(house)
    message = OutboxMessage.objects.earliest("pk")

    page = admin_client.get(f"{OUTBOX}{message.pk}/change/")

    assert page.status_code == 200
    assert not page.context["adminform"].form.fields
    assert admin_client.get(f"{OUTBOX}add/").status_code == 403
    assert admin_client.get(f"{OUTBOX}{message.pk}/delete/").status_code == 403
