"""The root URLs: health, language, login, and those of the doors."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from web import formatting, health, originals, verification, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("language/", views.switch_language, name="language"),
    path("verify/", verification.verify, name="verify"),
    path("verify/certificate.pem", verification.certificate, name="certificate"),
    path("sensitive/", originals.hint, name="sensitive"),
    path("preview/", formatting.preview, name="preview"),
    path(
        "originals/messages/<int:message_id>/", originals.original_message, name="original_message"
    ),
    path(
        "originals/tickets/<ticket_number:number>/",
        originals.original_ticket,
        name="original_ticket",
    ),
    path("attachments/<int:attachment_id>/", views.attachment, name="attachment"),
    # A person's address is the one they were invited by: it is changed in the configuration, on the
    # record, and nowhere else.
    path("accounts/email/", views.closed, name="account_email"),
    re_path(r"^accounts/confirm-email/.*$", views.closed),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="api_docs"),
    path("", include("portal.urls")),
]

handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
