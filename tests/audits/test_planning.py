"""Planned audits, and who prepares each item of one."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from audits import services
from audits.models import PlannedAudit
from audits.services import AuditPlan, StalePlan
from audits.services.base import NotNow
from audits.tasks import remind_of_plans
from catalog.models import Contract
from foundation.accounts.models import Team
from foundation.activity.models import Record
from foundation.core.errors import Invalid, NotAllowed
from foundation.notifications.models import OutboxMessage
from tests.support.audits import ask, filled, membership, upload
from tests.support.house import DAY, MONDAY_9AM, House, by
from tests.support.html import text_of
from tests.support.pages import english
from tests.support.statements import statements
from tests.support.tickets import step

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


EXPECTED = date(2026, 4, 6)


def contract_of(house: House) -> Contract:
    found = Contract.objects.filter(organization=house.north).select_related("organization")
    return found.get(reference="C-north")


def plan(house: House, day: date = EXPECTED, **more: Any) -> PlannedAudit:
    return services.plan_audit(
        plan=AuditPlan(contract_of(house), day, **more),
        by=by(house.staff["audit_area"]),
        at=MONDAY_9AM,
    )


def reminders() -> list[str]:
    letters = OutboxMessage.objects.filter(template="audit_expected").order_by("pk")
    return list(letters.values_list("to_email", flat=True))


def test_what_is_asked_for_meets_the_nearest_plan_of_its_contract(house: House) -> None:
    far = plan(house, date(2026, 9, 1))
    near = plan(house, date(2026, 3, 20))

    audit = ask(house)

    near.refresh_from_db()
    far.refresh_from_db()
    assert (near.audit, far.audit) == (audit, None)
    verbs = Record.objects.filter(object_type="planned_audit", object_id=near.pk).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "planned_audit.planned",
        "planned_audit.met",
    ]
    with pytest.raises(NotNow):
        services.end_plan(
            planned=near, reason="No", by=by(house.staff["audit_area"]), at=MONDAY_9AM
        )


def test_a_plan_of_another_contract_year_is_not_met(house: House) -> None:
    Contract.objects.update(ends_on=None)
    house.north.save()
    next_year = plan(house, date(2027, 3, 2))

    ask(house)

    next_year.refresh_from_db()
    assert next_year.audit is None


def test_a_registered_plan_is_met_under_its_own_contract(house: House) -> None:
    first = contract_of(house)
    second = contract_of(house)
    second.pk = None
    second.reference = "SECOND"
    second.save()
    second.services.set(first.services.all(), through_defaults={"organization": house.north})
    house.north.save()
    plan(house, date(2026, 3, 20))
    own = services.plan_audit(
        plan=AuditPlan(second, date(2026, 9, 1)), by=by(house.agent), at=MONDAY_9AM
    )

    audit = ask(house, plan=own)

    own.refresh_from_db()
    assert (audit.contract, own.audit) == (second, audit)
    assert audit.ticket.contract == second  # whose terms the clocks have


@pytest.mark.parametrize("ends", ["declined", "cancelled"])
def test_a_plan_comes_again_when_its_audit_uses_no_allowance(house: House, ends: str) -> None:
    planned = plan(house)
    audit = ask(house, fields={"C10": "Pruebas"} if ends == "declined" else {})
    if ends == "declined":
        services.evaluate_environment(
            audit=audit,
            approves=False,
            reason="No",
            by=by(house.staff["audit_area"]),
            at=MONDAY_9AM,
        )
    else:
        step(house, audit.ticket, "cancel", at=MONDAY_9AM, user=house.requester, reason="No")

    planned.refresh_from_db()
    assert (planned.audit, planned.is_coming) == (None, True)
    assert Record.objects.filter(verb="planned_audit.released").count() == 1
    again = ask(house)
    planned.refresh_from_db()
    assert planned.audit == again


def test_nothing_is_planned_or_registered_for_a_customer_that_is_not_active(house: House) -> None:
    planned = plan(house, date(2026, 3, 4))
    house.north.is_active = False
    house.north.save()

    with pytest.raises(Invalid, match="is not active"):
        plan(house, date(2026, 5, 4))
    with pytest.raises(NotAllowed, match="is not active"):
        services.request_audit(
            membership=membership(house),
            form=upload(filled(house), "form.xlsx"),
            by=by(house.agent),
            at=MONDAY_9AM,
        )
    assert services.remind_of_plans(at=MONDAY_9AM) == 0
    planned.refresh_from_db()
    assert planned.reminded_at is None


def test_a_contract_that_begins_later_is_planned(house: House, sign_in: Any) -> None:
    Contract.objects.filter(organization=house.north).update(starts_on=date(2026, 4, 1))
    house.north.save()

    done = sign_in(english(house)).post(
        "/admin/audits/plan/new/",
        {"contract": contract_of(house).pk, "expected_on": "2026-04-06"},
    )

    assert (done.status_code, PlannedAudit.objects.count()) == (302, 1)


def test_one_day_of_a_contract_is_planned_once(house: House) -> None:
    plan(house)

    other = plan(house, date(2026, 4, 7))

    with pytest.raises(Invalid, match="is planned for that day already"):
        plan(house)
    with pytest.raises(Invalid, match="is planned for that day already"):
        services.change_plan(
            planned=other,
            plan=AuditPlan(other.contract, EXPECTED),
            expected_version=1,
            by=by(house.agent),
            at=MONDAY_9AM,
        )


def test_the_audit_area_is_reminded_once_for_each_day_that_a_plan_names(house: House) -> None:
    planned = plan(house, date(2026, 3, 17))

    assert services.remind_of_plans(at=MONDAY_9AM) == 0  # 15 days before
    assert services.remind_of_plans(at=MONDAY_9AM + DAY) == 1
    assert services.remind_of_plans(at=MONDAY_9AM + DAY) == 0
    assert reminders() == ["audit_area@desk.example"]
    services.change_plan(
        planned=planned,
        plan=AuditPlan(planned.contract, date(2026, 3, 16)),
        expected_version=1,
        by=by(house.staff["audit_area"]),
        at=MONDAY_9AM + DAY,
    )
    services.remind_of_plans(at=MONDAY_9AM + DAY)
    assert reminders() == ["audit_area@desk.example"] * 2


def test_the_reminder_counts_the_days_of_the_customer(house: House) -> None:
    house.north.time_zone = "Pacific/Kiritimati"  # already Tuesday there
    house.north.save()
    planned = plan(house, date(2026, 3, 17))

    assert services.remind_of_plans(at=MONDAY_9AM.replace(hour=12)) == 1
    planned.refresh_from_db()
    assert planned.reminded_at is not None


def test_the_task_reminds_every_customers_audit_area(house: House) -> None:
    plan(house, date(2026, 3, 4))

    assert remind_of_plans() == 1
    assert reminders() == ["audit_area@desk.example"]


def test_without_an_audit_area_who_planned_it_is_reminded(house: House) -> None:
    area = house.staff["audit_area"]
    planned = services.plan_audit(
        plan=AuditPlan(contract_of(house), date(2026, 3, 4)), by=by(house.agent), at=MONDAY_9AM
    )
    area.is_active = False
    area.save()

    services.remind_of_plans(at=MONDAY_9AM)

    assert reminders() == [planned.planned_by.email]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"day": date(2026, 3, 1)}, "expected_on", "This day has passed"),
        ({"day": date(2060, 1, 1)}, "expected_on", "is not in force on that day"),
        ({"auditor_company": "x" * 121}, "auditor_company", "Shorten it to 120"),
        ({"notes": "x" * 2001}, "notes", "Shorten it to 2000"),
        ({"notes": "password: hunter2secret"}, "notes", "This has what looks like"),
    ],
)
def test_a_wrong_plan_is_refused(
    house: House, changes: dict[str, Any], field: str, words: str
) -> None:
    Contract.objects.update(ends_on=date(2027, 12, 31))

    with pytest.raises(Invalid) as refused:
        plan(house, **changes)

    assert list(refused.value.fields) == [field]
    assert words in str(refused.value.fields[field])
    assert not PlannedAudit.objects.exists()


def test_a_plan_that_somebody_changed_meanwhile_is_not_overwritten(
    house: House, sign_in: Any
) -> None:
    planned = plan(house)
    client = sign_in(english(house))
    data = {
        "version": 1,
        "contract": planned.contract_id,
        "expected_on": "2026-05-04",
        "notes": "Ours",
    }

    client.post(f"/admin/audits/plan/{planned.pk}/", data)
    second = client.post(f"/admin/audits/plan/{planned.pk}/", data | {"notes": "Other"})

    page = second.content.decode()
    assert (second.status_code, "Other" in page, "Saved in the meantime:" in page) == (
        409,
        True,
        True,
    )
    assert second.context["form"].data["version"] == "2"
    mended = client.post(
        f"/admin/audits/plan/{planned.pk}/", data | {"notes": "Other", "version": 2}
    )
    planned.refresh_from_db()
    assert (mended.status_code, planned.notes, planned.version) == (302, "Other", 3)
    assert Record.objects.filter(verb="planned_audit.changed").count() == 2
    with pytest.raises(StalePlan):
        services.change_plan(
            planned=planned,
            plan=AuditPlan(planned.contract, EXPECTED),
            expected_version=1,
            by=by(house.agent),
            at=MONDAY_9AM,
        )


def test_a_planned_audit_is_called_off_with_its_reason(house: House, sign_in: Any) -> None:
    planned = plan(house)
    client = sign_in(english(house, "audit_area"))
    path = f"/admin/audits/plan/{planned.pk}/"

    without = client.post(f"{path}end/", {"reason": " "})
    done = client.post(f"{path}end/", {"reason": "Other year"}, follow=True)

    assert without.status_code == 400
    assert Record.objects.get(verb="planned_audit.ended").object_id == planned.pk
    assert done.redirect_chain == [("/admin/audits/plan/", 302)]
    assert "Other year" in text_of(client.get(path).content.decode())
    assert "Other year" in text_of(
        client.get("/admin/audits/plan/", {"show": "closed"}).content.decode()
    )


def test_the_list_by_contract_says_what_each_year_has(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "audit_area"))

    def shown() -> str:
        page = client.get("/admin/audits/plan/", {"show": "contracts"})
        return " ".join(text_of(page.content.decode()).split())

    before = shown()
    plan(house)
    planned = shown()
    number = ask(house).ticket.number
    asked = shown()

    assert "Company north" in before
    assert before.count("Not planned") == planned.count("Not planned") + 1
    assert "Expected: Apr 6, 2026" in planned
    assert (f"Asked for: {number}" in asked, "Expected:" in asked) == (True, False)


def test_the_lists_of_plans_cost_the_same_for_one_and_for_many(house: House, sign_in: Any) -> None:
    client = sign_in(english(house, "audit_area"))
    plan(house)
    other = plan(house, date(2026, 4, 7))
    services.end_plan(planned=other, reason="No", by=by(house.agent), at=MONDAY_9AM)
    paths = [f"/admin/audits/plan/?show={show}" for show in ("coming", "contracts", "closed")]
    before = [statements(client, path) for path in paths]
    for month in range(4, 10):
        ended = plan(house, date(2026, month, 13))
        plan(house, date(2026, month, 20))
        services.end_plan(planned=ended, reason="No", by=by(house.agent), at=MONDAY_9AM)

    assert [statements(client, path) for path in paths] == before


def test_a_plan_registers_its_audit_with_its_company(house: House, sign_in: Any) -> None:
    planned = plan(house, auditor_company="Auditores Reunidos")
    client = sign_in(english(house, "audit_area"))

    page = client.get(f"/admin/audits/new/?plan={planned.pk}")

    assert page.context["organization"] == house.north
    assert page.context["form"].initial["auditor_company"] == "Auditores Reunidos"
    assert client.get("/admin/audits/new/?plan=999999").status_code == 404
    assert client.get("/admin/audits/new/?plan=x").status_code == 404


def test_who_serves_other_customers_neither_plans_nor_reads_plans(
    house: House, sign_in: Any
) -> None:
    planned = plan(house)
    team = Team.objects.create(name="South only")
    team.organizations.set([house.south])
    team.members.set([house.agent])
    client = sign_in(english(house))

    assert client.get(f"/admin/audits/plan/{planned.pk}/").status_code == 404
    assert "Company north" not in client.get("/admin/audits/plan/").content.decode()
    with pytest.raises(NotAllowed):
        services.plan_audit(
            plan=AuditPlan(contract_of(house), EXPECTED), by=by(house.agent), at=MONDAY_9AM
        )
