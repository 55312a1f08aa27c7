"""Recurring tickets at the desk: the form and its preview, the list, the page, and the menu of a
ticket.
"""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.test import Client

from catalog.models import FieldType, TemplateField
from desk.recurring.rule_fields import RuleFields
from foundation.accounts.models import Membership
from tests.support.house import DAY, MONDAY_9AM, House, make_ticket
from tests.support.html import text_of
from tests.support.pages import english, words_of_messages
from tests.support.recurring import recurring
from tickets.models import Recurrence, RecurrenceDay, Ticket
from tickets.recurrence import parse_rule
from tickets.services import raise_due

pytestmark = pytest.mark.usefixtures("monday")

LIST = "/admin/recurring/"
NEW = "/admin/recurring/new/"
PREVIEW = "/admin/recurring/preview/"
TEN = datetime(2026, 3, 2, 16, tzinfo=UTC)
STARTS = date(2026, 3, 3)


def page(recurrence: Recurrence, act: str = "") -> str:
    return f"/admin/recurring/{recurrence.pk}/{act}"


def member(house: House) -> Membership:
    return Membership.objects.get(user=house.requester)


def typed(house: House, **changes: Any) -> dict[str, Any]:
    values = {
        "name": "Backups",
        "membership": member(house).pk,
        "kind": "request",
        "service": house.services["network"].pk,
        "subject": "Check the backups",
        "description": "Look at the log.",
        "impact": "minor",
        "urgency": "low",
        "interval": "1",
        "frequency": "WEEKLY",
        "weekdays": ["0", "3"],
        "month_by": "day",
        "month_day": "15",
        "nth": "1",
        "nth_day": "0",
        "starts_on": "2026-03-03",
        "at_time": "08:00",
        "ends": "never",
        "closed_days": "raise",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def test_a_supervisor_plans_one_and_sees_it(house: House, client: Client) -> None:
    client.force_login(english(house, "desk_supervisor"))

    done = client.post(NEW, typed(house, tasks="Servers", tags="backup"), follow=True)

    found = Recurrence.objects.get()
    assert done.redirect_chain == [(page(found), 302)]
    assert words_of_messages(done) == ["“Backups” is saved."]
    shown = text_of(done.content.decode())
    assert "Every week, Monday and Thursday, 08:00 (Mexico City)" in shown
    assert "Next tickets Thu Mar 5, 2026, 08:00 Mon Mar 9, 2026, 08:00" in shown
    assert "Check the backups" in shown
    listed = text_of(client.get(LIST).content.decode())
    assert "Backups Company north Every week, Monday and Thursday, 08:00" in listed


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"frequency": "DAILY", "interval": "3"}, "FREQ=DAILY;INTERVAL=3"),
        ({"weekdays": []}, "FREQ=WEEKLY;BYDAY=TU"),
        ({"frequency": "MONTHLY"}, "FREQ=MONTHLY;BYMONTHDAY=15"),
        ({"frequency": "MONTHLY", "month_day": "-1"}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            {"frequency": "MONTHLY", "month_by": "nth", "nth": "-1", "nth_day": "4"},
            "FREQ=MONTHLY;BYDAY=-1FR",
        ),
        (
            {"frequency": "MONTHLY", "month_by": "nth", "nth": "2", "nth_day": "working"},
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2",
        ),
        ({"frequency": "YEARLY"}, "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=15"),
        (
            {"ends": "until", "until": "2026-12-31", "count": "4"},
            "FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261231",
        ),
        (
            {"ends": "count", "count": "4", "until": "2026-12-31"},
            "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4",
        ),
        ({"rule": "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15"}, "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ],
)
def test_the_fields_make_a_rule_and_show_it_again(
    house: House, client: Client, changes: dict[str, Any], rule: str
) -> None:
    client.force_login(english(house, "desk_supervisor"))

    assert client.post(NEW, typed(house, **changes)).status_code == 302

    found = Recurrence.objects.get()
    assert found.rule == rule
    again = client.get(page(found, "change/")).context["form"].initial
    assert (again["starts_on"], again["at_time"]) == (STARTS, time(8))
    kept = typed(house, **{name: _sent(again[name]) for name in again if name in _SENT})
    client.post(page(found, "change/"), {**kept, "rule": again.get("rule", "")})
    assert Recurrence.objects.get().rule == rule


_SENT = (
    *("interval", "frequency", "weekdays", "month_by", "month_day", "nth", "nth_day"),
    *("ends", "until", "count", "version"),
)


