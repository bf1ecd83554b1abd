"""Results and export as actions of the studies' endpoint: mixed into its view set."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policy import Action
from reader_study.bundle import bundle_name, export_study
from reader_study.models import Study, StudyState
from reader_study.results import results_document, results_of


class ResultsActions:
    """Adds `GET results/` and `GET export/`. The view set merges `results_actions` into its `actions_allowed`."""

    results_actions: ClassVar[dict[str, Action]] = {"results": Action.VIEW_RESULTS, "export": Action.EXPORT}

    @extend_schema(
        responses={200: OpenApiTypes.OBJECT, 404: OpenApiResponse(description="Not unsealed, or not yours.")},
        description="Every number of the results with its method, degrees of freedom and counts. After unsealing.",
    )
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str | None = None) -> Response:
        """The results of an unsealed study."""
        return Response(_answer(lambda: results_document(results_of(self._unsealed()))))

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        description="The export bundle of an unsealed study, streamed. That it was taken is on record.",
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, pk: str | None = None) -> StreamingHttpResponse:
        """The export bundle of an unsealed study."""
        study = self._unsealed()
        user = request.user if request.user.is_authenticated else None
        response = StreamingHttpResponse(
            _answer(lambda: export_study(study=study, user=user)), content_type="application/zip"
        )
        response["Content-Disposition"] = f'attachment; filename="{bundle_name(study)}"'
        return response

    def _unsealed(self) -> Study:
        study: Study = self.get_object()  # type: ignore[attr-defined]
        if study.state != StudyState.UNSEALED:
            raise Http404
        return study


def _answer(make: Any) -> Any:
    try:
        return make()
    except ValidationError as error:
        raise Http404 from error
