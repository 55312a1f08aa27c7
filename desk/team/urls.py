from django.urls import path

from desk.team import assignment, views

urlpatterns = [
    path("team/load/", views.load, name="team_load"),
    path("team/assignment/", assignment.assignment, name="team_assignment"),
    path("team/load/nobody/", views.tickets_of, name="team_unassigned"),
    path("team/load/<int:person_id>/", views.tickets_of, name="team_tickets"),
]
