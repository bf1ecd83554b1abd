"""Addresses of this app."""

from django.urls import path

from evaluation.views import cards, runs

app_name = "evaluation"
urlpatterns = [
    path("score-cards/", cards.score_card_list, name="score_card_list"),
    path("score-cards/new/", runs.score_new, name="score_new"),
    path("score-cards/<uuid:pk>/", cards.score_card_detail, name="score_card_detail"),
    path("score-cards/<uuid:pk>/figures/<slug:name>.svg", cards.score_card_figure, name="score_card_figure"),
    path("score-cards/<uuid:pk>/scores.csv", cards.score_card_csv, name="score_card_csv"),
    path("score-cards/<uuid:pk>/card.json", cards.score_card_json, name="score_card_json"),
    path("scoring-runs/<uuid:pk>/", runs.scoring_run_detail, name="scoring_run_detail"),
    path("scoring-runs/<uuid:pk>/progress/", runs.scoring_run_progress, name="scoring_run_progress"),
    path("scoring-runs/<uuid:pk>/cancellation/", runs.scoring_run_cancel, name="scoring_run_cancel"),
]
