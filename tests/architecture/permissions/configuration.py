"""Django's configuration pages: the first pattern that fits decides."""

from tests.architecture.permissions.roles import (
    ADMIN,
    NOBODY,
    SEES_CONFIGURATION,
    SEES_OUTBOX,
    STAFF,
    SUPERVISES,
    Roles,
)

PATTERNS: tuple[tuple[str, Roles], ...] = (
    ("admin:*_delete", NOBODY),
    ("admin:notifications_outboxmessage_add", NOBODY),
    ("admin:notifications_outboxmessage_*", SEES_OUTBOX),
    ("admin:accounts_apitoken_add", NOBODY),  # made by command
    ("admin:duty_*_add", ADMIN | SUPERVISES),
    ("admin:tickets_agentprofile_add", ADMIN | SUPERVISES),
    ("admin:webhooks_endpoint_*", ADMIN),
    ("admin:*_add", ADMIN),
    ("admin:*_changelist", SEES_CONFIGURATION),
    ("admin:*_change", SEES_CONFIGURATION),
    ("admin:*_history", SEES_CONFIGURATION),
    ("admin:autocomplete", SEES_CONFIGURATION),
    ("admin:app_list", SEES_CONFIGURATION | SEES_OUTBOX),
    ("admin:view_on_site", NOBODY),
    ("admin/*/<path:object_id>/", STAFF),  # only a redirect to the change page
    ("admin/(?P<url>*", NOBODY),
)
