from django.urls import URLPattern, URLResolver, include, path

from desk.tickets import (
    glance,
    place,
    presence,
    registration,
    relations,
    saying,
    stepping,
    tagging,
    triage,
    views,
)

_ticket = [
    path("", views.ticket_page, name="ticket"),
    path("clocks/<slug:metric>/", views.explanation, name="explanation"),
    path("panels/<slug:name>/", views.panel, name="ticket_panel"),
    path("glance/", glance.glance, name="glance"),
    path("beside/", place.beside, name="beside"),
    path("presence/", presence.presence, name="presence"),
    path("say/", saying.say, name="say"),
    path("held/<int:held_id>/take-back/", saying.take_back, name="take_back"),
    path("draft/", saying.draft, name="draft"),
    path("people/", saying.people, name="mentionable"),
    path("classify/", triage.classify, name="classify"),
    path("classify/preview/", triage.preview, name="classify_preview"),
    path("contract/", triage.change_contract, name="change_contract"),
    path("assign/", views.assign, name="assign"),
    path("step/<slug:name>/", stepping.step, name="step"),
    path("step/<slug:name>/form/", stepping.step_form, name="step_form"),
    path("acknowledge/<int:escalation_id>/", views.acknowledge, name="acknowledge"),
    path("deescalate/", views.deescalate, name="deescalate"),
    path("links/", relations.link, name="link"),
    path("links/<int:link_id>/remove/", relations.unlink, name="unlink"),
    path("merge/preview/", relations.merge_preview, name="merge_preview"),
    path("merge/", relations.merge, name="merge"),
    path("unmerge/", relations.unmerge, name="unmerge"),
    path("tags/", tagging.tag, name="tag"),
    path("tags/<int:tag_id>/remove/", tagging.untag, name="untag"),
    path("followers/", relations.watch, name="watch"),
    path("followers/people/", relations.people, name="followable"),
    path("followers/<int:person_id>/remove/", relations.unwatch, name="unwatch"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("register/", registration.register, name="register"),
    path("tickets/<ticket_number:number>/", include(_ticket)),
]
