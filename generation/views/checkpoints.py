"""Pages of checkpoints."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action, may
from generation.forms import CheckpointForm, add_errors
from generation.models import Checkpoint, CheckpointFetch
from generation.services import (
    allowed_folder,
    cancel_fetch,
    fetch_hub_checkpoint,
    register_checkpoint,
    upload_checkpoint,
)
from generation.views.listing import page_of


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def checkpoint_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's checkpoints."""
    rows = Checkpoint.objects.visible_to(request.user).filter(workspace=request.workspace)
    words = request.GET.get("q", "")
    page = page_of(request, rows.matching(words).with_run_counts(), ("name", "kind", "created_at", "run_count"))
    fetches = CheckpointFetch.objects.filter(workspace=request.workspace, checkpoint=None)[:5]
    context = {"page": page, "words": words, "any": rows.exists(), "fetches": fetches}
    context["may_manage"] = may(request.user, request.workspace, Action.MANAGE_CHECKPOINTS)
    return render(request, "generation/checkpoint_list.html", context)


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def checkpoint_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """What a checkpoint is, its parts, and what was made with it."""
    checkpoint = get_object_or_404(
        Checkpoint.objects.visible_to(request.user).select_related("workspace", "created_by"), pk=pk
    )
    runs = checkpoint.runs.select_related("prompt_set")[:20]
    context = {"checkpoint": checkpoint, "facts": checkpoint.facts, "runs": runs}
    context["may_generate"] = may(request.user, checkpoint.workspace, Action.GENERATE)
    return render(request, "generation/checkpoint_detail.html", context)


@requires(Action.MANAGE_CHECKPOINTS)
def checkpoint_register(request: WorkspaceRequest) -> HttpResponse:
    """Register a checkpoint from a folder, the hub or an archive."""
    form = CheckpointForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _register(request, form)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect(made)
    return render(request, "generation/checkpoint_register.html", {"form": form}, status=400 if form.errors else 200)


def _register(request: WorkspaceRequest, form: CheckpointForm) -> Checkpoint | CheckpointFetch:
    data = form.cleaned_data
    common = {"workspace": request.workspace, "name": data["name"], "user": request.user}
    field = next(name for name in ("hub", "archive", "folder") if data.get(name))
    try:
        if field == "hub":
            return fetch_hub_checkpoint(repository=data["hub"], revision=data["revision"], **common)
        if field == "archive":
            made = upload_checkpoint(file=data["archive"], **common)
        else:
            made = register_checkpoint(location=str(allowed_folder(data["folder"])), **common)
    except ValidationError as error:
        raise error if hasattr(error, "error_dict") else ValidationError({field: error.messages}) from error
    messages.success(request, f"{made.name} is registered.")
    return made


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def fetch_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """How the fetching of a hub checkpoint goes."""
    return _fetch_page(request, pk, "generation/fetch_detail.html")


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def fetch_progress(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The part of that page that asks again by itself."""
    return _fetch_page(request, pk, "generation/_fetch_live.html")


def _fetch_page(request: WorkspaceRequest, pk: str, template: str) -> HttpResponse:
    fetch = get_object_or_404(
        CheckpointFetch.objects.visible_to(request.user).select_related("checkpoint", "workspace"), pk=pk
    )
    may_cancel = not fetch.is_finished and may(request.user, fetch.workspace, Action.MANAGE_CHECKPOINTS)
    return render(request, template, {"run": fetch, "may_cancel": may_cancel})


@requires(Action.VIEW_CHECKPOINTS)
@require_POST
def fetch_cancel(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """Stop a fetch."""
    fetch = get_object_or_404(CheckpointFetch.objects.visible_to(request.user), pk=pk)
    require_action(request.user, fetch.workspace, Action.MANAGE_CHECKPOINTS)
    cancel_fetch(fetch=fetch, user=request.user)
    return redirect(fetch)