def _sent(value: Any) -> Any:
    """Return an initial value as the browser sends it."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=YEARLY;BYMONTH=1,7;BYDAY=1MO"),
        *("FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYMONTHDAY=-5", "FREQ=WEEKLY;BYDAY=SU"),
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=10",
    ],
)
def test_a_rule_that_the_fields_cannot_make_is_shown_as_it_is(rule: str) -> None:
    values = RuleFields.values_of(parse_rule(rule), STARTS)

    assert values.get("rule", "") == ("" if rule.startswith("FREQ=WEEKLY") else rule)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY."),
        (
            {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
            "rule",
            "This rule gives no day from now on: no ticket would ever be raised.",
        ),
        ({"ends": "until"}, "until", "Write the last day."),
        ({"ends": "count"}, "count", "Write how many times."),
        (
            {"interval": "0"},
            "interval",
            "Ensure this value is greater than or equal to 1.",
        ),
        ({"name": "  "}, "name", "This field is required."),
        ({"subject": "a"}, "subject", "Write a subject of at least 3 characters."),
        ({"tags": 'a"b'}, "tags", "A tag has neither commas nor quotation marks."),
        ({"membership": "0"}, "membership", "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    house: House, client: Client, changes: dict[str, Any], field: str, words: str
) -> None:
    client.force_login(english(house, "desk_supervisor"))

    refused = client.post(NEW, typed(house, tasks="Servers", **changes))

    assert refused.status_code == 400
    assert not Recurrence.objects.exists()
    form = refused.context["form"]
    assert str(form.errors[field][0]).startswith(words)
    assert form["tasks"].value() == "Servers"


def test_who_may_not_raise_tickets_is_refused_at_the_requester(
    house: House, client: Client
) -> None:
    client.force_login(english(house, "desk_supervisor"))
    reader = Membership.objects.get(user=house.people["report_recipient"])

    refused = client.post(NEW, typed(house, membership=reader.pk))

    assert "is no valid user of" in str(refused.context["form"].errors["membership"])


def test_the_preview_says_when_and_saves_nothing(house: House, client: Client) -> None:
    client.force_login(english(house, "desk_supervisor"))

    def preview(**changes: Any) -> str:
        answer = client.post(PREVIEW, typed(house, **changes), headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return text_of(answer.content.decode())

    assert preview(subject="").startswith(  # what else is missing does not matter
        "Every week, Monday and Thursday, 08:00 (Mexico City) Next tickets Thu Mar 5, 2026, 08:00"
    )
    never = "This rule gives no day from now on: no ticket would ever be raised."
    assert preview(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") == never
    assert "FREQ is one of" in preview(rule="FREQ=HOURLY")
    assert preview(membership="").startswith("The next times are shown when")
    assert client.get(PREVIEW).status_code == 302
    page = client.post(PREVIEW, typed(house, subject=""))  # without JavaScript
    assert "Next tickets Thu Mar 5, 2026, 08:00" in text_of(page.content.decode())
    assert page.context["form"]["name"].value() == "Backups"
    assert f'action="{NEW}"' in page.content.decode()
    found = recurring(house)
    changed = client.post(PREVIEW, typed(house, recurrence=str(found.pk)))
    assert f'action="/admin/recurring/{found.pk}/change/"' in changed.content.decode()
    found.delete()
    assert not Recurrence.objects.exists()


def test_a_template_brings_its_fields_and_keeps_what_was_typed(
    house: House, client: Client
) -> None:
    client.force_login(english(house, "desk_supervisor"))
    TemplateField.objects.create(
        template=house.template, key="module", label_es="Módulo", label_en="Module", position=9
    )
    whom = TemplateField.objects.create(
        template=house.template,
        key="whom",
        label_es="Quién",
        label_en="Whom",
        type=FieldType.PERSON,
        position=10,
    )
    data = typed(house, template="erp-error", kind=None, service=None)

    part = client.post("/admin/recurring/form/", data, headers={"HX-Request": "true"})
    whole = client.post("/admin/recurring/form/", data)

    assert part.context["form"]["subject"].value() == "Check the backups"
    assert whole.context["form"]["weekdays"].value() == ["0", "3"]
    assert 'name="field_module"' in part.content.decode()
    assert 'name="frequency"' not in part.content.decode()
    person = house.people["coordinator"]
    answers = {"field_module": "Payroll", f"field_{whom.key}": person.pk}
    assert client.post(NEW, data | answers).status_code == 302
    found = Recurrence.objects.get()
    assert (found.template, found.service) == (house.template, house.services["erp"])
    assert found.answers == [
        {"label_es": "Módulo", "label_en": "Module", "value": "Payroll"},
        {"label_es": "Quién", "label_en": "Whom", "value": str(person)},
    ]
    again = client.get(page(found, "change/")).context["form"]
    assert (again["field_module"].value(), again["field_whom"].value()) == (
        "Payroll",
        str(person.pk),
    )
    shown = text_of(client.get(page(found)).content.decode())
    assert "Module Payroll" in shown


def test_a_template_that_needs_a_file_is_refused(house: House, client: Client) -> None:
    client.force_login(english(house, "desk_supervisor"))
    field = TemplateField.objects.create(
        template=house.template,
        key="log",
        label_es="Bitácora",
        type=FieldType.FILE,
        is_required=True,
        position=9,
    )
    data = typed(house, template="erp-error", kind=None, service=None)

    refused = client.post(NEW, data)
    field.is_required = False
    field.save()

    assert list(refused.context["form"].errors) == ["template"]
    assert client.post(NEW, data).status_code == 302


def test_a_ticket_is_repeated_from_its_menu(house: House, client: Client) -> None:
    ticket = make_ticket(house)
    client.force_login(english(house, "desk_supervisor"))
    address = f"{NEW}?from={ticket.number}"

    opened = client.get(f"/admin/tickets/{ticket.number}/").content.decode()
    form = client.get(address).context["form"]

    assert address in opened
    assert form["subject"].value() == ticket.subject
    assert form["membership"].value() == member(house).pk
    assert client.get(f"{NEW}?from=999999").status_code == 404
    client.force_login(english(house, "agent"))
    assert address not in client.get(f"/admin/tickets/{ticket.number}/").content.decode()


def test_the_ticket_says_what_raised_it(house: House, client: Client) -> None:
    found = recurring(house)
    done = raise_due(recurrence_id=found.pk, at=TEN)
    assert done is not None
    assert done.ticket is not None
    client.force_login(english(house, "agent"))

    panel = client.get(f"/admin/tickets/{done.ticket.number}/panels/relations/")

    assert f'href="{page(found)}"' in panel.content.decode()
    assert "Recurring ticket: Backups" in text_of(panel.content.decode())


def test_it_is_paused_resumed_and_deleted(house: House, client: Client) -> None:
    found = recurring(house)
    client.force_login(english(house, "desk_supervisor"))

    paused = client.post(page(found, "pause/"), follow=True)
    assert words_of_messages(paused) == ["No tickets are raised now."]
    assert "Paused" in text_of(paused.content.decode())
    assert "Backups" in text_of(client.get(f"{LIST}?show=paused").content.decode())
    assert "None runs." in text_of(client.get(LIST).content.decode())
    resumed = client.post(page(found, "resume/"), follow=True)
    assert words_of_messages(resumed) == ["Tickets are raised again from now on."]
    deleted = client.post(page(found, "delete/"), follow=True)
    assert deleted.redirect_chain == [(LIST, 302)]
    assert not Recurrence.objects.exists()


def test_one_with_tickets_is_not_deleted(house: House, client: Client) -> None:
    found = recurring(house)
    raise_due(recurrence_id=found.pk, at=TEN)
    client.force_login(english(house, "desk_supervisor"))

    shown = client.get(page(found)).content.decode()
    refused = client.post(page(found, "delete/"), follow=True)

    assert page(found, "delete/") not in shown
    assert words_of_messages(refused) == [
        "It has come due already: pause it, so that its tickets keep their origin."
    ]


def test_the_ticket_of_a_missed_day_is_raised_from_the_page(house: House, client: Client) -> None:
    found = recurring(house, at=MONDAY_9AM - 30 * DAY, starts_on=date(2026, 2, 20))
    raise_due(recurrence_id=found.pk, at=MONDAY_9AM)
    day = RecurrenceDay.objects.get()
    client.force_login(english(house, "agent"))
    shown = client.get(page(found)).content.decode()
    assert "Mesa was not running then, and for too long afterwards" in text_of(shown)
    assert "Raise it now" not in shown
    client.force_login(english(house, "desk_supervisor"))
    assert "Raise it now" in client.get(page(found)).content.decode()
    address = page(found, f"days/{day.pk}/")

    done = client.post(address, follow=True)
    again = client.post(address, follow=True)

    ticket = Ticket.objects.get()
    assert words_of_messages(done) == [f"{ticket.number} was registered."]
    assert words_of_messages(again) == ["The ticket of this day was raised already."]
    assert client.post(page(found, "days/999999/")).status_code == 404


def test_somebody_was_faster(house: House, client: Client) -> None:
    found = recurring(house)
    client.force_login(english(house, "desk_supervisor"))
    client.post(page(found, "change/"), typed(house, version="1"))

    refused = client.post(page(found, "change/"), typed(house, version="1", subject="Another"))

    assert refused.status_code == 400
    assert "Desk Supervisor changed it meanwhile." in text_of(refused.content.decode())
    assert refused.context["form"]["subject"].value() == "Another"
    assert Recurrence.objects.get().subject == "Check the backups"
