from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from desk.configuration.base import GuardedList
from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.core.zones import instant_words, zone_words
from foundation.notifications.models import OutboxMessage
from foundation.notifications.services import requeue_messages

_PLACE = lazy(zone_words, str)(settings.TIME_ZONE)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(GuardedList):
    """The outbox, read-only, with an action that queues again what was not sent. It shows no text
    and no address of a letter: one sets a password, another acknowledges for its reader.
    """

    fields = (
        *("to_email", "to_name", "language", "template", "subject", "status", "attempts"),
        *("run_after", "created_at", "sent_at", "last_error", "reclaims"),
    )

    list_display = ("created", "to_email", "short_subject", "status", "attempts", "sent")
    list_filter = ("status", "template")
    search_fields = ("to_email", "subject")
    actions = ("send_again",)
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(OutboxMessage._meta.verbose_name_plural)}
        return super().changelist_view(request, (extra_context or {}) | title)

    @admin.display(description=format_lazy(_("created ({place})"), place=_PLACE), ordering="pk")
    def created(self, message: OutboxMessage) -> str:
        return instant_words(message.created_at, settings.TIME_ZONE)

    @admin.display(description=_("sent"), ordering="sent_at", empty_value="—")
    def sent(self, message: OutboxMessage) -> str | None:
        return instant_words(message.sent_at, settings.TIME_ZONE) if message.sent_at else None

    @admin.display(description=_("subject"), ordering="subject")
    def short_subject(self, message: OutboxMessage) -> str:
        """Return the subject, which the style sheet cuts to one line; the title has it whole."""
        words = message.subject or "—"
        return format_html('<span class="one-line" title="{}">{}</span>', words, words)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: OutboxMessage | None = None
    ) -> list[str]:
        return list(self.fields)

    @admin.action(description=_("Send again what was not delivered"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        by = Actor(person_id=request.user.pk, channel=Channel.DESK)
        count = requeue_messages(
            message_ids=list(queryset.values_list("pk", flat=True)), by=by, at=timezone.now()
        )
        self.message_user(
            request, ngettext("%d message waits again.", "%d messages wait again.", count) % count
        )
