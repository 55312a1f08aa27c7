from django.urls import path

from desk.webhooks import views

urlpatterns = [
    path("webhooks/<int:endpoint_id>/", views.webhook, name="webhook"),
    path("webhooks/<int:endpoint_id>/test/", views.test, name="webhook_test"),
    path("webhooks/<int:endpoint_id>/secret/", views.secret, name="webhook_secret"),
    path("webhooks/<int:endpoint_id>/again/", views.again, name="webhook_again"),
    path("webhooks/<int:endpoint_id>/<str:event_id>/", views.event, name="webhook_event"),
    path(
        "webhooks/<int:endpoint_id>/<str:event_id>/again/",
        views.event_again,
        name="webhook_event_again",
    ),
]
