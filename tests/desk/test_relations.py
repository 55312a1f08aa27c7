"""Links, merges and followers on the desk's ticket page."""

from typing import Any

import pytest

from foundation.accounts.models import Membership
from tests.support.house import MONDAY_9AM, House, by, fresh, make_ticket
from tests.support.tickets import solved, started, step
from tickets import services
from tickets.models import LinkKind, Merge, Ticket, TicketLink, Watcher

pytestmark = pytest.mark.usefixtures("monday")


def path(ticket: Ticket, rest: str) -> str:
    return f"/admin/tickets/{ticket.number}/{rest}"


def test_two_tickets_are_linked_by_number_and_parted_again(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    other = make_ticket(house, subject="The printer fails")

    typed = {"kind": "duplicate", "other": f"{other.number} {other.subject}"}
    answer = client.post(path(ticket, "links/"), typed, follow=True)

    made = TicketLink.objects.get()
    assert (made.source, made.target, made.kind) == (ticket, other, "duplicate")
    assert "enlazados" in answer.content.decode()
    side = client.get(path(ticket, "panels/after_page/")).content.decode()
    assert "Duplicado de" in side
    assert "The printer fails" in side
    client.post(path(other, f"links/{made.pk}/remove/"))
    assert not TicketLink.objects.exists()
    gone = client.post(path(other, f"links/{made.pk}/remove/"), follow=True)
    assert "ya no existe" in gone.content.decode()


@pytest.mark.parametrize(
    ("number", "words"),
    [("TK-999999", "No existe"), ("", "Este campo es requerido"), ("itself", "consigo mismo")],
)
def test_a_refused_link_keeps_what_was_typed(
    house: House, sign_in: Any, number: str, words: str
) -> None:
    ticket = make_ticket(house)
    typed = ticket.number if number == "itself" else number

    answer = sign_in(house.agent).post(path(ticket, "links/"), {"kind": "part_of", "other": typed})

    page = answer.content.decode()
    assert answer.status_code in {400, 403}
    assert words in page
    assert f'value="{typed}"' in page or not typed
    assert not TicketLink.objects.exists()


def test_another_customers_ticket_is_not_told_from_none_by_who_does_not_serve_it(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    foreign = make_ticket(house, requester=house.outsider, subject="Canary of the south")
    house.level_two.organizations.add(house.north)
    house.level_two.members.add(house.agent)
    client = sign_in(house.agent)

    pages = [
        client.post(path(ticket, "links/"), {"kind": "related", "other": number}).content.decode()
        for number in (foreign.number, "TK-999999")
    ]
    pages.append(client.get(path(ticket, f"merge/preview/?into={foreign.number}")).content.decode())

    assert all("No existe" in page and "Canary" not in page for page in pages)


def test_a_merge_is_shown_then_done_then_undone(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    coordinator = house.people["coordinator"]
    ticket = make_ticket(house)
    survivor = make_ticket(house, requester=coordinator, subject="All invoices fail")

    preview = client.get(path(ticket, f"merge/preview/?into={survivor.number}")).content.decode()

    assert not Merge.objects.exists()
    for words in ("All invoices fail", str(house.requester), "Reacción", "La otra dirección"):
        assert words in preview
    answer = client.post(
        path(ticket, "merge/"), {"into": survivor.number, "version": ticket.version}, follow=True
    )
    assert answer.redirect_chain[-1][0] == path(survivor, "")
    assert path(ticket, "unmerge/") in answer.content.decode()  # the button that undoes it
    page = client.get(path(ticket, "")).content.decode()
    assert f"Continúa en {survivor.number}" in page
    answer = {"kind": "reply", "body": "Here?", "last_message": "0", "version": "1"}
    refused = client.post(path(ticket, "say/"), answer)
    assert f"continúa en {survivor.number}: escríbalo ahí" in refused.content.decode()
    client.post(path(ticket, "unmerge/"))
    assert (fresh(ticket).state, fresh(ticket).merged_into) == ("new", None)


def test_a_merge_of_a_ticket_that_changed_meanwhile_says_what_changed(
    house: House, sign_in: Any
) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house)
    step(house, ticket, "start", MONDAY_9AM)

    answer = sign_in(house.agent).post(
        path(ticket, "merge/"), {"into": survivor.number, "version": ticket.version}
    )

    assert answer.status_code == 409
    assert "Nuevo → En proceso" in answer.content.decode()
    assert not Merge.objects.exists()


def test_a_merge_that_is_refused_says_why_on_the_ticket(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    ended = make_ticket(house)
    step(house, ended, "reject", MONDAY_9AM, reason="No.")
    client = sign_in(house.agent)

    for number, words in ((ended.number, "terminó"), ("TK-999999", "No existe")):
        answer = client.get(path(ticket, f"merge/preview/?into={number}"))
        assert answer.status_code in {400, 403}
        assert words in answer.content.decode()
    answer = client.post(path(ticket, "unmerge/"))
    assert answer.status_code == 400
    assert "no está fusionado" in answer.content.decode()


def test_the_open_parts_of_a_solved_ticket_are_offered(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    parent = started(house)
    part = started(house)
    done = started(house)
    for each in (part, done):
        services.link_tickets(
            ticket=each, other=parent, kind=LinkKind.PART_OF, by=by(house.agent), at=MONDAY_9AM
        )
    solution = {"solution_type": "definitive", "message": "Done."}
    step(house, done, "solve", MONDAY_9AM, **solution)
    before = client.get(path(parent, "panels/after_page/")).content.decode()
    assert "sigue abierta" not in before
    step(house, parent, "solve", MONDAY_9AM, **solution)

    side = client.get(path(parent, "panels/after_page/")).content.decode()

    assert "1 parte de este ticket sigue abierta" in side
    chosen = f"{part.pk}:{fresh(part).version}"
    assert f'value="{chosen}"' in side
    posted = {"act": "step", "step": "solve", "ticket": [chosen], "next": path(parent, "")}
    preview = client.post("/admin/queue/preview/", posted)
    assert str(house.requester) in preview.content.decode()  # who is told
    client.post("/admin/queue/apply/", {**posted, **solution})
    assert fresh(part).state == "solved"


def test_people_begin_and_end_to_follow(house: House, sign_in: Any) -> None:
    client = sign_in(house.agent)
    ticket = make_ticket(house)
    approver = house.people["approver"]

    offered = client.get(path(ticket, "followers/people/")).content.decode()
    assert approver.email in offered
    assert house.outsider.email not in offered
    client.post(path(ticket, "followers/"), {"follower": approver.email.upper()})
    assert ">Seguir" in client.get(path(ticket, "panels/followers/")).content.decode()
    client.post(path(ticket, "followers/"))
    assert ">Seguir" not in client.get(path(ticket, "panels/followers/")).content.decode()
    assert {each.person for each in Watcher.objects.all()} == {house.agent, approver}
    panel = client.get(path(ticket, "panels/followers/")).content.decode()
    assert str(approver) in panel
    refused = client.post(path(ticket, "followers/"), {"follower": house.outsider.email})
    assert refused.status_code == 400
    assert "Nadie con esta dirección" in refused.content.decode()
    client.post(path(ticket, f"followers/{approver.pk}/remove/"))
    assert {each.person for each in Watcher.objects.all()} == {house.agent}
    gone = client.post(path(ticket, f"followers/{approver.pk}/remove/"), follow=True)
    assert "no sigue el ticket" in gone.content.decode()


def test_who_reads_only_sees_the_links_and_no_form(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    other = make_ticket(house)
    services.link_tickets(
        ticket=ticket, other=other, kind=LinkKind.RELATED, by=by(house.agent), at=MONDAY_9AM
    )

    side = sign_in(house.staff["bpo"]).get(path(ticket, "panels/after_page/")).content.decode()

    assert other.number in side
    assert path(ticket, "links/") not in side


def test_who_only_reads_has_no_button_that_undoes_a_merge(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    survivor = make_ticket(house)
    services.merge_tickets(ticket=ticket, survivor=survivor, by=by(house.agent), at=MONDAY_9AM)

    pages = {
        name: sign_in(house.staff[name]).get(path(ticket, "")).content.decode()
        for name in ("agent", "bpo")
    }

    assert path(ticket, "unmerge/") in pages["agent"]
    assert path(ticket, "unmerge/") not in pages["bpo"]
    assert f"Continúa en {survivor.number}" in pages["bpo"]


def test_a_solved_survivor_cannot_be_swapped(house: House, sign_in: Any) -> None:
    ticket = make_ticket(house)
    open_one = make_ticket(house)
    client = sign_in(house.agent)

    offered = client.get(path(ticket, f"merge/preview/?into={open_one.number}"))
    assert "La otra dirección" in offered.content.decode()
    answer = client.get(path(ticket, f"merge/preview/?into={solved(house).number}"))
    assert "La otra dirección" not in answer.content.decode()


def test_the_preview_of_a_step_says_who_is_told(house: House, sign_in: Any) -> None:
    ticket = started(house)
    for name in ("agent2", "service_delivery"):
        person = house.staff[name]
        services.watch_ticket(ticket=ticket, person=person, by=by(house.agent), at=MONDAY_9AM)
    house.staff["service_delivery"].staff_roles = ["commercial"]
    house.staff["service_delivery"].save()
    posted = {"act": "step", "step": "solve", "ticket": f"{ticket.pk}:{fresh(ticket).version}"}

    def told() -> str:
        page = sign_in(house.agent).post("/admin/queue/preview/", posted).content.decode()
        return " ".join(page.split())

    assert f"Reciben un correo: {house.requester}, {house.staff['agent2']} <" in told()
    Membership.objects.filter(user=house.requester).update(is_suspended=True)
    assert f"Reciben un correo: {house.staff['agent2']} <" in told()
