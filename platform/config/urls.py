"""Every address of the site."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from health_check.views import HealthCheckView

from config import home
from config.api_docs import api_docs
from config.demo.people import sign_in

health = HealthCheckView.as_view(checks=["health_check.checks.Database", "health_check.checks.Storage"])

urlpatterns = [
    path("", home.home, name="home"),
    path("home/running/", home.running, name="home-running"),
    path("home/demonstration/", home.demonstration, name="home-demo"),
    path("accounts/", include("allauth.urls")),
    path("accounts/", include("accounts.urls")),
    path("members/", include("config.members")),
    path("audit/", include("audit.urls")),
    path("", include("images.urls")),
    path("", include("generation.urls")),
    path("", include("evaluation.urls")),
    path("", include("reader_study.urls")),
    path("api/v1/", include("config.api")),
    path("api/docs/", api_docs, name="api-docs"),
    path("api/schema.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("demo/sign-in/<str:token>/", sign_in, name="demo-sign-in"),
    path("health/", health, name="health"),
]
