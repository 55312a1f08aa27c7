"""Query count of every configuration list: the same for one more row and for three. A list missing
from the table fails.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.utils import timezone

from catalog.models import Category, Contract, RequestTemplate, Service
from escalation.models import EscalationMatrix, EscalationRule
from foundation.accounts.models import (
    ApiToken,
    Membership,
    Organization,
    ServiceAccount,
    Team,
    User,
)
from foundation.accounts.services import create_organization
from foundation.calendars.models import Calendar
from foundation.duty.models import Absence, Shift
from foundation.notifications.models import OutboxMessage
from foundation.webhooks.models import Endpoint
from reports.services import request_report
from sla.policies.models import PolicyVersion
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    SETUP,
    House,
    make_ticket,
)
from tests.support.statements import statements
from tests.support.webhooks import endpoint
from tickets.models import AgentProfile, GroupAssignment


def person(number: int) -> User:
    return User.objects.create(email=f"u{number}@x.example", full_name=f"U{number}")


def contract(number: int, house: House) -> Contract:
    return Contract.objects.create(
        organization=house.north, reference=f"C{number}", starts_on="2026-01-01"
    )


def profile_of(person: User, house: House) -> AgentProfile:
    profile = AgentProfile.objects.create(person=person, languages=["es"])
    profile.services.set(house.services.values())
    return profile


MAKERS: dict[type, Callable[[int, House], object]] = {
    Organization: lambda n, house: create_organization(
        name=f"O{n}", slug=f"o{n}", by=SETUP, at=MONDAY_9AM
    ),
    User: lambda n, house: person(n),
    Membership: lambda n, house: Membership.objects.create(
        organization=house.north, user=person(n), roles=["requester"]
    ),
    Team: lambda n, house: Team.objects.create(name=f"T{n}"),
    ServiceAccount: lambda n, house: ServiceAccount.objects.create(
        organization=house.north, name=f"S{n}", contact=house.people["coordinator"]
    ),
    ApiToken: lambda n, house: ApiToken.objects.create(
        digest=str(n), user=person(n), created_at=MONDAY_9AM, expires_at=MONDAY_9AM + DAY
    ),
    Category: lambda n, house: Category.objects.create(name_es=f"K{n}"),
    Service: lambda n, house: Service.objects.create(
        category=Category.objects.create(name_es=f"K{n}"),
        slug=f"s{n}",
        name_es=f"S{n}",
        support_type="functional",
    ),
    RequestTemplate: lambda n, house: RequestTemplate.objects.create(
        service=house.services["erp"], slug=f"t{n}", kind="incident", name_es=f"T{n}"
    ),
    Contract: contract,
    Calendar: lambda n, house: Calendar.objects.create(
        organization=house.north, name=f"C{n}", role="business"
    ),
    PolicyVersion: lambda n, house: PolicyVersion.objects.create(
        organization=house.north, contract=contract(n, house), number=1, effective_from=MONDAY_9AM
    ),
    EscalationMatrix: lambda n, house: EscalationMatrix.objects.create(
        organization=house.north,
        contract=contract(n, house),
        number=1,
        effective_from=MONDAY_9AM,
        published_at=MONDAY_9AM,
    ),
    EscalationRule: lambda n, house: EscalationRule.objects.create(
        name=f"R{n}", trigger="clock", percent=n, action="raise"
    ),
    Endpoint: lambda n, house: endpoint(
        house,
        name=f"W{n}",
        reader=User.objects.create(email=f"w{n}@x.example", staff_roles=["agent"]),
    ),
    Shift: lambda n, house: Shift.objects.create(name=f"H{n}", hours={"0": [["08:00", "16:00"]]}),
    Absence: lambda n, house: Absence.objects.create(
        person=person(n),
        substitute=house.agent,
        starts_at=MONDAY_9AM,
        ends_at=MONDAY_9AM + timedelta(days=n),
    ),
    AgentProfile: lambda n, house: profile_of(person(n), house),
    GroupAssignment: lambda n, house: GroupAssignment.objects.create(
        team=Team.objects.create(name=f"A{n}", level=1)
    ),
    OutboxMessage: lambda n, house: make_ticket(house),
}


def test_every_list_of_the_configuration_has_a_line_here() -> None:
    assert set(admin.site._registry) == set(MAKERS)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_configuration_list_costs_the_same_for_one_row_more_and_for_three(
    house: House, sign_in: Any, model: Any
) -> None:
    client = sign_in(house.staff["administrator"])
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    MAKERS[model](1, house)
    one = statements(client, path)
    for number in (2, 3):
        MAKERS[model](number, house)

    assert statements(client, path) == one


def test_the_desks_list_of_reports_costs_the_same_for_one_and_for_three(
    house: House, sign_in: Any
) -> None:
    client = sign_in(house.staff["desk_manager"])
    path = "/admin/reports/?organization=north"

    def issue(month: int) -> None:
        request_report(
            organization=house.north,
            month=timezone.localdate().replace(year=2026, month=month, day=1),
            language="es",
            by=SETUP,
            at=MONDAY_9AM,
        )

    issue(1)
    one = statements(client, path)
    for month in (2, 3):
        issue(month)

    assert statements(client, path) == one
