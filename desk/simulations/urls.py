from django.urls import URLPattern, URLResolver, include, path

from desk.simulations import views

_simulation = [
    path("", views.simulation, name="simulation"),
    path("changes.csv", views.simulation_changes, name="simulation_changes"),
    path("cancel/", views.cancel_simulation, name="cancel_simulation"),
    path("put-in-force/", views.put_in_force, name="put_in_force"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("simulations/", views.simulations, name="simulations"),
    path("simulations/<int:simulation_id>/", include(_simulation)),
]
