"""Sentences of recorded facts, collected from every app."""

from django.utils.translation import gettext as _

from audits.wording import SENTENCES as AUDITS
from catalog.wording import SENTENCES as CATALOG
from escalation.wording import SENTENCES as ESCALATION
from foundation.accounts.wording import SENTENCES as ACCOUNTS
from foundation.calendars.wording import SENTENCES as CALENDARS
from foundation.configuration.wording import SENTENCES as CONFIGURATION
from foundation.core.classification import Channel
from foundation.core.wording import Sentence
from foundation.notifications.wording import SENTENCES as NOTIFICATIONS
from foundation.webhooks.wording import SENTENCES as WEBHOOKS
from reports.wording import SENTENCES as REPORTS
from sla.wording import SENTENCES as SLA
from tickets.queries import TimelineEntry
from tickets.wording import SENTENCES as TICKETS

SENTENCES: dict[str, Sentence] = {
    **ACCOUNTS,
    **CALENDARS,
    **CONFIGURATION,
    **NOTIFICATIONS,
    **WEBHOOKS,
    **CATALOG,
    **TICKETS,
    **SLA,
    **ESCALATION,
    **AUDITS,
    **REPORTS,
}


def sentence(entry: TimelineEntry, time_zone: str) -> str:
    """Return the sentence of a fact, with its instants in a named zone; for an unknown verb, the
    verb itself.
    """
    say = SENTENCES.get(entry.verb)
    if say is None:
        return entry.verb
    return say({**entry.payload, "names": entry.names}, time_zone)


def author_words(entry: TimelineEntry) -> str:
    """Return the actor of a fact: a person with the channel, the contact of a service account, a
    signed link, or the product itself.
    """
    if entry.person is None:
        is_link = entry.system == "signed link"
        return _("Signed link of a mail") if is_link else _("Mesa, by itself")
    if entry.system:
        return f"{entry.person} · {_('service account')}"
    if entry.channel in Channel.values:
        return f"{entry.person} · {Channel(entry.channel).label}"
    return str(entry.person)
