"""Pages through which readings leave before the unsealing, and come in from elsewhere."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from reader_study.bundle import export_blinded
from reader_study.downloads import bundle_response
from reader_study.forms.importing import ImportForm
from reader_study.models import Study
from reader_study.services.importing import columns_of_file, import_readings


@require_safe
@requires(Action.EXPORT_BLINDED)
def blinded_export(request: WorkspaceRequest, pk: UUID) -> HttpResponseBase:
    """The readings without anything of the key, streamed; the study's page says why where there are none."""
    study = get_object_or_404(Study.objects.visible_to(request.user).select_related("workspace"), pk=pk)
    require_action(request.user, study.workspace, Action.EXPORT_BLINDED)
    try:
        return bundle_response(study, export_blinded(study=study, user=request.user), blinded=True)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(study)


@require_http_methods(["GET", "POST"])
@requires(Action.MANAGE_STUDIES)
def readings_import(request: WorkspaceRequest) -> HttpResponse:
    """Readings made elsewhere, as a CSV file: they become an unsealed study, and its results are computed."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            file = form.cleaned_data["file"]
            columns = columns_of_file(file, form.columns())
            return redirect(
                import_readings(
                    workspace=request.workspace, user=request.user, file=file, columns=columns, **form.plan()
                )
            )
        except ValidationError as error:
            form.absorb(error.message_dict)
    return render(request, "reader_study/readings_import.html", {"form": form}, status=400 if form.errors else 200)


export_urls = [
    path("studies/import/", readings_import, name="readings_import"),
    path("studies/<uuid:pk>/export-blinded.zip", blinded_export, name="blinded_export"),
]
