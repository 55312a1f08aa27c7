"""Regressions found in review: addresses, mail to people who left, rows moved between
organizations, invalid input, sweeps that run before a commit.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Contract
from foundation.accounts.models import Membership, ServiceAccount, User
from foundation.accounts.services import issue_service_account_token, issue_user_token
from foundation.core.classification import Impact, Priority, Urgency
from foundation.core.errors import Invalid
from foundation.core.tenancy import ScopeError
from foundation.notifications.models import OutboxMessage
from reports import services as reports
from sla.clocks.models import Clock
from sla.metrics import Metric
from sla.policies.models import PolicyTarget, PolicyVersion
from tests.support.api import Api
from tests.support.clocks import clock_of, sweep
from tests.support.house import (
    HOUR,
    MINUTE,
    MONDAY_9AM,
    SETUP,
    House,
    by,
    fresh,
    make_ticket,
)
from tests.support.tickets import classify
from tickets import services
from tickets.services import TransitionDetails


def test_an_address_cannot_be_taken_by_its_claimant(house: House, sign_in: Any) -> None:
    client = sign_in(house.outsider)

    for action in ("action_add", "action_primary"):
        assert (
            client.post(
                "/accounts/email/", {"email": "new.hire@north.example", action: ""}
            ).status_code
            == 404
        )
    assert User.objects.get(pk=house.outsider.pk).email == "requester@south.example"


def test_a_suspended_requester_gets_no_mail(house: House) -> None:
    ticket = make_ticket(house)
    Membership.objects.filter(user=house.requester).update(is_suspended=True)

    services.reply_to_customer(
        ticket=fresh(ticket), body="Confidential.", by=by(house.agent), at=MONDAY_9AM
    )

    assert not OutboxMessage.objects.filter(template="ticket_reply").exists()


def test_staff_of_other_customers_are_not_notified_and_not_assigned(house: House) -> None:
    house.level_two.organizations.add(house.south)
    supervisor = house.staff["desk_supervisor"]
    house.level_two.members.add(supervisor)
    ticket = make_ticket(house)

    sweep(MONDAY_9AM + 31 * MINUTE)

    assert not OutboxMessage.objects.filter(recipient=supervisor).exists()
    with pytest.raises(Invalid):
        services.assign_ticket(
            ticket=fresh(ticket),
            assignee=house.staff["consultant"],
            by=by(house.agent),
            at=MONDAY_9AM,
        )
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    details = TransitionDetails(team=house.level_two, reason="x")
    with pytest.raises(services.DetailsMissing):
        services.transition_ticket(
            ticket=fresh(ticket), name="assign", details=details, by=by(house.agent), at=MONDAY_9AM
        )


def test_a_restricted_administrator_cannot_touch_people_groups_or_tokens(
    house: House, sign_in: Any
) -> None:
    house.level_two.members.add(house.staff["administrator"])
    house.level_two.organizations.add(house.south)
    client = sign_in(house.staff["administrator"])

    for path in (
        "user/",
        f"user/{house.requester.pk}/change/",
        "team/",
        f"team/{house.level_two.pk}/change/",
        "apitoken/",
    ):
        assert client.get(f"/admin/accounts/{path}").status_code == 403, path


def test_a_row_never_moves_to_another_organization(house: House) -> None:
    contract = Contract.objects.get(pk=house.contract.pk)
    contract.organization_id = house.south.pk

    with pytest.raises(ScopeError):
        contract.save()


def test_a_service_account_needs_a_coordinator_as_long_as_it_lives(house: House) -> None:
    with pytest.raises(ValidationError):
        ServiceAccount(organization=house.north, name="x", contact=house.agent).full_clean()
    secret = issue_service_account_token(
        name="W",
        organization=house.north,
        contact=house.people["coordinator"],
        by=SETUP,
        at=MONDAY_9AM,
    )
    assert Api(secret).get("tickets/").status_code == 200

    Membership.objects.filter(user=house.people["coordinator"]).update(roles=["requester"])

    assert Api(secret).get("tickets/").status_code == 401


def test_reclassification_starts_and_ends_the_promises_of_the_priority(house: House) -> None:
    policy = PolicyVersion.objects.create(
        organization=house.north,
        contract=house.contract,
        number=1,
        effective_from=MONDAY_9AM - HOUR,
    )
    PolicyTarget.objects.create(
        organization=house.north,
        policy=policy,
        metric=Metric.RESOLUTION,
        priority=Priority.CRITICAL,
        minutes=240,
    )
    ticket = make_ticket(house, urgency=Urgency.LOW)
    assert not Clock.objects.filter(ticket=ticket, metric=Metric.RESOLUTION).exists()

    classify(house, ticket, MONDAY_9AM + HOUR, impact=Impact.EXTENSIVE, urgency=Urgency.CRITICAL)
    # the hour already used counts
    assert clock_of(ticket, Metric.RESOLUTION).due_at == MONDAY_9AM + 4 * HOUR

    classify(house, ticket, MONDAY_9AM + 2 * HOUR, impact=Impact.MINOR, urgency=Urgency.LOW)
    assert clock_of(ticket, Metric.RESOLUTION).state == "withdrawn"


def test_a_priority_with_equal_targets_still_counts_as_itself(house: House) -> None:
    ticket = make_ticket(house, urgency=Urgency.LOW)

    classify(house, ticket, MONDAY_9AM + MINUTE, urgency=Urgency.MEDIUM)

    assert set(Clock.objects.filter(ticket=ticket).values_list("priority", flat=True)) == {
        Priority.MEDIUM
    }


def test_an_act_in_time_is_met_when_the_sweep_ran_before_its_commit(
    house: House,
) -> None:
    ticket = make_ticket(house)
    sweep(MONDAY_9AM + HOUR + timedelta(seconds=3))

    services.reply_to_customer(
        ticket=fresh(ticket),
        body="In time.",
        by=by(house.agent),
        at=MONDAY_9AM + HOUR - timedelta(seconds=2),
    )

    assert (clock_of(ticket).is_met, clock_of(ticket).breached_at) == (True, None)


def test_an_answer_resumes_a_ticket_that_became_pending_after_the_page_was_opened(
    house: House,
) -> None:
    ticket = make_ticket(house)
    services.transition_ticket(
        ticket=fresh(ticket), name="start", by=by(house.agent), at=MONDAY_9AM
    )
    opened = fresh(ticket)
    services.transition_ticket(
        ticket=fresh(ticket),
        name="pend_user",
        details=TransitionDetails(message="?"),
        by=by(house.agent),
        at=MONDAY_9AM,
    )

    services.reply_as_customer(
        ticket=opened, body="Here.", by=by(house.requester), at=MONDAY_9AM + MINUTE
    )

    assert fresh(ticket).state == "in_progress"


def test_a_version_that_was_never_read_is_stale(house: House) -> None:
    ticket = make_ticket(house)

    with pytest.raises(services.StaleTicket):
        services.transition_ticket(
            ticket=fresh(ticket),
            name="start",
            by=by(house.agent),
            at=MONDAY_9AM,
            expected_version=ticket.version + 1,
        )


def test_the_monthly_report_is_sent_after_an_early_download(house: House) -> None:
    first = datetime(2026, 4, 1, 12, tzinfo=UTC)
    issue = reports.request_report(
        organization=house.north,
        month=date(2026, 3, 1),
        language="es",
        by=SETUP,
        at=first,
    )
    reports.make_report(issue_id=issue.pk, at=first)

    for _ in range(2):
        reports.issue_monthly_report(organization=house.north, at=first + HOUR)

    assert OutboxMessage.objects.filter(template="monthly_report").count() == 1


def test_a_customer_is_not_told_of_internal_notes_by_a_stale_answer(house: House) -> None:
    ticket = make_ticket(house)
    services.add_note(ticket=fresh(ticket), body="Internal.", by=by(house.agent), at=MONDAY_9AM)
    customer = Api(issue_user_token(user=house.requester, by=SETUP, at=MONDAY_9AM))

    answer = customer.post(
        f"tickets/{ticket.number}/transitions/",
        {"transition": "cancel", "reason": "x"},
        If_Match='"0"',
    )

    assert answer.status_code == 412
    assert {change["what"] for change in answer.json()["changes"]} == {"Ticket raised"}


@pytest.mark.parametrize(
    "path",
    [
        "/reports/?month=9999-12",
        "/reports/?month=0001-01",
        "/tickets/?q=%00",
        "/tickets/?page=99999999999999999999",
        "/api/v1/tickets/?cursor=cD1hYmM=",
        "/api/v1/tickets/?received_after=0001-01-01T00:00:00%2B14:00",
        "/api/v1/tickets/99999999999999999999999/",
    ],
)
def test_odd_input_is_refused_and_never_an_error_of_ours(
    house: House, sign_in: Any, path: str
) -> None:
    assert sign_in(house.people["coordinator"]).get(path).status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "path",
    [
        "/admin/queue/?page=²",
        "/admin/queue/?page=10000000000000000000000",
        "/admin/queue/?priority=x&state=y",
    ],
)
def test_odd_input_at_the_desk(house: House, sign_in: Any, path: str) -> None:
    assert sign_in(house.agent).get(path).status_code == 200


def test_too_many_files_are_refused_and_not_dropped(house: House) -> None:
    from io import BytesIO

    from foundation.documents.checking import check_upload
    from tickets.models import Message

    files = [check_upload(name=f"{n}.txt", stream=BytesIO(b"x"), size_bytes=1) for n in range(11)]

    with pytest.raises(Invalid), transaction.atomic():
        services.reply_as_customer(
            ticket=make_ticket(house),
            body="Many.",
            files=files,
            by=by(house.requester),
            at=MONDAY_9AM,
        )
    assert not Message.objects.exists()
