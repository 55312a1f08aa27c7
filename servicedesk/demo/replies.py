"""The saved replies and macros of the demonstration."""

from datetime import datetime

from foundation.accounts.models import User
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from tickets.models import Audience
from tickets.services import MacroActs, save_macro, save_reply, save_signature

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


def sign(agent: User) -> None:
    """Give somebody of the desk a signature."""
    name = f"**{agent.full_name}**"
    save_signature(
        body_es=f"{name}\nMesa de servicio · lunes a viernes de 9 a 19 h",
        body_en=f"{name}\nService desk · Monday to Friday, 9:00 to 19:00",
        by=Actor(person_id=agent.pk, channel=Channel.DESK),
    )


# Name and acts.
MACROS = (
    (
        "Pedir datos y esperar",
        MacroActs(
            takes=True,
            kind="reply",
            body_es="Hola, {{nombre}}:\n\nPara seguir con {{numero}} necesitamos saber a quiénes "
            "les pasa, desde cuándo y el mensaje que aparece.\n\n{{yo}}",
            body_en="Hello {{first_name}},\n\nTo go on with {{number}} we need to know who is "
            "affected, since when, and the message that appears.\n\n{{me}}",
            step="pend_user",
            tags="faltan datos",
        ),
    ),
    (
        "Alta de usuario recibida",
        MacroActs(
            takes=True,
            step="start",
            kind="note",
            body_es="Se recibió el alta. Los permisos se dan según el formato del cliente.",
            minutes=10,
            activity="analysis",
            tasks="Crear la cuenta\nDar los permisos\nAvisar al solicitante",
        ),
    ),
)


def save_macros(supervisor: User, at: datetime) -> None:
    """Save the macros for everybody at the desk."""
    by = Actor(person_id=supervisor.pk, channel=Channel.DESK)
    for name, acts in MACROS:
        save_macro(name=name, acts=acts, audience=Audience.PUBLIC, team=None, by=by, at=at)
