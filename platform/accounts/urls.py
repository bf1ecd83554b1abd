"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("profile/", views.profile, name="profile"),
    path("workspace/", views.choose_workspace, name="choose_workspace"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<str:key>/revocation/", views.revoke_token, name="revoke_token"),
]
