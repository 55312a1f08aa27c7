from typing import Any

import pytest

from catalog.models import Contract
from foundation.accounts.models import Membership
from foundation.accounts.tenancy import organization_scope
from foundation.core.classification import (
    Impact,
    Kind,
    Priority,
    Urgency,
)
from foundation.core.errors import Invalid
from foundation.notifications.models import OutboxMessage
from tests.support.house import (
    DAY,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tickets import queries, services
from tickets.masking import MAX_SUBJECT
from tickets.models import Ticket
from tickets.services import (
    ActionNotAllowed,
    MayNotRaise,
    NewTicket,
)
from tickets.services.raising import MAX_TEXT


def test_the_matrix_of_the_contract_gives_the_priority(house: House) -> None:
    from catalog.services import publish_matrix

    cells = {(Urgency.LOW, Impact.MINOR): Priority.CRITICAL}
    publish_matrix(
        contract=house.contract, cells=cells, effective_from=MONDAY_9AM, by=SETUP, at=MONDAY_9AM
    )

    assert make_ticket(house, urgency=Urgency.LOW).priority == Priority.CRITICAL
    assert make_ticket(house, urgency=Urgency.MEDIUM).priority == Priority.MEDIUM
    south = make_ticket(
        house, urgency=Urgency.LOW, organization=house.south, requester=house.outsider
    )
    assert south.priority == Priority.LOW


def test_an_expired_contract_is_accepted_flagged_and_told(house: House) -> None:
    Contract.objects.filter(organization=house.north).update(ends_on=MONDAY_9AM.date() - DAY)

    ticket = make_ticket(house)

    assert (ticket.is_out_of_contract, ticket.contract) == (True, None)
    assert (
        OutboxMessage.objects.get(template="out_of_contract").to_email
        == house.staff["desk_supervisor"].email
    )


def test_a_person_of_another_customer_cannot_be_the_requester(house: House) -> None:
    from foundation.accounts.models import Membership
    from foundation.core.tenancy import ScopeError

    foreign = Membership.objects.select_related("organization", "user").get(user=house.outsider)
    wanted = services.NewTicket(
        membership=foreign,
        subject="Theirs",
        description="x",
        kind="incident",
        service=house.services["erp"],
        impact="minor",
        urgency="low",
    )
    with organization_scope(house.north.pk), pytest.raises(ScopeError):
        services.raise_ticket(request=wanted, by=by(house.requester), at=MONDAY_9AM)
    with pytest.raises(MayNotRaise):
        services.raise_ticket(request=wanted, by=by(house.requester), at=MONDAY_9AM)


def test_a_report_recipient_raises_no_tickets(house: House) -> None:
    with pytest.raises(MayNotRaise):
        make_ticket(house, requester=house.people["report_recipient"])


def test_only_the_requester_or_a_coordinator_answers(house: House) -> None:
    ticket = make_ticket(house)

    services.reply_as_customer(
        ticket=fresh(ticket), body="More data.", by=by(house.people["coordinator"]), at=MONDAY_9AM
    )
    with pytest.raises(ActionNotAllowed):
        services.reply_as_customer(
            ticket=fresh(ticket),
            body="Me too.",
            by=by(house.people["company_manager"]),
            at=MONDAY_9AM,
        )


def test_visibility_by_role(house: House) -> None:
    ticket = make_ticket(house)
    foreign = make_ticket(house, organization=house.south, requester=house.outsider)

    seen = {
        name: set(queries.visible_to(user).values_list("pk", flat=True))
        for name, user in house.people.items()
    }
    assert {name for name, pks in seen.items() if ticket.pk in pks} == {
        "requester",
        "company_manager",
        "coordinator",
    }
    assert not any(foreign.pk in pks for pks in seen.values())
    Ticket.objects.filter(pk=ticket.pk).update(site=house.people and _site(house))
    assert ticket.pk in set(
        queries.visible_to(house.people["site_supervisor"]).values_list("pk", flat=True)
    )


def _site(house: House) -> Any:
    from foundation.accounts.models import Membership

    return Membership.objects.get(user=house.people["site_supervisor"]).site


@pytest.mark.parametrize(
    ("subject", "description", "refused"),
    [
        (" ab ", "It says: not allowed.", ["subject"]),
        ("a" * (MAX_SUBJECT + 1), "It says: not allowed.", ["subject"]),
        ("abc", " ", ["description"]),
        ("abc", "x" * (MAX_TEXT + 1), ["description"]),
        ("", "", ["description", "subject"]),
    ],
)
def test_short_and_long_texts_are_refused_by_field_and_no_ticket_is_raised(
    house: House, subject: str, description: str, refused: list[str]
) -> None:
    membership = Membership.objects.select_related("organization", "user").get(user=house.requester)

    def ask(subject: str, description: str) -> Ticket:
        request = NewTicket(
            membership=membership,
            subject=subject,
            description=description,
            kind=Kind.INCIDENT,
            service=house.services["erp"],
            impact=Impact.MINOR,
            urgency=Urgency.LOW,
        )
        return services.raise_ticket(request=request, by=by(house.requester), at=MONDAY_9AM)

    with pytest.raises(Invalid) as caught:
        ask(subject, description)

    assert sorted(caught.value.fields) == refused
    assert not Ticket.objects.exists()
    assert ask("abc", "x").subject == "abc"
    assert ask("a" * MAX_SUBJECT, "x" * MAX_TEXT).description == "x" * MAX_TEXT


@pytest.mark.parametrize("text", ["\u200b\u200b\u200b", "\u202e \t\x00 \ufeff", "\u3164" * 5])
def test_characters_that_show_nothing_are_no_subject_and_no_description(
    house: House, text: str
) -> None:
    with pytest.raises(Invalid) as subject:
        make_ticket(house, subject=text)
    with pytest.raises(Invalid) as description:
        make_ticket(house, description=text)

    assert list(subject.value.fields) == ["subject"]
    assert list(description.value.fields) == ["description"]
    assert not Ticket.objects.exists()


def test_a_subject_is_one_line(house: House) -> None:
    ticket = make_ticket(house, subject="\ufeff The\tinvoice\r\nfails \u200b")

    assert fresh(ticket).subject == "The invoice fails"
