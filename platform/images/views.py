"""Pages of image sets and imports, and the pictures themselves."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import condition, require_GET, require_http_methods, require_POST

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from images import content
from images.forms import ImportForm, SampleForm, folders_on_offer
from images.models import Image, ImageSet, ImageSetItem, ImportRun, Source
from images.pictures import png_response
from images.pixels import thumbnail as draw_thumbnail
from images.services import cancel_import, options_of, sample_set, start_import
from images.summary import summary_of

SETS_PER_PAGE = 25
IMAGES_PER_PAGE = 60
RECENT_IMPORTS = 10
_SORTS = {"name", "count", "created_at", "source"}


@require_GET
@requires(Action.VIEW_IMAGES)
def image_set_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's image sets, with search, filter and sort."""
    sets = ImageSet.objects.visible_to(request.user).filter(workspace=request.workspace)
    query, source, sort = (request.GET.get(name, "").strip() for name in ("q", "source", "sort"))
    order = sort if sort.removeprefix("-") in _SORTS else "-created_at"
    page = Paginator(sets.matching(query).from_source(source).order_by(order, "pk"), SETS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    imports = ImportRun.objects.visible_to(request.user).filter(workspace=request.workspace).unfinished()
    firsts = ImageSetItem.objects.filter(image_set__in=list(page), position=0)
    covers = dict(firsts.values_list("image_set_id", "image_id"))
    context = {
        "page": page,
        "rows": [(image_set, covers.get(image_set.pk)) for image_set in page],
        "imports": imports,
        "sources": Source.choices,
        "filtered": bool(query or source),
    }
    return render(request, "images/image_set_list.html", context)


@require_GET
@requires(Action.VIEW_IMAGES)
def image_set_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """One image set: what it is, what is in it, and the images."""
    sets = ImageSet.objects.visible_to(request.user).select_related("created_by", "workspace", "import_run")
    image_set = get_object_or_404(sets, pk=pk)
    finding = request.GET.get("finding", "")
    items = ImageSetItem.objects.filter(image_set=image_set).showing(finding).with_images()
    provenance = dict(image_set.provenance)
    context = {
        "image_set": image_set,
        "import_run": getattr(image_set, "import_run", None),
        "made_at": provenance.pop("url", ""),
        "provenance": provenance,
        "summary": summary_of(image_set),
        "page": Paginator(items, IMAGES_PER_PAGE).get_page(request.GET.get("page")),
        "finding": finding,
    }
    return render(request, "images/image_set_detail.html", context)


@require_http_methods(["GET", "POST"])
@requires(Action.IMPORT_IMAGES)
def import_create(request: WorkspaceRequest) -> HttpResponse:
    """The import form; what was typed stays where something is wrong."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = start_import(workspace=request.workspace, user=request.user, **form.for_import())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(run)
    recent = _imports(request).filter(workspace=request.workspace)[:RECENT_IMPORTS]
    context: dict[str, Any] = {"form": form, "recent": recent, "folders": folders_on_offer()}
    return render(request, "images/import_create.html", context, status=400 if form.errors else 200)


@require_GET
@requires(Action.VIEW_IMAGES)
def import_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """One import: progress while it runs, then the report. Its live part alone for htmx."""
    run = get_object_or_404(_imports(request), pk=pk)
    name = "_import_state" if request.headers.get("HX-Request") else "import_detail"
    return render(request, f"images/{name}.html", {"run": run})


@require_POST
@requires(Action.IMPORT_IMAGES)
def import_cancel(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """Ask an import to stop."""
    run = get_object_or_404(_imports(request), pk=pk)
    require_action(request.user, run.workspace, Action.IMPORT_IMAGES)
    cancel_import(run)
    return redirect(run)


@require_http_methods(["GET", "POST"])
@requires(Action.IMPORT_IMAGES)
def sample_create(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The form that draws a new set from this one; what was typed stays where something is wrong."""
    image_set = get_object_or_404(ImageSet.objects.visible_to(request.user), pk=pk)
    require_action(request.user, image_set.workspace, Action.IMPORT_IMAGES)
    form = SampleForm(image_set, request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            drawn = sample_set(
                image_set=image_set,
                name=typed["name"],
                options=options_of(**form.for_draw()),
                without_duplicates=typed["without_duplicates"],
                user=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(drawn)
    context: dict[str, Any] = {"form": form, "image_set": image_set}
    return render(request, "images/sample_create.html", context, status=400 if form.errors else 200)


def _imports(request: WorkspaceRequest) -> QuerySet[ImportRun]:
    return ImportRun.objects.visible_to(request.user).select_related("created_by", "image_set", "workspace")


def _digest(request: HttpRequest, pk: str) -> str | None:
    """The entity tag of a picture: the digest of its pixels, or none for who may not see it."""
    image = Image.objects.visible_to(request.user).filter(pk=pk).first()
    return f'"{image.sha256}"' if image else None


@require_GET
@requires(Action.VIEW_IMAGES)
@condition(etag_func=_digest)
def picture(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The picture as it was stored."""
    image = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    return png_response(content.read(str(image.file.name)))


@require_GET
@requires(Action.VIEW_IMAGES)
@condition(etag_func=_digest)
def thumbnail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """A small 8-bit version for walls and tables, drawn at the first request and kept."""
    image = get_object_or_404(Image.objects.visible_to(request.user), pk=pk)
    key = content.content_key("thumbnails", image.sha256)
    content.put_once(key, lambda: draw_thumbnail(image.load_pixels()))
    return png_response(content.read(key))
