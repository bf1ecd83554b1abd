"""Results and export as actions of the studies' endpoint: mixed into its view set."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.policy import Action
from jobs.models import RunState
from reader_study.bundle import export_blinded, export_study
from reader_study.downloads import bundle_response, report_response
from reader_study.models import AnalysisRun, Study, StudyState
from reader_study.results.kept import stored_results
from reader_study.results.selection import chosen_from
from reader_study.services import request_analysis


class ResultsActions:
    """Adds `GET results/`, `report/`, `export/` and `blinded-export/`. The view set merges `results_actions` into its
    `actions_allowed`."""

    results_actions: ClassVar[dict[str, Action]] = {
        "results": Action.VIEW_RESULTS,
        "report": Action.VIEW_RESULTS,
        "export": Action.EXPORT,
        "blinded_export": Action.EXPORT_BLINDED,
    }

    @extend_schema(
        responses={
            200: OpenApiTypes.OBJECT,
            202: OpenApiResponse(description="Still being analysed, or failed: `state`, `message`, `error`."),
            404: OpenApiResponse(description="Not unsealed, or not yours."),
        },
        description="Every number of the results with its method, degrees of freedom and counts. After unsealing.",
    )
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str | None = None) -> Response:
        """The results of an unsealed study."""
        study = self._unsealed()
        run: AnalysisRun = _answer(lambda: request_analysis(study=study, selection=chosen_from(study, request.GET)))
        if run.state != RunState.SUCCEEDED:
            return Response({"state": run.state, "message": run.message, "error": run.error}, status=202)
        return Response(run.document)

    @extend_schema(
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            404: OpenApiResponse(description="Not unsealed, not yours, or not analysed yet: ask for `results/` first."),
        },
        description="The report of an unsealed study on A4, as it was set with the analysis; filters as of `results/`.",
    )
    @action(detail=True, methods=["get"])
    def report(self, request: Request, pk: str | None = None) -> HttpResponse:
        """The report of an unsealed study."""
        study = self._unsealed()
        run = stored_results(study, _answer(lambda: chosen_from(study, request.GET)))
        if run is None:
            raise Http404
        return report_response(run)

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        description="The export bundle of an unsealed study, streamed. That it was taken is on record.",
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, pk: str | None = None) -> StreamingHttpResponse:
        """The export bundle of an unsealed study."""
        study = self._unsealed()
        return bundle_response(study, _answer(lambda: export_study(study=study, user=_person(request))))

    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            409: OpenApiResponse(description="A draft, imported readings, or nothing read yet."),
        },
        description="The readings of a locked study without anything of the key, streamed. That it was taken is on record.",
    )
    @action(detail=True, methods=["get"], url_path="blinded-export")
    def blinded_export(self, request: Request, pk: str | None = None) -> HttpResponseBase:
        """The blinded bundle of a study, before or after unsealing."""
        study: Study = self.get_object()  # type: ignore[attr-defined]
        try:
            chunks = export_blinded(study=study, user=_person(request))
        except ValidationError as error:
            return Response({"detail": " ".join(error.messages)}, status=409)
        return bundle_response(study, chunks, blinded=True)

    def _unsealed(self) -> Study:
        study: Study = self.get_object()  # type: ignore[attr-defined]
        if study.state != StudyState.UNSEALED:
            raise Http404
        return study


def _person(request: Request) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _answer(make: Any) -> Any:
    try:
        return make()
    except ValidationError as error:
        raise Http404 from error
