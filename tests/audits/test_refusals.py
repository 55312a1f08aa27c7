"""Every page and API route of audits allows an act to exactly the roles of the table."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from audits import services
from audits.models import AuditRequest, AuditState, Conference, Evidence, Visit, VisitPlace
from audits.permissions import Act
from audits.services import NewVisit
from foundation.accounts.models import Membership
from foundation.accounts.services import issue_user_token
from foundation.core.errors import NotAllowed
from foundation.core.zones import zone
from tests.support.audits import (
    ITEMS_OF_TABLE,
    TABLE,
    Undone,
    again,
    approve,
    ask,
    confer,
    filled,
    prepare,
    upload,
)
from tests.support.house import (
    MONDAY_9AM,
    STAFF_EMAILS,
    House,
    by,
)
from tickets.models import Ticket
from tickets.states import State

STATES = {Act.EVALUATE: AuditState.EVALUATING, Act.RESUME: AuditState.STOPPED}


def _audit(house: House, act: Act) -> AuditRequest:
    audit = ask(
        house,
        items=ITEMS_OF_TABLE,
        visit=NewVisit(VisitPlace.DATA_CENTRE, date(2026, 3, 9), "Elsa"),
    )
    prepare(house, audit, 1, user=house.staff["consultant"])
    approve(house, audit, prepare(house, audit, 2, user=house.staff["consultant"]))
    if act in {Act.MOVE_CONFERENCE, Act.CANCEL_CONFERENCE}:
        confer(house, audit, timezone.now() + timedelta(days=20))
    changes: dict[str, Any] = {"state": STATES.get(act, AuditState.OPEN)}
    if act is Act.RELEASE:
        Ticket.objects.filter(pk=audit.ticket_id).update(state=State.CANCELLED)
    if act is Act.COMPLETE:
        changes["reopened_at"] = MONDAY_9AM
        audit.items.update(set_aside_reason="Answered before")
    AuditRequest.objects.filter(pk=audit.pk).update(**changes)
    return again(audit)


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.csv", b"a;b\n")


def _today(audit: AuditRequest) -> datetime:
    return timezone.now().astimezone(zone(audit.organization.time_zone))


def _desk(audit: AuditRequest, act: Act) -> tuple[str, dict[str, Any]]:
    """Return the path and the complete data of an act on the desk's page."""
    waiting, approved = (
        Evidence.objects.filter(item__audit=audit)
        .order_by("item__number")
        .values_list("pk", flat=True)
    )
    reason = {"reason": "Because."}
    targets: dict[Act, tuple[int, dict[str, Any]]] = {
        Act.EVALUATE: (0, reason | {"approves": "yes"}),
        Act.PLAN_ITEM: (3, {"preparer": "", "prepare_by": f"{_today(audit):%Y-%m-%d}"}),
        Act.PREPARE: (3, {"classification": "internal", "file": _file()}),
        Act.APPROVE: (waiting, {}),
        Act.REFUSE: (waiting, reason),
        Act.DELIVER: (approved, {}),
        Act.SET_ASIDE: (3, reason),
        Act.WAIVE: (3, reason | {"agreed_by": "Elsa"}),
        Act.COMPLETE: (0, {}),
        Act.SEND_DELAY_NOTICE: (0, reason | {"new_date": "2040-01-02"}),
        Act.SCHEDULE: (
            0,
            {
                "starts_at": f"{timezone.now() + timedelta(days=30):%Y-%m-%dT10:00}",
                "minutes": "30",
                "place": "Sala",
                "attendees": "x@y.example",
            },
        ),
        Act.MOVE_CONFERENCE: (
            Conference.objects.filter(audit=audit).values_list("pk", flat=True).first() or 0,
            {
                "starts_at": f"{timezone.now() + timedelta(days=31):%Y-%m-%dT10:00}",
                "minutes": "30",
                "place": "Sala 2",
            },
        ),
        Act.CANCEL_CONFERENCE: (
            Conference.objects.filter(audit=audit).values_list("pk", flat=True).first() or 0,
            {},
        ),
        Act.ANSWER_VISIT: (Visit.objects.get(audit=audit).pk, {"authorizes": "yes", "answer": ""}),
        Act.STOP: (0, reason),
        Act.RESUME: (0, reason),
        Act.RELEASE: (0, reason),
    }
    target, data = targets[act]
    return f"/admin/audits/{audit.ticket.number}/{act}/{target}/", data


