"""What leaves as a file, for the pages and the API alike."""

from collections.abc import Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse

from reader_study.bundle import bundle_name
from reader_study.models import AnalysisRun, Study

REPORT = "report.pdf"


def bundle_response(study: Study, chunks: Iterator[bytes], *, blinded: bool = False) -> StreamingHttpResponse:
    """A download of the bundle's `chunks`."""
    response = StreamingHttpResponse(chunks, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{bundle_name(study, blinded=blinded)}"'
    return response


def report_response(run: AnalysisRun) -> HttpResponse:
    """A download of the report that was set with `run`; Http404 where there is none."""
    if REPORT not in run.files:
        raise Http404
    response = HttpResponse(run.read(REPORT), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="negatoscope-report-{str(run.study_id)[:8]}.pdf"'
    return response
