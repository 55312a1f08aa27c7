"""The saved replies of the demonstration."""

from datetime import datetime

from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from tickets.models import Audience
from tickets.services import save_reply

# Name, Spanish, English.
REPLIES = (
    (
        "Pedir la captura",
        "Hola, {{nombre}}:\n\n¿Nos envía una captura de la pantalla con el mensaje completo y la "
        "hora en que apareció?\n\n{{yo}}",
        "Hello {{first_name}},\n\nCould you send us a screenshot with the whole message and the "
        "time at which it appeared?\n\n{{me}}",
    ),
    (
        "Pedir que confirme",
        "Hola, {{nombre}}:\n\nLo de «{{asunto}}» quedó resuelto. Confírmenos, por favor, que ya "
        "funciona.\n\n{{yo}}",
        "Hello {{first_name}},\n\n“{{subject}}” is solved. Please confirm that it works "
        "again.\n\n{{me}}",
    ),
)


def save_replies(supervisor: User, at: datetime) -> None:
    """Save the replies for everybody at the desk."""
    by = Actor(person_id=supervisor.pk, channel=Channel.DESK)
    for name, body_es, body_en in REPLIES:
        save_reply(
            name=name,
            body_es=body_es,
            body_en=body_en,
            audience=Audience.PUBLIC,
            team=None,
            by=by,
            at=at,
        )
