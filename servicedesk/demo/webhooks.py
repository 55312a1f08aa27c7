"""The demonstration's webhook, which is switched off: its address leads nowhere."""

from datetime import datetime

from foundation.accounts.models import Organization, User
from foundation.webhooks.models import Endpoint
from foundation.webhooks.services import give_secret
from tickets import verbs
from tickets.models import MessageKind


def set_webhook(organization: Organization, at: datetime) -> None:
    endpoint = Endpoint(
        name="Inventario de Norte",
        url="https://inventario.norte.example/mesa",
        reader=User.objects.get(email="coordinator@norte.example"),
        organization=organization,
        kinds=[verbs.RAISED, verbs.STATE_CHANGED, verbs.message_verb(MessageKind.REPLY)],
        is_active=False,
        created_at=at,
    )
    give_secret(endpoint)
    endpoint.save()
