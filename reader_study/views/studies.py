"""Pages of those who run studies. None of them shows the key, or how well readers do, before the unsealing."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import View, WorkspaceRequest, require_action, requires
from accounts.models import User
from accounts.policy import Action, may
from reader_study import blinding, services
from reader_study.forms.studies import InvitationForm, StudyForm
from reader_study.models import Invitation, Reader, Study, StudyState
from reader_study.questions import DEFAULT_QUESTIONS
from reader_study.steps import steps_of

_ORDERS = {"title": "title", "created": "created_at", "state": "state", "readers": "readers_count"}


@require_safe
@requires(Action.VIEW_STUDIES)
def study_list(request: WorkspaceRequest) -> HttpResponse:
    """The studies of the workspace."""
    studies = Study.objects.visible_to(request.user).filter(workspace=request.workspace)
    words, state, sort = (request.GET.get(name, "") for name in ("q", "state", "sort"))
    found = studies.matching(words).with_progress().select_related("real_set", "synthetic_set")
    if state in StudyState.values:
        found = found.filter(state=state)
    order = _ORDERS.get(sort.lstrip("-"), "created_at")
    found = found.order_by(("-" if sort.startswith("-") or not sort else "") + order, "pk")
    context = {
        "page": Paginator(found, 25).get_page(request.GET.get("page")),
        "exist": studies.exists(),
        "states": StudyState.choices,
        "may_manage": may(request.user, request.workspace, Action.MANAGE_STUDIES),
    }
    return render(request, "reader_study/study_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Action.MANAGE_STUDIES)
def study_new(request: WorkspaceRequest) -> HttpResponse:
    """The study builder."""
    form = StudyForm(request.POST or None, user=request.user, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(services.build_study(workspace=request.workspace, user=request.user, **form.cleaned_data))
        except ValidationError as error:
            form.absorb(error.message_dict if hasattr(error, "error_dict") else {"": error.messages})
    context = {
        "form": form,
        "questions": DEFAULT_QUESTIONS,
        "sets_missing": [name for name in ("real_set", "synthetic_set") if not form.fields[name].queryset.exists()],  # type: ignore[attr-defined]
    }
    return render(request, "reader_study/study_new.html", context, status=400 if form.errors else 200)


def _visible(user: User, pk: Any) -> Study:
    rows = Study.objects.visible_to(user).select_related("workspace", "real_set", "synthetic_set")
    return get_object_or_404(rows, pk=pk)


def _manageable(user: User, pk: Any, action: Action = Action.MANAGE_STUDIES) -> Study:
    study = _visible(user, pk)
    require_action(user, study.workspace, action)
    return study


@require_safe
@requires(Action.VIEW_STUDIES)
@never_cache
def study_detail(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """One study: where it stands, what comes next, its blinding report, its readers' progress."""
    return _detail(request, _visible(request.user, pk))


def _detail(request: WorkspaceRequest, study: Study, *, status: int = 200, **extra: Any) -> HttpResponse:
    may_manage = may(request.user, study.workspace, Action.MANAGE_STUDIES)
    links = Invitation.objects.filter(study=study).select_related("reader").order_by("reader__code", "-created_at")
    context = {
        "study": study,
        "steps": steps_of(study),
        "rendition": getattr(study, "rendition", None),
        "questions": study.questions.all(),
        "readers": study.readers_with_progress(),
        "links": links if may_manage else [],
        "may_manage": may_manage,
        "may_unseal": may(request.user, study.workspace, Action.UNSEAL),
        "may_export_blinded": may(request.user, study.workspace, Action.EXPORT_BLINDED),
        "may_see_results": may(request.user, study.workspace, Action.VIEW_RESULTS),
        "invitation_form": InvitationForm(),
        **extra,
    }
    return render(request, "reader_study/study_detail.html", context, status=status)


