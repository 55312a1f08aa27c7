"""The list for technical failures reaches the customer's service owners when it is published (SPEC
5.4).
"""

from typing import Any

import pytest

from escalation.models import EscalationLevel, EscalationMatrix, MatrixKind
from escalation.services import publish_ladder
from foundation.accounts.models import Membership
from foundation.notifications.models import OutboxMessage
from foundation.notifications.rendering import render_message
from tests.support.house import DAY, MONDAY_9AM, SETUP, House


def publish(house: House, kind: MatrixKind = MatrixKind.TECHNICAL) -> EscalationMatrix:
    level = EscalationLevel(
        position=1,
        name_es="Guardia de red",
        name_en="Network guard",
        contact_name="Night desk",
        email="guard@desk.example",
        phone="+52 55 0000 0000",
        hours="24 h",
    )
    return publish_ladder(
        organization=house.north,
        levels=[level],
        effective_from=MONDAY_9AM + DAY,
        by=SETUP,
        at=MONDAY_9AM,
        kind=kind,
    )


def sent() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template="technical_list").order_by("pk"))


@pytest.mark.parametrize(("language", "name"), [("es", "Guardia de red"), ("en", "Network guard")])
def test_a_published_list_is_sent_to_the_service_owners_in_their_language(
    house: House, language: str, name: str
) -> None:
    owner = house.people["service_owner"]
    owner.language = language
    owner.save()

    publish(house)

    (letter,) = sent()
    assert (letter.to_email, letter.organization) == (owner.email, house.north)
    text = render_message(letter).text
    assert f"1. {name}: Night desk · +52 55 0000 0000 · guard@desk.example · 24 h" in text
    assert "/contacts/" in text


@pytest.mark.parametrize("kind", [MatrixKind.HIERARCHICAL, MatrixKind.COMPLAINTS])
def test_no_other_matrix_is_sent(house: House, kind: MatrixKind) -> None:
    publish(house, kind)

    assert sent() == []


def test_a_suspended_service_owner_gets_nothing(house: House) -> None:
    Membership.objects.filter(user=house.people["service_owner"]).update(is_suspended=True)

    publish(house)

    assert sent() == []


def form_of(house: House) -> dict[str, Any]:
    return {
        "organization": house.north.pk,
        "contract": "",
        "kind": "technical",
        "effective_from": "",
        "level-TOTAL_FORMS": "1",
        "level-INITIAL_FORMS": "0",
    }


def test_the_page_sends_it_once_and_says_when_there_is_nobody(house: House, sign_in: Any) -> None:
    administrator = house.staff["administrator"]
    administrator.language = "en"
    administrator.save()
    client = sign_in(administrator)
    path = "/admin/escalation/escalationmatrix/add/"
    page = client.get(path)
    prefix = page.context["inline_admin_formsets"][0].formset.prefix
    level = {
        "position": "1",
        "name_es": "Guardia",
        "contact_name": "Night desk",
        "email": "guard@desk.example",
        "acknowledge_minutes": "30",
    }
    form = {
        **{name.replace("level-", f"{prefix}-"): value for name, value in form_of(house).items()},
        **{f"{prefix}-0-{name}": value for name, value in level.items()},
    }

    saved = client.post(path, form, follow=True)
    told = [str(message) for message in saved.context["messages"]]
    assert len(sent()) == 1, saved.context.get("errors")
    assert not any("service owner" in words for words in told)

    Membership.objects.filter(user=house.people["service_owner"]).update(roles=["requester"])
    again = client.post(path, form, follow=True)
    told = [str(message) for message in again.context["messages"]]
    assert len(sent()) == 1
    assert any("Nobody of this customer is service owner" in words for words in told)
