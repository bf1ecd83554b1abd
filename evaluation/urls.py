"""Addresses of this app."""

from django.urls import path

from evaluation.reconstruction import views as reconstruction
from evaluation.usefulness import views as usefulness
from evaluation.views import boards, cards, downloads, paired, reports, runs

app_name = "evaluation"
urlpatterns = [
    path("score-cards/", cards.score_card_list, name="score_card_list"),
    path("score-cards/new/", runs.score_new, name="score_new"),
    path("score-cards/compare/", boards.compare, name="compare"),
    path("score-cards/compare/paired/", paired.paired_start, name="paired_start"),
    path("score-cards/compare/paired/<uuid:pk>/progress/", paired.paired_progress, name="paired_progress"),
    path("score-cards/compare/paired/<uuid:pk>/cancellation/", paired.paired_cancel, name="paired_cancel"),
    path("leaderboard/", boards.leaderboard, name="leaderboard"),
    path("score-cards/<uuid:pk>/", cards.score_card_detail, name="score_card_detail"),
    path("score-cards/<uuid:pk>/report/", reports.score_card_report, name="score_card_report"),
    path(
        "score-cards/<uuid:pk>/report/progress/", reports.score_card_report_progress, name="score_card_report_progress"
    ),
    path("score-cards/<uuid:pk>/export/<slug:name>", downloads.score_card_export, name="score_card_export"),
    path(
        "score-cards/<uuid:pk>/figures/<slug:name>.<slug:extension>",
        downloads.score_card_figure,
        name="score_card_figure",
    ),
    path("scoring-runs/<uuid:pk>/", runs.scoring_run_detail, name="scoring_run_detail"),
    path("scoring-runs/<uuid:pk>/progress/", runs.scoring_run_progress, name="scoring_run_progress"),
    path("scoring-runs/<uuid:pk>/cancellation/", runs.scoring_run_cancel, name="scoring_run_cancel"),
    *usefulness.urlpatterns,
    *reconstruction.urlpatterns,
]
