from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from foundation.core.actor import Actor
from foundation.core.classification import Channel
from foundation.notifications.models import OutboxMessage
from foundation.notifications.services import requeue_messages


@admin.register(OutboxMessage)
class OutboxMessageAdmin(admin.ModelAdmin):
    """The outbox, read-only, with an action that queues dead letters again."""

    list_display = ("created_at", "to_email", "subject", "status", "attempts", "sent_at")
    list_filter = ("status", "template")
    search_fields = ("to_email", "subject")
    actions = ("send_again",)
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: OutboxMessage | None = None
    ) -> list[str]:
        return [field.name for field in OutboxMessage._meta.fields]

    @admin.action(description=_("Send again what was not delivered"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        by = Actor(person_id=request.user.pk, channel=Channel.DESK)
        count = requeue_messages(
            message_ids=list(queryset.values_list("pk", flat=True)), by=by, at=timezone.now()
        )
        self.message_user(
            request, ngettext("%d message waits again.", "%d messages wait again.", count) % count
        )
