"""Addresses of studies, for those who run them and for those who read."""

from django.urls import URLPattern, URLResolver, path

from reader_study import power_views, preview_views, read_views, views
from reader_study.concordance_views import concordance_urls
from reader_study.views_export import export_urls
from reader_study.views_results import results_urls

app_name = "reader_study"

_study = "studies/<uuid:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/", views.study_list, name="study_list"),
    path("studies/new/", views.study_new, name="study_new"),
    path("studies/power/", power_views.power, name="power"),
    path("studies/power.svg", power_views.power_figure, name="power_svg"),
    *concordance_urls,
    path(_study, views.study_detail, name="study_detail"),
    path(_study + "preparation/", views.study_preparation, name="study_preparation"),
    path(_study + "progress/", views.study_progress, name="study_progress"),
    path(_study + "lock/", views.study_lock, name="study_lock"),
    path(_study + "open/", views.study_open, name="study_open"),
    path(_study + "pause/", views.study_pause, name="study_pause"),
    path(_study + "close/", views.study_close, name="study_close"),
    path(_study + "unseal/", views.study_unseal, name="study_unseal"),
    path(_study + "discard/", views.study_discard, name="study_discard"),
    path(_study + "protocol.json", views.study_protocol, name="study_protocol"),
    path(_study + "invitations/", views.invite, name="invite"),
    path(_study + "invitations/<int:invitation>/revocation/", views.revoke, name="revoke"),
    path(_study + "readers/<int:reader>/link/", views.renew, name="renew"),
    path(_study + "preview/", preview_views.preview, name="preview"),
    path(_study + "preview/session", preview_views.session, name="preview_session"),
    path(_study + "preview/frames/<str:token>", preview_views.frame, name="preview_frame"),
    path(_study + "preview/answers", preview_views.answers, name="preview_answers"),
    *results_urls,
    *export_urls,
    # What readers may call: these and the home page's reading list, nothing else.
    path("r/<str:secret>/", read_views.follow_link, name="follow_link"),
    path("read/<str:study_token>/", read_views.read, name="read"),
    path("read/<str:study_token>/consent/", read_views.consent, name="consent"),
    path("read/<str:study_token>/session", read_views.session, name="read_session"),
    path("read/<str:study_token>/frames/<str:token>", read_views.frame, name="read_frame"),
    path("read/<str:study_token>/answers", read_views.answers, name="read_answers"),
]
