"""Addresses of studies, for those who run them and for those who read."""

from django.urls import URLPattern, URLResolver, path

from reader_study.views import power, preview, reading, studies
from reader_study.views.concordance import concordance_urls
from reader_study.views.exports import export_urls
from reader_study.views.results import results_urls

app_name = "reader_study"

_study = "studies/<uuid:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies/", studies.study_list, name="study_list"),
    path("studies/new/", studies.study_new, name="study_new"),
    path("studies/power/", power.power, name="power"),
    path("studies/power.svg", power.power_figure, name="power_svg"),
    *concordance_urls,
    path(_study, studies.study_detail, name="study_detail"),
    path(_study + "preparation/", studies.study_preparation, name="study_preparation"),
    path(_study + "progress/", studies.study_progress, name="study_progress"),
    path(_study + "lock/", studies.study_lock, name="study_lock"),
    path(_study + "open/", studies.study_open, name="study_open"),
    path(_study + "pause/", studies.study_pause, name="study_pause"),
    path(_study + "close/", studies.study_close, name="study_close"),
    path(_study + "unseal/", studies.study_unseal, name="study_unseal"),
    path(_study + "discard/", studies.study_discard, name="study_discard"),
    path(_study + "protocol.json", studies.study_protocol, name="study_protocol"),
    path(_study + "invitations/", studies.invite, name="invite"),
    path(_study + "invitations/<int:invitation>/revocation/", studies.revoke, name="revoke"),
    path(_study + "readers/<int:reader>/link/", studies.renew, name="renew"),
    path(_study + "preview/", preview.preview, name="preview"),
    path(_study + "preview/session", preview.session, name="preview_session"),
    path(_study + "preview/frames/<str:token>", preview.frame, name="preview_frame"),
    path(_study + "preview/answers", preview.answers, name="preview_answers"),
    *results_urls,
    *export_urls,
    # What readers may call: these and the home page's reading list, nothing else.
    path("r/<str:secret>/", reading.follow_link, name="follow_link"),
    path("read/<str:study_token>/", reading.read, name="read"),
    path("read/<str:study_token>/consent/", reading.consent, name="consent"),
    path("read/<str:study_token>/session", reading.session, name="read_session"),
    path("read/<str:study_token>/frames/<str:token>", reading.frame, name="read_frame"),
    path("read/<str:study_token>/answers", reading.answers, name="read_answers"),
]
