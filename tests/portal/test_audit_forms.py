"""The portal's forms of an audit: the visit, the company, the files, and what comes back."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audits.models import AuditRequest, Conference
from foundation.accounts.models import Membership, User
from tests.support.audits import FIELDS, ask, confer, filled
from tests.support.house import House

ADDRESS = "/audits/new/"
VISIT = {"visit_on": "2026-03-20", "visit_place": "data_centre", "visitors": "Elsa"}


pytestmark = pytest.mark.usefixtures("monday")


def workbook(house: House, **fields: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("f.xlsx", filled(house, fields=fields))


def form(house: House, **changes: Any) -> dict[str, Any]:
    return {"how": "file", "form": workbook(house), **changes}


def join_south(house: House) -> User:
    """Make the requester of the north a requester of the south too."""
    Membership.objects.create(organization=house.south, user=house.requester, roles=["requester"])
    return house.requester


def told(page: Any) -> list[str]:
    return [str(each) for each in page.context["messages"]]


@pytest.mark.parametrize(
    ("lacks", "errors"),
    [
        ("visit_place", {"visit_place": ["This is needed for the visit."]}),
        ("visitors", {"visitors": ["This is needed for the visit."]}),
        ("visit_on", {"visit_on": ["Say on which day."]}),
    ],
)
def test_an_incomplete_visit_is_refused(
    house: House, sign_in: Any, lacks: str, errors: dict[str, list[str]]
) -> None:
    page = sign_in(house.requester).post(ADDRESS, form(house, **(VISIT | {lacks: ""})))

    assert (page.status_code, page.context["form"].errors) == (400, errors)
    assert page.context["cells"] == {}
    assert not AuditRequest.objects.exists()


@pytest.mark.parametrize("alone", ["visit_place", "visitors"])
def test_one_detail_of_a_visit_asks_for_its_day(house: House, sign_in: Any, alone: str) -> None:
    page = sign_in(house.requester).post(ADDRESS, form(house, **{alone: VISIT[alone]}))

    assert (page.status_code, list(page.context["form"].errors)) == (400, ["visit_on"])


def test_an_audit_without_a_visit_is_requested_and_shows_its_number(
    house: House, sign_in: Any
) -> None:
    page = sign_in(house.requester).post(ADDRESS, form(house), follow=True)

    audit = AuditRequest.objects.get()
    assert page.redirect_chain == [(f"/audits/{audit.ticket.number}/", 302)]
    assert told(page) == [f"{audit.ticket.number} was raised. We sent you a copy by e-mail."]
    assert audit.auditor_company == FIELDS["C4"]


def test_wrong_cells_are_listed_with_and_without_wrong_fields(house: House, sign_in: Any) -> None:
    client = sign_in(house.requester)

    cells = client.post(ADDRESS, form(house, form=workbook(house, C4=None)))
    both = client.post(ADDRESS, form(house, form=workbook(house, C5=None), visitors="Elsa"))
    no_form = client.post(ADDRESS, {"how": "file", "visitors": "Elsa"})

    assert [page.status_code for page in (cells, both, no_form)] == [400] * 3
    assert [
        [name.partition("!")[2] for name in page.context["cells"]]
        for page in (cells, both, no_form)
    ] == [["C4"], ["C5"], []]
    assert sorted(both.context["form"].errors) == ["form", "visit_on"]
    listed = both.content.decode().count("!C5")
    assert (listed, "listed above" in both.content.decode()) == (1, True)
    assert sorted(no_form.context["form"].errors) == ["form", "visit_on"]


def test_the_company_is_a_choice_only_for_members_of_several(house: House, sign_in: Any) -> None:
    one = sign_in(house.requester).get(ADDRESS)
    client = sign_in(join_south(house))
    several = client.get(ADDRESS)
    chosen = client.get(ADDRESS, {"organization": "south"})
    unknown = client.get(ADDRESS, {"organization": "east"})

    assert one.context["organization"] == house.north
    assert "form" not in several.context
    assert [each.organization for each in several.context["memberships"]] == [
        house.north,
        house.south,
    ]
    assert chosen.context["organization"] == house.south
    assert "form" not in unknown.context
    assert one.context["form"].fields["form"].widget.attrs["accept"] == ".xlsx"


def test_a_used_allowance_closes_the_form_unless_another_company_has_one(
    house: House, sign_in: Any
) -> None:
    ask(house)
    client = sign_in(house.requester)

    read = client.get(ADDRESS)
    sent = client.post(ADDRESS, form(house))
    listed = client.get("/audits/")
    of_two = sign_in(join_south(house)).get(ADDRESS, {"organization": "south"})
    listed_of_two = client.get("/audits/")

    assert (read.status_code, sent.status_code, of_two.status_code) == (200, 400, 200)
    assert ("form" in read.context, "form" in of_two.context) == (False, True)
    assert (listed.context["can_request"], listed_of_two.context["can_request"]) == (False, True)
    assert AuditRequest.objects.count() == 1


def test_a_person_who_cannot_request_audits_gets_no_form(house: House, sign_in: Any) -> None:
    client = sign_in(house.people["report_recipient"])

    assert client.get(ADDRESS).status_code == 404
    assert client.get("/audits/form/north/").status_code == 404


def test_a_later_visit_is_confirmed_and_a_refused_one_keeps_its_day(
    house: House, sign_in: Any
) -> None:
    number = ask(house).ticket.number
    client = sign_in(house.requester)
    typed = {"on": "2026-03-20", "place": "data_centre", "visitors": "Elsa"}

    refused = client.post(f"/audits/{number}/visit/", typed | {"on": "2026-03-03"})
    done = client.post(f"/audits/{number}/visit/", typed, follow=True)

    assert refused.status_code == 400
    assert refused.context["visit_form"].errors
    assert told(done) == ["The visit is announced. We will notify you when access is authorized."]


def test_a_conference_is_served_as_a_calendar_file(house: House, sign_in: Any) -> None:
    audit = ask(house)
    confer(house, audit)
    number = audit.ticket.number
    conference = Conference.objects.get()

    answer = sign_in(house.requester).get(f"/audits/{number}/conferences/{conference.pk}/")

    assert (answer.status_code, answer["Content-Type"], answer["Content-Disposition"]) == (
        200,
        "text/calendar; charset=utf-8",
        f'attachment; filename="{number}.ics"',
    )
    assert b"DTSTART:20260303T150000Z" in answer.content
