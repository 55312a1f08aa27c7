"""Making and changing endpoints: who may, what is refused, what is recorded."""

from typing import Any

import pytest

from foundation.accounts.models import Team, User
from foundation.activity.models import Record
from foundation.core.errors import DomainError, Invalid, NotAllowed, NotFound
from foundation.core.sealing import CannotUnseal, seal, unseal
from foundation.notifications.models import OutboxMessage
from foundation.webhooks import queries, services, verbs
from foundation.webhooks.models import Delivery, Endpoint
from foundation.webhooks.queries import listeners
from foundation.webhooks.services.endpoints import SECRETS
from tests.support.house import DAY, HOUR, MINUTE, MONDAY_9AM, SECOND, House, by, make_ticket
from tests.support.receiver import Receiver
from tests.support.webhooks import (
    PUBLIC,
    deliver,
    endpoint,
    endpoint_with_secret,
    failures,
    statuses,
)


def administrator(house: House) -> User:
    return house.staff["administrator"]


def told_of(made: Endpoint) -> list[str]:
    records = Record.objects.filter(object_type="webhooks.endpoint", object_id=made.pk)
    return list(records.order_by("pk").values_list("verb", flat=True))


def letters(template: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template=template).order_by("pk"))


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"url": "http://hooks.example/"}, "url", "Use https"),
        ({"url": "https://10.0.0.1/"}, "url", "private address"),
        ({"name": ""}, "name", "cannot be blank"),
        ({"kinds": ["ticket.eaten"]}, "kinds", "no such events: ticket.eaten"),
        ({"reader": "commercial"}, "reader", "may not see tickets"),
        ({"reader": "requester"}, "organization", "Choose the customer"),
        ({"reader": "requester", "organization": "north"}, "reader", "Choose a coordinator"),
        ({"reader": "coordinator", "organization": "south"}, "reader", "Choose a coordinator"),
        (
            {"reader": "coordinator", "organization": "north", "kinds": ["message.note"]},
            "kinds",
            "A customer is not told of: Internal note",
        ),
    ],
)
def test_an_endpoint_that_would_be_told_nothing_is_refused(
    house: House, values: dict[str, Any], field: str, words: str
) -> None:
    people = {**house.people, **house.staff}
    given = {"name": "R", "url": PUBLIC, "reader": house.agent, "kinds": [], **values}
    if isinstance(given["reader"], str):
        given["reader"] = people[given["reader"]]
    if "organization" in given:
        given["organization"] = getattr(house, given["organization"])

    with pytest.raises(Invalid) as refused:
        services.create_endpoint(values=given, by=by(administrator(house)), at=MONDAY_9AM)

    assert list(refused.value.fields) == [field]
    assert words in str(refused.value.fields[field])
    assert not Endpoint.objects.exists()


def test_a_reader_whose_account_is_closed_is_refused(house: House) -> None:
    house.agent.is_active = False

    with pytest.raises(Invalid, match="not active"):
        endpoint(house)


def test_a_name_is_taken_once(house: House) -> None:
    endpoint(house)

    with pytest.raises(Invalid) as refused:
        endpoint(house)

    assert list(refused.value.fields) == ["name"]


def test_only_those_who_administer_every_customer_may(house: House) -> None:
    made = endpoint(house)
    some = User.objects.create(email="some@desk.example", staff_roles=["administrator"])
    group = Team.objects.create(name="North alone", level=1)
    group.members.add(some)
    group.organizations.add(house.north)
    manager = house.staff["desk_manager"]
    at = MONDAY_9AM

    for person in (some, manager, house.people["coordinator"]):
        with pytest.raises(NotFound):
            queries.get_endpoint(person, made.pk)
        acts = (
            lambda who: services.create_endpoint(values={"name": "X"}, by=who, at=at),
            lambda who: services.change_endpoint(endpoint=made, values={}, by=who, at=at),
            lambda who: services.renew_secret(endpoint=made, by=who, at=at),
            lambda who: services.send_test(endpoint=made, by=who, at=at),
            lambda who: services.send_again(endpoint=made, event_ids=None, by=who, at=at),
        )
        for act in acts:
            with pytest.raises(NotAllowed):
                act(by(person))
    assert queries.get_endpoint(administrator(house), made.pk) == made


def test_a_secret_is_kept_sealed_and_replaced_with_both_signing(
    house: House, receiver: Receiver
) -> None:
    made, old = endpoint_with_secret(house, receiver.url, kinds=["ticket.raised"])
    assert old not in made.sealed_secret
    assert unseal(made.sealed_secret, purpose=SECRETS) == old

    services.renew_secret(endpoint=made, by=by(administrator(house)), at=MONDAY_9AM)
    for at in (MONDAY_9AM + 24 * HOUR - SECOND, MONDAY_9AM + 24 * HOUR):
        make_ticket(house, at=at)
        deliver(at)

    signed = [len(each.headers["webhook-signature"].split()) for each in receiver.received]
    assert signed == [2, 1]
    assert told_of(made) == ["configuration.created", verbs.SECRET_RENEWED]


def test_a_sealed_text_opens_for_its_purpose_alone() -> None:
    sealed = seal("ñandú", purpose="webhooks")

    assert unseal(sealed, purpose="webhooks") == "ñandú"
    for wrong, purpose in ((sealed, "mail"), (sealed[:-4] + "AAA=", "webhooks"), ("", "webhooks")):
        with pytest.raises(CannotUnseal):
            unseal(wrong, purpose=purpose)


def test_a_sealed_text_opens_under_the_earlier_key(settings: Any) -> None:
    sealed = seal("text", purpose="webhooks")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough for this " * 2

    assert unseal(sealed, purpose="webhooks") == "text"


