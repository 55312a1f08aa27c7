from django.urls import URLPattern, URLResolver, include, path

from portal.tickets import views

_ticket = [
    path("", views.ticket_page, name="ticket"),
    path("clocks/<slug:metric>/", views.explanation, name="explanation"),
    path("as-customer/", views.as_customer, name="as_customer"),
    path("reply/", views.reply, name="reply"),
    path("follow-up/", views.follow_up, name="follow_up"),
    path("step/<slug:name>/", views.step, name="step"),
    path("escalate/", views.escalate, name="escalate"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("tickets/", views.ticket_list, name="tickets"),
    path("tickets/<ticket_number:number>/", include(_ticket)),
]
