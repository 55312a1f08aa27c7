"""Versions of escalation matrices: the contract's before the organization's, instants in force,
refusals, the customer's page.
"""

from io import BytesIO
from typing import Any

import pypdf
import pytest
import time_machine
from django.core.exceptions import ValidationError

from escalation.models import Cause, EscalationLevel, EscalationMatrix, MatrixKind
from escalation.queries import ladder_of
from escalation.services import escalate_ticket, publish_ladder
from foundation.core.errors import Invalid
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    SETUP,
    House,
    fresh,
    make_ticket,
)


def level(position: int = 1, **values: Any) -> EscalationLevel:
    given = {
        "name_es": "Guardia",
        "contact_name": "Guardia",
        "email": "guardia@north.example",
        "purpose_es": "Caídas",
        **values,
    }
    return EscalationLevel(position=position, **given)


def publish(house: House, *levels: EscalationLevel, **values: Any) -> EscalationMatrix:
    given = {"organization": house.north, "effective_from": MONDAY_9AM, "at": MONDAY_9AM, **values}
    return publish_ladder(levels=levels, by=SETUP, **given)


def test_the_contracts_own_matrix_comes_before_the_organizations_from_when_it_holds(
    house: House,
) -> None:
    publish(house, level(), contract=house.contract, effective_from=MONDAY_9AM + DAY)
    ticket = fresh(make_ticket(house))

    assert [each.name_es for each in ladder_of(ticket, MONDAY_9AM)] == [
        "Nivel 1",
        "Nivel 2",
        "Nivel 3",
    ]
    assert [each.name_es for each in ladder_of(ticket, MONDAY_9AM + DAY)] == ["Guardia"]
    step = escalate_ticket(
        ticket=ticket, cause=Cause.REQUEST, cause_key="x", by=SETUP, at=MONDAY_9AM + 2 * DAY
    )
    assert step is not None
    assert step.notified == ["Guardia"]


def test_a_new_version_replaces_and_the_list_for_technical_failures_is_no_ladder(
    house: House,
) -> None:
    publish(house, level(name_es="Otra"), effective_from=MONDAY_9AM + DAY)
    publish(house, level(name_es="Técnica"), kind=MatrixKind.TECHNICAL)
    ticket = fresh(make_ticket(house))

    assert [each.name_es for each in ladder_of(ticket, MONDAY_9AM + 2 * DAY)] == ["Otra"]
    assert (
        EscalationMatrix.objects.filter(
            organization=house.north, kind=MatrixKind.HIERARCHICAL
        ).count()
        == 2
    )


@pytest.mark.parametrize(
    ("levels", "values", "field"),
    [
        ([], {}, "levels"),
        ([level(1), level(3)], {}, "levels"),
        ([level(1), level(1)], {}, "levels"),
        ([level(1, email="nobody")], {}, "email"),
        ([level(1, acknowledge_minutes=0)], {}, "acknowledge_minutes"),
        ([level(1)], {"effective_from": MONDAY_9AM - DAY}, "effective_from"),
    ],
)
def test_an_incomplete_matrix_is_refused_and_nothing_is_saved(
    house: House, levels: list[EscalationLevel], values: dict[str, Any], field: str
) -> None:
    before = EscalationMatrix.objects.count()
    with pytest.raises((Invalid, ValidationError)) as refused:
        publish(house, *levels, **values)
    error: Any = refused.value
    told = error.fields if isinstance(error, Invalid) else error.message_dict
    assert field in told
    assert EscalationMatrix.objects.count() == before


def test_customers_read_what_each_level_is_for_and_take_it_along(
    house: House, sign_in: Any
) -> None:
    publish(house, level(name_es="Técnica", name_en="Technical"), kind=MatrixKind.TECHNICAL)
    with time_machine.travel(MONDAY_9AM + DAY, tick=False):
        client = sign_in(house.people["service_owner"])
        page = client.get("/contacts/").content.decode()
        pdf = client.get("/contacts/north/pdf/")
        stranger = sign_in(house.outsider).get("/contacts/north/pdf/")

    assert "List for technical failures" in page
    assert "Caídas" in page
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(BytesIO(pdf.content)).pages)
    assert "Technical" in text
    assert "guardia@north.example" in text
    assert stranger.status_code == 404


def test_the_configuration_page_saves_a_new_version_of_the_one_in_force(
    house: House, sign_in: Any
) -> None:
    administrator = house.staff["administrator"]
    first = EscalationMatrix.objects.get(organization=house.north)
    rows = list(EscalationLevel.objects.filter(matrix=first).order_by("position"))
    form: dict[str, Any] = {"effective_from": "", "_saveasnew": "1"}
    prefix = "escalationlevel_set"
    client = sign_in(administrator)
    page = client.get(f"/admin/escalation/escalationmatrix/{first.pk}/change/")
    prefix = page.context["inline_admin_formsets"][0].formset.prefix
    form |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        form |= {
            f"{prefix}-{number}-id": row.pk,
            f"{prefix}-{number}-position": row.position,
            f"{prefix}-{number}-name_es": row.name_es,
            f"{prefix}-{number}-contact": house.staff["agent2"].email,
            f"{prefix}-{number}-contact_name": "Agent2",
            f"{prefix}-{number}-email": "agent2@desk.example",
            f"{prefix}-{number}-acknowledge_minutes": 20,
        }

    saved = client.post(f"/admin/escalation/escalationmatrix/{first.pk}/change/", form)

    assert saved.status_code == 302
    second = EscalationMatrix.objects.latest("pk")
    assert (second.organization, second.number, second.kind) == (house.north, 2, first.kind)
    assert [each.contact for each in EscalationLevel.objects.filter(matrix=second)] == [
        house.staff["agent2"]
    ] * 3
    assert [each.acknowledge_minutes for each in EscalationLevel.objects.filter(matrix=first)] == [
        30
    ] * 3
