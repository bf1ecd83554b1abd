"""Pages of generation runs."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action, may
from generation.forms import RunForm, add_errors
from generation.models import Checkpoint, GenerationRun, PromptSet
from generation.services import cancel_generation, start_generation
from generation.views.listing import page_of
from jobs.models import RunState
from jobs.sharing import PieceState

SHOWN_PICTURES = 60


@requires(Action.VIEW_RUNS)
@require_GET
def run_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's generation runs."""
    rows = GenerationRun.objects.visible_to(request.user).filter(workspace=request.workspace)
    words, state = request.GET.get("q", ""), request.GET.get("state", "")
    found = rows.matching(words).in_state(state).select_related("checkpoint", "prompt_set")
    context = {
        "page": page_of(request, found, ("name", "total", "created_at")),
        "words": words,
        "state": state,
        "states": RunState.choices,
        "any": rows.exists(),
        "may_generate": may(request.user, request.workspace, Action.GENERATE),
    }
    return render(request, "generation/run_list.html", context)


@requires(Action.GENERATE)
def run_new(request: WorkspaceRequest) -> HttpResponse:
    """Choose what to generate, and start it."""
    form = RunForm(request.POST or None, workspace=request.workspace, initial=_chosen(request))
    if request.method == "POST" and form.is_valid():
        try:
            run = start_generation(**_arguments(form.cleaned_data), user=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect(run)
    context = {
        "form": form,
        "any_checkpoint": Checkpoint.objects.filter(workspace=request.workspace).exists(),
        "any_prompts": PromptSet.objects.filter(workspace=request.workspace).exists(),
    }
    return render(request, "generation/run_new.html", context, status=400 if form.errors else 200)


def _chosen(request: WorkspaceRequest) -> dict[str, Any]:
    return {name: request.GET[name] for name in ("checkpoint", "prompt_set") if name in request.GET}


def _arguments(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "size": data["size"] or data["checkpoint"].facts["resolution"]}


@requires(Action.VIEW_RUNS)
@require_GET
def run_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """Where a run stands, what it has made, and where everything came from."""
    run = _run(request, pk)
    return render(request, "generation/run_detail.html", {"run": run, **_live(request, run)})


@requires(Action.VIEW_RUNS)
@require_GET
def run_progress(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The progress bar."""
    run = _run(request, pk)
    return render(request, "generation/_run_progress.html", {"run": run})


@requires(Action.VIEW_RUNS)
@require_GET
def run_live(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The pictures and chunks; nothing (204) where nothing has changed since `seen`."""
    run = _run(request, pk)
    live = _live(request, run)
    if request.GET.get("seen") == live["seen"]:
        return HttpResponse(status=204)
    return render(request, "generation/_run_live.html", {"run": run, **live})


@requires(Action.VIEW_RUNS)
@require_POST
def run_cancel(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """Stop a run."""
    run = _run(request, pk)
    require_action(request.user, run.workspace, Action.GENERATE)
    cancel_generation(run=run, user=request.user)
    return redirect(run)


def _run(request: WorkspaceRequest, pk: str) -> GenerationRun:
    rows = GenerationRun.objects.visible_to(request.user)
    rows = rows.select_related("checkpoint", "prompt_set", "image_set", "workspace", "created_by")
    return get_object_or_404(rows, pk=pk)


def _live(request: WorkspaceRequest, run: GenerationRun) -> dict[str, Any]:
    """What changes while a run works; `seen` changes with it."""
    counts = dict(run.chunks.values_list("state").annotate(number=Count("pk")))
    chunks = [(PieceState(state), counts.get(state, 0)) for state in PieceState.values]
    newest = "position" if run.is_finished else "-created_at"
    pictures = run.pictures.select_related("image", "prompt").order_by(newest)
    count = pictures.count()
    return {
        "chunks": chunks,
        "pictures": pictures[:SHOWN_PICTURES],
        "picture_count": count,
        "seen": f"{run.state}-{count}-" + "-".join(str(number) for _, number in chunks),
        "may_cancel": not run.is_finished and may(request.user, run.workspace, Action.GENERATE),
    }
