"""Addresses of this app."""

from django.urls import path

from generation.views import checkpoints, prompts, runs

app_name = "generation"
urlpatterns = [
    path("checkpoints/", checkpoints.checkpoint_list, name="checkpoint_list"),
    path("checkpoints/register/", checkpoints.checkpoint_register, name="checkpoint_register"),
    path("checkpoints/<uuid:pk>/", checkpoints.checkpoint_detail, name="checkpoint_detail"),
    path("checkpoints/fetches/<uuid:pk>/", checkpoints.fetch_detail, name="fetch_detail"),
    path("checkpoints/fetches/<uuid:pk>/progress/", checkpoints.fetch_progress, name="fetch_progress"),
    path("checkpoints/fetches/<uuid:pk>/cancellation/", checkpoints.fetch_cancel, name="fetch_cancel"),
    path("prompt-sets/", prompts.prompt_set_list, name="prompt_set_list"),
    path("prompt-sets/import/", prompts.prompt_set_import, name="prompt_set_import"),
    path("prompt-sets/<uuid:pk>/", prompts.prompt_set_detail, name="prompt_set_detail"),
    path("runs/", runs.run_list, name="run_list"),
    path("runs/new/", runs.run_new, name="run_new"),
    path("runs/<uuid:pk>/", runs.run_detail, name="run_detail"),
    path("runs/<uuid:pk>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<uuid:pk>/live/", runs.run_live, name="run_live"),
    path("runs/<uuid:pk>/cancellation/", runs.run_cancel, name="run_cancel"),
]