@require_safe
@requires(Action.VIEW_STUDIES)
@never_cache
def study_preparation(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """The progress of the preparation, for the page to ask again; a finished one reloads the page."""
    study = _visible(request.user, pk)
    response = render(request, "reader_study/_preparation.html", {"study": study, "rendition": study.rendition})
    if study.rendition.is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@requires(Action.VIEW_STUDIES)
@never_cache
def study_progress(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """The readers' table, for the page to ask again while the study is open."""
    study = _visible(request.user, pk)
    may_manage = may(request.user, study.workspace, Action.MANAGE_STUDIES)
    context = {"study": study, "readers": study.readers_with_progress(), "may_manage": may_manage}
    return render(request, "reader_study/_readers.html", context)


@require_safe
@requires(Action.VIEW_STUDIES)
def study_protocol(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """The protocol as it was hashed: canonical JSON, so that `sha256sum` gives the protocol hash."""
    study = _visible(request.user, pk)
    if study.protocol is None:
        raise Http404
    response = HttpResponse(blinding.canonical_json(study.protocol), content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="protocol.json"'
    return response


def _step(action: Action, change: Callable[..., Any], done: str) -> View:
    """A view that takes one step of the study's life, or shows on its page why not."""

    @require_POST
    @requires(action)
    def view(request: WorkspaceRequest, pk: Any) -> HttpResponse:
        study = _manageable(request.user, pk, action)
        try:
            change(study, request)
        except ValidationError as error:
            return _refused(request, study, error)
        messages.success(request, done)
        return redirect("reader_study:study_detail", pk=pk)

    return view


def _refused(request: WorkspaceRequest, study: Study, error: ValidationError) -> HttpResponse:
    study.refresh_from_db()
    about = error.message_dict.get("acknowledgement") if hasattr(error, "error_dict") else None
    typed = request.POST.get("acknowledgement", "")
    refusal = {"acknowledgement_errors": about, "acknowledgement": typed} if about else {"refusal": error.messages}
    return _detail(request, study, status=409, **refusal)


def _lock(study: Study, request: WorkspaceRequest) -> None:
    services.lock_study(study=study, user=request.user, acknowledgement=request.POST.get("acknowledgement", ""))


study_lock = _step(Action.MANAGE_STUDIES, _lock, "Locked. The protocol is fixed and the key is sealed.")
study_open = _step(
    Action.MANAGE_STUDIES,
    lambda study, request: services.open_study(study=study, user=request.user),
    "Open: readers can read now.",
)
study_pause = _step(
    Action.MANAGE_STUDIES,
    lambda study, request: services.pause_study(study=study, user=request.user),
    "Paused. Nothing is lost; readers see that the study rests.",
)
study_close = _step(
    Action.MANAGE_STUDIES,
    lambda study, request: services.close_study(study=study, user=request.user),
    "Closed. No more answers are taken; the key is still sealed.",
)
study_unseal = _step(
    Action.UNSEAL,
    lambda study, request: services.unseal_study(study=study, user=request.user),
    "Unsealed. The key matches its commitment.",
)


@require_POST
@requires(Action.MANAGE_STUDIES)
def study_discard(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """Delete a draft."""
    study = _manageable(request.user, pk)
    try:
        services.discard_draft(study=study, user=request.user)
    except ValidationError as error:
        return _refused(request, study, error)
    messages.success(request, f"The draft {study.title} is deleted.")
    return redirect("reader_study:study_list")


@require_POST
@requires(Action.MANAGE_STUDIES)
@never_cache
def invite(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """Invite a reader; the link is on the page that answers, once."""
    study = _manageable(request.user, pk)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _detail(request, study, status=400, invitation_form=form)
    try:
        invitation = services.invite_reader(study=study, user=request.user, **form.cleaned_data)
    except ValidationError as error:
        return _refused(request, study, error)
    return _with_link(request, study, invitation)


def _with_link(request: WorkspaceRequest, study: Study, invitation: Invitation) -> HttpResponse:
    link = request.build_absolute_uri(invitation.path)
    return _detail(request, study, link=link, invited=invitation)


@require_POST
@requires(Action.MANAGE_STUDIES)
def revoke(request: WorkspaceRequest, pk: Any, invitation: int) -> HttpResponse:
    """Make a link useless."""
    study = _manageable(request.user, pk)
    row = get_object_or_404(Invitation.objects.select_related("reader", "study__workspace"), study=study, pk=invitation)
    services.revoke_invitation(invitation=row, user=request.user)
    messages.success(request, f"The link of {row.reader.code} no longer works.")
    return redirect(study)


@require_POST
@requires(Action.MANAGE_STUDIES)
@never_cache
def renew(request: WorkspaceRequest, pk: Any, reader: int) -> HttpResponse:
    """A new link for a reader who lost theirs; the old one stops working."""
    study = _manageable(request.user, pk)
    row = get_object_or_404(Reader.objects.select_related("study__workspace"), study=study, pk=reader)
    try:
        invitation = services.renew_invitation(reader=row, user=request.user)
    except ValidationError as error:
        return _refused(request, study, error)
    return _with_link(request, study, invitation)
