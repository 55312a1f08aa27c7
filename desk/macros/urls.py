from django.urls import path

from desk.macros import views

urlpatterns = [
    path("macros/", views.macros, name="macros"),
    path("macros/new/", views.edit, name="new_macro"),
    path("macros/<int:macro_id>/", views.edit, name="macro"),
    path("macros/<int:macro_id>/delete/", views.delete, name="delete_macro"),
    path("tickets/<ticket_number:number>/macros/", views.choose, name="choose_macro"),
    path("tickets/<ticket_number:number>/macros/<int:macro_id>/", views.run, name="run_macro"),
]
