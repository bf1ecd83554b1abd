"""Pages of results: after unsealing, for those who may see them; before that they do not exist."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from jobs.models import RunState
from reader_study.bundle import export_study
from reader_study.downloads import bundle_response, report_response
from reader_study.models import AnalysisRun, Study, StudyState
from reader_study.results.kept import stored_results
from reader_study.results.page import page_context
from reader_study.results.selection import chosen_from
from reader_study.services import request_analysis


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
    run = _asked_run(request, study)
    if run.state != RunState.SUCCEEDED:
        return render(request, "reader_study/results_wait.html", {"study": study, "run": run})
    return render(request, "reader_study/results.html", page_context(run))


@require_safe
@requires(Action.VIEW_RESULTS)
def progress(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """How far the analysis is; the browser loads the page again when it is done."""
    run = _asked_run(request, unsealed_study(request, pk, Action.VIEW_RESULTS))
    response = render(request, "jobs/_progress.html", {"run": run, "url": request.get_full_path()})
    if run.is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@requires(Action.VIEW_RESULTS)
def analyse_again(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Analyse once more: after a failure, or since score cards came."""
    study = unsealed_study(request, pk, Action.VIEW_RESULTS)
    request_analysis(study=study, selection=_chosen(request, study), user=request.user, anew=True)
    query = request.GET.urlencode()
    return redirect(reverse("reader_study:results", args=[study.pk]) + (f"?{query}" if query else ""))


@require_safe
@requires(Action.VIEW_RESULTS)
def figure(request: WorkspaceRequest, pk: UUID, name: str, kind: str) -> HttpResponse:
    """One figure as SVG, PNG or CSV; with ?download it is saved instead of shown."""
    study = unsealed_study(request, pk, Action.VIEW_RESULTS)
    run = _stored_or_404(request, study)
    file = f"figures/{name}.{kind}"
    if file not in run.files:
        raise Http404
    response = HttpResponse(run.read(file), content_type=_KINDS[kind])
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


@require_safe
@requires(Action.VIEW_RESULTS)
def results_json(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Every number of the page."""
    run = _stored_or_404(request, unsealed_study(request, pk, Action.VIEW_RESULTS))
    return HttpResponse(run.read("results.json"), content_type="application/json")


@require_safe
@requires(Action.VIEW_RESULTS)
def report(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The report as PDF, as it was set with the analysis."""
    return report_response(_stored_or_404(request, unsealed_study(request, pk, Action.VIEW_RESULTS)))


@require_safe
@requires(Action.EXPORT)
def export(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """The bundle, streamed."""
    study = unsealed_study(request, pk, Action.EXPORT)
    try:
        return bundle_response(study, export_study(study=study, user=request.user))
    except ValidationError as error:
        raise Http404 from error


def _chosen(request: WorkspaceRequest, study: Study) -> dict[str, str]:
    try:
        return chosen_from(study, request.GET)
    except ValidationError as error:
        raise Http404 from error


def _asked_run(request: WorkspaceRequest, study: Study) -> AnalysisRun:
    return request_analysis(study=study, selection=_chosen(request, study), user=request.user)


def _stored_or_404(request: WorkspaceRequest, study: Study) -> AnalysisRun:
    run = stored_results(study, _chosen(request, study))
    if run is None:
        raise Http404
    return run


_KINDS = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv; charset=utf-8"}
_study = "studies/<uuid:pk>/"

results_urls = [
    path(_study + "results/", results, name="results"),
    path(_study + "results/results.json", results_json, name="results_json"),
    path(_study + "results/report.pdf", report, name="results_report"),
    path(_study + "results/progress/", progress, name="results_progress"),
    path(_study + "results/again/", analyse_again, name="results_again"),
    *(
        path(_study + f"results/figures/<slug:name>.{kind}", figure, {"kind": kind}, name=f"results_{kind}")
        for kind in _KINDS
    ),
    path(_study + "export.zip", export, name="export"),
]
