"""Pages of results: after unsealing, for those who may see them; before that they do not exist."""

from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from reader_study.bundle import bundle_name, export_study
from reader_study.figures import FIGURES
from reader_study.models import Study, StudyState
from reader_study.results import Results, figure_of, results_document, results_of
from reader_study.results_page import page_context


def unsealed_study(request: WorkspaceRequest, pk: UUID, action: Action) -> Study:
    """The study `pk` if it is unsealed and the user may do `action` with it; Http404 otherwise."""
    study = get_object_or_404(Study.objects.visible_to(request.user), pk=pk, state=StudyState.UNSEALED)
    require_action(request.user, study.workspace, action)
    return study


@require_safe
@requires(Action.VIEW_RESULTS)
def results(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The verdict first, then what it rests on."""
    study = unsealed_study(request, pk, Action.VIEW_RESULTS)
    try:
        found = results_of(study)
    except ValidationError as error:
        return render(request, "reader_study/results_empty.html", {"study": study, "reason": " ".join(error.messages)})
    return render(request, "reader_study/results.html", page_context(study, found))


@require_safe
@requires(Action.VIEW_RESULTS)
def figure(request: WorkspaceRequest, pk: UUID, name: str) -> HttpResponse:
    """One figure as SVG; with ?download it is saved instead of shown."""
    study = unsealed_study(request, pk, Action.VIEW_RESULTS)
    _results_or_404(study)
    if name not in FIGURES:
        raise Http404
    response = HttpResponse(figure_of(study, name), content_type="image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return response


@require_safe
@requires(Action.VIEW_RESULTS)
def results_json(request: WorkspaceRequest, pk: UUID) -> JsonResponse:
    """Every number of the page."""
    found = _results_or_404(unsealed_study(request, pk, Action.VIEW_RESULTS))
    return JsonResponse(results_document(found), json_dumps_params={"indent": 2})


@require_safe
@requires(Action.EXPORT)
def export(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """The bundle, streamed."""
    study = unsealed_study(request, pk, Action.EXPORT)
    try:
        return bundle_response(study, export_study(study=study, user=request.user))
    except ValidationError as error:
        raise Http404 from error


def bundle_response(study: Study, chunks: Iterator[bytes]) -> StreamingHttpResponse:
    """A download of the bundle's `chunks`."""
    response = StreamingHttpResponse(chunks, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{bundle_name(study)}"'
    return response


def _results_or_404(study: Study) -> Results:
    try:
        return results_of(study)
    except ValidationError as error:
        raise Http404 from error


_study = "studies/<uuid:pk>/"

results_urls = [
    path(_study + "results/", results, name="results"),
    path(_study + "results/results.json", results_json, name="results_json"),
    path(_study + "results/figures/<slug:name>.svg", figure, name="results_figure"),
    path(_study + "export.zip", export, name="export"),
]
