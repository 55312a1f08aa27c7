"""Messages of the desk that wait before they are sent."""

from datetime import timedelta
from typing import Any

from foundation.notifications.models import OutboxMessage
from tests.support.house import MONDAY_9AM, SECOND, House, by, fresh
from tickets import services
from tickets.models import HeldMessage, MessageKind, Ticket
from tickets.services import Saying, TransitionDetails

DELAY = timedelta(seconds=10)
SENT_AT = MONDAY_9AM + DELAY


def reply(body: str = "It works again.", **others: Any) -> Saying:
    return Saying(kind=MessageKind.REPLY, body=body, **others)


def hold(house: House, ticket: Ticket, saying: Saying, **others: Any) -> HeldMessage:
    values = {"by": by(house.agent), "at": MONDAY_9AM, "delay": DELAY} | others
    held = services.say(ticket=fresh(ticket), saying=saying, **values).held
    assert held is not None
    return held


def given_back(house: House, ticket: Ticket) -> services.Unsent:
    return services.unsent_of(house.agent, ticket)


def send(held: HeldMessage, after: timedelta = timedelta()) -> None:
    services.send_held(held_id=held.pk, at=SENT_AT + after)


def letters(template: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(template=template).order_by("pk"))


def solving(ticket: Ticket, **others: Any) -> Saying:
    details = TransitionDetails(solution_type="definitive")
    return reply(step="solve", details=details, version=fresh(ticket).version, **others)


def take_back(house: House, held: HeldMessage) -> None:
    services.take_back(
        ticket=held.ticket, held_id=held.pk, by=by(house.agent), at=MONDAY_9AM + 9 * SECOND
    )
