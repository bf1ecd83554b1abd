"""Addresses of usefulness runs, included by evaluation.urls."""

from django.urls import path

from evaluation.usefulness import views

urlpatterns = [
    path("usefulness-runs/", views.usefulness_list, name="usefulness_list"),
    path("usefulness-runs/new/", views.usefulness_new, name="usefulness_new"),
    path("usefulness-runs/<uuid:pk>/", views.usefulness_detail, name="usefulness_detail"),
    path("usefulness-runs/<uuid:pk>/progress/", views.usefulness_progress, name="usefulness_progress"),
    path("usefulness-runs/<uuid:pk>/cancellation/", views.usefulness_cancel, name="usefulness_cancel"),
]
