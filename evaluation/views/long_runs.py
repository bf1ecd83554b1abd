"""The pages that every kind of long run has beside its own result: list, form, progress, end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action, may
from generation.views.listing import page_of
from jobs.models import Run, RunState


@dataclass(frozen=True)
class RunKind:
    """``name``: what its templates and addresses begin with; ``preset``: fields that a link may choose in advance.

    ``model``'s rows have `visible_to`, `matching`, `in_state` and `with_sets`; ``start`` takes what ``form`` cleaned, and `user`.
    """

    name: str
    model: type[Run]
    form: type[forms.Form]
    start: Callable[..., Run]
    cancel: Callable[..., None]
    sortable: tuple[str, ...]
    preset: tuple[str, ...]

    def visible(self, request: WorkspaceRequest) -> Any:
        """The runs that the person may see, in every workspace."""
        rows: Any = self.model._default_manager
        return rows.visible_to(request.user)

    def find(self, request: WorkspaceRequest, pk: UUID) -> Any:
        """One of them; Http404 otherwise."""
        return get_object_or_404(self.visible(request).with_sets(), pk=pk)


def run_paths(kind: RunKind, root: str, detail: Callable[..., HttpResponseBase]) -> list[URLPattern]:
    """The addresses of a kind of run below `root`; `detail` shows one run."""
    options = {"kind": kind}
    return [
        path(f"{root}/", run_list, options, name=f"{kind.name}_list"),
        path(f"{root}/new/", run_new, options, name=f"{kind.name}_new"),
        path(f"{root}/<uuid:pk>/", detail, name=f"{kind.name}_detail"),
        path(f"{root}/<uuid:pk>/progress/", run_progress, options, name=f"{kind.name}_progress"),
        path(f"{root}/<uuid:pk>/cancellation/", run_cancel, options, name=f"{kind.name}_cancel"),
    ]


@require_GET
@requires(Action.VIEW_SCORES)
def run_list(request: WorkspaceRequest, kind: RunKind) -> HttpResponse:
    """The workspace's runs: `?q=`, `?state=`, `?sort=`."""
    rows = kind.visible(request).filter(workspace=request.workspace)
    words, state = request.GET.get("q", ""), request.GET.get("state", "")
    context = {
        "page": page_of(request, rows.matching(words).in_state(state).with_sets(), kind.sortable),
        "words": words,
        "state": state,
        "states": RunState.choices,
        "any": rows.exists(),
        "may_start": may(request.user, request.workspace, Action.SCORE),
        "new": f"evaluation:{kind.name}_new",
    }
    return render(request, f"evaluation/{kind.name}_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Action.SCORE)
def run_new(request: WorkspaceRequest, kind: RunKind) -> HttpResponse:
    """The form that starts a run; the address may choose in advance."""
    chosen = {name: request.GET[name] for name in kind.preset if name in request.GET}
    form = kind.form(request.POST or None, initial=chosen, workspace=request.workspace)  # type: ignore[call-arg]
    if request.method == "POST" and form.is_valid():
        try:
            run: Any = kind.start(**form.cleaned_data, user=request.user)
            return redirect(run.get_absolute_url())
        except ValidationError as error:
            add_errors(form, error)
    return render(request, f"evaluation/{kind.name}_new.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
@requires(Action.VIEW_SCORES)
def run_progress(request: WorkspaceRequest, kind: RunKind, pk: UUID) -> HttpResponse:
    """The live part of a run's page; loads the page again at the end."""
    run = kind.find(request, pk)
    if run.is_finished and request.htmx:  # type: ignore[attr-defined]
        answer: HttpResponse = HttpResponseClientRefresh()
        return answer
    return render(request, "jobs/_progress.html", {"run": run, "url": request.path})


@require_POST
@requires(Action.SCORE)
def run_cancel(request: WorkspaceRequest, kind: RunKind, pk: UUID) -> HttpResponse:
    """Stop a run."""
    run = kind.find(request, pk)
    require_action(request.user, run.workspace, Action.SCORE)
    kind.cancel(run=run, user=request.user)
    return redirect(run)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """What a service refused, each beside its field where the form has it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, messages in error.message_dict.items():
        for message in messages:
            form.add_error(field if field in form.fields else None, message)
