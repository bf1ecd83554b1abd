"""Addresses of this app."""

from django.urls import URLPattern, URLResolver

app_name = "reader_study"
urlpatterns: list[URLPattern | URLResolver] = []
