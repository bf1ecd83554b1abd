"""Pages of prompt sets."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action, may
from generation.forms import PromptSetForm, add_errors
from generation.limits import PROMPT_FILE_BYTES
from generation.models import PromptSet
from generation.services import import_prompt_set
from generation.views.listing import page_of

PROMPTS_PER_PAGE = 100


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def prompt_set_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's prompt sets."""
    rows = PromptSet.objects.visible_to(request.user).filter(workspace=request.workspace)
    words = request.GET.get("q", "")
    page = page_of(request, rows.matching(words), ("name", "count", "created_at"))
    context = {"page": page, "words": words, "any": rows.exists()}
    context["may_manage"] = may(request.user, request.workspace, Action.MANAGE_CHECKPOINTS)
    return render(request, "generation/prompt_set_list.html", context)


@requires(Action.VIEW_CHECKPOINTS)
@require_GET
def prompt_set_detail(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """The prompts, searchable, and the runs that used them."""
    prompt_set = get_object_or_404(PromptSet.objects.visible_to(request.user).select_related("workspace"), pk=pk)
    words = request.GET.get("q", "")
    prompts = prompt_set.prompts.filter(text__icontains=words) if words else prompt_set.prompts.all()
    context = {
        "prompt_set": prompt_set,
        "words": words,
        "page": Paginator(prompts, PROMPTS_PER_PAGE).get_page(request.GET.get("page")),
        "runs": prompt_set.runs.select_related("checkpoint")[:20],
        "may_generate": may(request.user, prompt_set.workspace, Action.GENERATE),
    }
    return render(request, "generation/prompt_set_detail.html", context)


@requires(Action.MANAGE_CHECKPOINTS)
def prompt_set_import(request: WorkspaceRequest) -> HttpResponse:
    """Import a CSV file."""
    form = PromptSetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            # One byte more than is allowed, so that the service sees that it is too much.
            data = form.cleaned_data["file"].read(PROMPT_FILE_BYTES + 1)
            name = form.cleaned_data["name"]
            prompt_set = import_prompt_set(workspace=request.workspace, name=name, data=data, user=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"{prompt_set.count} prompts are in {prompt_set}.")
            return redirect(prompt_set)
    return render(request, "generation/prompt_set_import.html", {"form": form}, status=400 if form.errors else 200)
