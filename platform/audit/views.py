"""The log as a page."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from audit.models import Event
from audit.services import verify_chain

PER_PAGE = 50
SPANS = {"1": "the last day", "7": "the last week", "30": "the last month"}


@requires(Action.VIEW_AUDIT)
def event_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's events, newest first, with search and filter."""
    events = Event.objects.visible_to(request.user).filter(workspace=request.workspace).select_related("actor")
    kinds = sorted(set(events.order_by().values_list("action", flat=True)))
    query, kind, days = (request.GET.get(name, "").strip() for name in ("q", "action", "days"))
    events = events.matching(query) if query else events
    events = events.filter(action=kind) if kind else events
    if days in SPANS:
        events = events.filter(at__gte=timezone.now() - timedelta(days=int(days)))
    page = Paginator(events, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "kinds": kinds, "spans": SPANS, "filtered": bool(query or kind or days)}
    return render(request, "audit/events.html", {**context, "head": Event.objects.first()})


@require_POST
@requires(Action.VIEW_AUDIT)
def verify(request: WorkspaceRequest) -> HttpResponse:
    """Recompute the chain and say whether it holds. Events of other workspaces are counted, never shown."""
    check = verify_chain()
    if check.intact:
        messages.success(request, f"The chain holds: {check.events} events, none changed, none missing in between.")
    else:
        messages.error(request, f"The chain breaks at event {check.broken_at}: {check.reason}.")
    return redirect("audit:list")
