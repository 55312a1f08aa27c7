from django.urls import path

from desk.queue import bulk, export, saved, views

urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/counts/", views.counts, name="queue_counts"),
    path("queue/choices/", views.choices, name="queue_choices"),
    path("queue/news/", views.news, name="queue_news"),
    path("queue/groups/<slug:group>/", views.group_rows, name="queue_group"),
    path("queue/people/", bulk.people, name="bulk_people"),
    path("queue/macros/", bulk.macros, name="bulk_macros"),
    path("queue/preview/", bulk.preview, name="bulk_preview"),
    path("queue/apply/", bulk.apply, name="bulk_apply"),
    path("queue/undo/", bulk.undo, name="bulk_undo"),
    path("queue/export/<slug:file_type>/", export.export, name="queue_export"),
    path("queue/views/save/", saved.save_view, name="save_view"),
    path("queue/views/<int:view_id>/delete/", saved.delete_view, name="delete_view"),
]