def test_a_change_makes_what_waits_due(house: House, receiver: Receiver) -> None:
    made = endpoint(house, "https://127.0.0.1:1/", kinds=["ticket.raised"])
    make_ticket(house)
    deliver(MONDAY_9AM)
    assert failures(Delivery.objects.get()) == [(None, "connection")]

    services.change_endpoint(
        endpoint=made,
        values={"url": receiver.url},
        by=by(administrator(house)),
        at=MONDAY_9AM + SECOND,
    )
    deliver(MONDAY_9AM + SECOND)

    assert statuses() == ["delivered"]
    assert told_of(made) == ["configuration.created", "configuration.changed"]


def test_a_test_event_goes_first_and_has_no_data(house: House, receiver: Receiver) -> None:
    made = endpoint(house, receiver.url, kinds=["ticket.raised"])
    make_ticket(house)
    receiver.answer = lambda _came: 500
    deliver(MONDAY_9AM)
    first = services.send_test(endpoint=made, by=by(administrator(house)), at=MONDAY_9AM + SECOND)
    deliver(MONDAY_9AM + SECOND)
    receiver.answer = lambda _came: 200

    # waits for no other test
    sent = services.send_test(endpoint=made, by=by(administrator(house)), at=MONDAY_9AM + SECOND)
    deliver(MONDAY_9AM + SECOND)

    event = receiver.events[2]
    assert receiver.ids[1] == first.event_id
    assert (event["id"], event["type"], event["data"]) == (sent.event_id, "webhook.test", {})
    assert statuses() == ["queued", "queued", "delivered"]
    assert told_of(made)[-2:] == [verbs.TESTED, verbs.TESTED]


def test_what_was_not_delivered_is_sent_again_with_its_id(house: House, receiver: Receiver) -> None:
    made = endpoint(house, receiver.url, kinds=["ticket.raised", "ticket.assigned"])
    first = make_ticket(house)
    second = make_ticket(house)
    deliver(MONDAY_9AM)
    Delivery.objects.filter(subject_id=first.pk).update(status="dead")
    ids = dict(Delivery.objects.values_list("subject_id", "event_id"))
    admin = by(administrator(house))

    again = services.send_again(endpoint=made, event_ids=None, by=admin, at=MONDAY_9AM + MINUTE)
    deliver(MONDAY_9AM + MINUTE)
    named = services.send_again(
        endpoint=made, event_ids=[ids[second.pk]], by=admin, at=MONDAY_9AM + MINUTE
    )
    deliver(MONDAY_9AM + MINUTE)

    assert (again, named) == (1, 1)
    assert receiver.ids[2:] == [ids[first.pk], ids[second.pk]]
    before = {each.id: each.body for each in receiver.received[:2]}
    assert receiver.received[2].body == before[ids[first.pk]]
    assert told_of(made)[1:] == [verbs.SENT_AGAIN, verbs.SENT_AGAIN]
    assert services.send_again(endpoint=made, event_ids=None, by=admin, at=MONDAY_9AM) == 0


def test_nothing_is_sent_by_one_that_is_switched_off(house: House) -> None:
    made = endpoint(house, is_active=False)
    admin = by(administrator(house))

    for act in (
        lambda: services.send_test(endpoint=made, by=admin, at=MONDAY_9AM),
        lambda: services.send_again(endpoint=made, event_ids=None, by=admin, at=MONDAY_9AM),
    ):
        with pytest.raises(DomainError, match="switched off"):
            act()


def test_the_administrators_hear_of_an_outage_once(house: House, receiver: Receiver) -> None:
    endpoint(house, receiver.url, kinds=["ticket.raised"])
    make_ticket(house)
    receiver.answer = lambda _came: 503

    for minutes in (0, 14, 40, 90, 200):
        deliver(MONDAY_9AM + minutes * MINUTE)

    (letter,) = letters("webhook_failing")
    assert (letter.recipient, letter.context["why"]) == (administrator(house), "status")


def test_the_administrators_hear_of_events_that_were_given_up(
    house: House, receiver: Receiver
) -> None:
    endpoint(house, receiver.url, kinds=["ticket.raised"])
    make_ticket(house)
    receiver.answer = lambda _came: 404

    for hours in range(0, 80):
        deliver(MONDAY_9AM + hours * HOUR)

    assert statuses() == ["dead"]
    assert [each.recipient for each in letters("webhook_lost")] == [administrator(house)]


def test_the_administrators_hear_of_an_address_that_is_gone(
    house: House, receiver: Receiver
) -> None:
    made = endpoint(house, receiver.url, kinds=["ticket.raised"])
    make_ticket(house)
    receiver.answer = lambda _came: 410

    deliver(MONDAY_9AM)

    assert [each.recipient for each in letters("webhook_stopped")] == [administrator(house)]
    assert told_of(made)[-1] == verbs.STOPPED
    assert statuses() == ["queued"]


def test_the_listeners_are_read_again_after_a_change(
    house: House, django_capture_on_commit_callbacks: Any
) -> None:
    assert listeners() == []
    with django_capture_on_commit_callbacks(execute=True):
        made = services.create_endpoint(
            values={"name": "R", "url": PUBLIC, "reader": house.agent, "kinds": []},
            by=by(administrator(house)),
            at=MONDAY_9AM,
        )[0]
    assert [each.endpoint_id for each in listeners()] == [made.pk]
    with django_capture_on_commit_callbacks(execute=True):
        services.change_endpoint(
            endpoint=made,
            values={"is_active": False},
            by=by(administrator(house)),
            at=MONDAY_9AM + DAY,
        )
    assert listeners() == []