def _through(client: Client, path: str, data: dict[str, Any], **more: Any) -> int:
    """Send it, take it back, and return the status."""
    status = 0
    try:
        with transaction.atomic():
            status = client.post(path, data, **more).status_code
            raise Undone
    except Undone:
        return status


@pytest.mark.once
@pytest.mark.parametrize("act", list(Act))
def test_the_desks_page_lets_exactly_the_roles_of_the_table_do_it(house: House, act: Act) -> None:
    audit = _audit(house, act)
    passed: set[str] = set()
    refused: set[str] = set()
    for role, person in {**house.staff, **house.people, "outsider": house.outsider}.items():
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        path, data = _desk(audit, act)
        status = _through(client, path, data)
        (passed if status == 302 and role in STAFF_EMAILS else refused).add(role)
        assert status in {302, 403, 404}, (role, status)

    assert passed == TABLE[act][0]


@pytest.mark.once
@pytest.mark.parametrize(
    "act", [Act.PREPARE, Act.APPROVE, Act.REFUSE, Act.DELIVER, Act.SEND_DELAY_NOTICE]
)
def test_the_api_lets_exactly_the_roles_of_the_table_do_it(house: House, act: Act) -> None:
    audit = _audit(house, act)
    waiting, approved = (
        Evidence.objects.filter(item__audit=audit)
        .order_by("item__number")
        .values_list("pk", flat=True)
    )
    root = f"/api/v1/audits/{audit.ticket.number}"
    passed = set()
    for role, person in {**house.staff, **house.people, "outsider": house.outsider}.items():
        path, data, more = {
            Act.PREPARE: (
                f"{root}/evidence/",
                {"item": 3, "classification": "internal", "file": _file()},
                {},
            ),
            Act.APPROVE: (
                f"{root}/evidence/{waiting}/approve/",
                {},
                {"content_type": "application/json"},
            ),
            Act.REFUSE: (
                f"{root}/evidence/{waiting}/refuse/",
                {"reason": "No"},
                {"content_type": "application/json"},
            ),
            Act.DELIVER: (
                f"{root}/evidence/{approved}/deliver/",
                {},
                {"content_type": "application/json"},
            ),
            Act.SEND_DELAY_NOTICE: (
                f"{root}/delay-notices/",
                {"reason": "X", "new_date": "2040-01-02"},
                {"content_type": "application/json"},
            ),
        }[act]
        token = issue_user_token(user=person, by=by(person), at=MONDAY_9AM)
        status = _through(
            Client(), path, data, headers={"Authorization": f"Bearer {token}"}, **more
        )
        if status in {200, 201}:
            passed.add(role)
        else:
            assert status in {403, 404}, (role, status)

    assert passed == TABLE[act][0]


@pytest.mark.once
def test_the_audit_area_and_the_desk_alone_register_for_a_customer(house: House) -> None:
    """Nor does a customer's own person ask in the name of another."""
    membership = Membership.objects.get(user=house.requester, organization=house.north)
    passed = set()
    for role, person in {**house.staff, **house.people, "outsider": house.outsider}.items():
        form = upload(filled(house), "form.xlsx")
        try:
            with transaction.atomic():
                services.request_audit(
                    membership=membership, form=form, by=by(person), at=MONDAY_9AM
                )
                passed.add(role)
                raise Undone
        except Undone:
            pass
        except NotAllowed:
            assert not AuditRequest.objects.exists()

    desk = {"agent", "agent2", "desk_supervisor", "desk_manager"}
    assert passed == desk | {"audit_area", "requester"}
