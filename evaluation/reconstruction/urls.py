"""Addresses of reconstruction runs, included by evaluation.urls."""

from django.urls import path

from evaluation.reconstruction import views

urlpatterns = [
    path("reconstructions/", views.reconstruction_list, name="reconstruction_list"),
    path("reconstructions/new/", views.reconstruction_new, name="reconstruction_new"),
    path("reconstructions/<uuid:pk>/", views.reconstruction_detail, name="reconstruction_detail"),
    path("reconstructions/<uuid:pk>/progress/", views.reconstruction_progress, name="reconstruction_progress"),
    path("reconstructions/<uuid:pk>/cancellation/", views.reconstruction_cancel, name="reconstruction_cancel"),
]
