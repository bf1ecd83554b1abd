"""The home page: what runs, what waits for you, what there is, and what to do next when there is nothing."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import WORKSPACE_KEY
from accounts.models import User, Workspace, working_memberships
from accounts.policy import ROLE_ACTIONS, Action, Role
from config.demo.progress import read_progress
from config.first_steps import first_steps
from config.waiting import readings_of, waiting_for
from evaluation.models import Score, ScoreCard
from images.models import ImageSet, ImageSetItem
from jobs.models import UNFINISHED, Run
from jobs.registry import kinds
from reader_study.models import Study

RECENT = 5
# One number of each kind stands for a card on the home page; the card has them all.
HEADLINES = ("frechet_distance", "precision", "recall")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The overview of the chosen workspace; for those who only read, their reading list and nothing else."""
    user, workspace = _who(request)
    readings = readings_of(user)
    if workspace is None:
        return render(request, "home/readings.html", {"readings": readings})
    actions = allowed_in(user, workspace)
    steps, demo = first_steps(workspace, actions), read_progress()
    guided = demo is not None and not demo.finished  # the demonstration takes every step by itself
    context = {
        "workspace": workspace,
        "actions": actions,
        "demo": demo,
        "runs": unfinished_runs(user, workspace),
        "waiting": waiting_for(user, workspace, actions, readings),
        "cards": score_cards(user, workspace),
        "image_sets": image_sets(user, workspace),
        "studies": Study.objects.visible_to(user).filter(workspace=workspace).with_progress()[:RECENT],
        "steps": [] if guided or all(step.done for step in steps) else steps,
        "steps_done": sum(step.done for step in steps),
    }
    return render(request, "home/overview.html", context)


@login_required
def running(request: HttpRequest) -> HttpResponse:
    """The part of the overview that says what runs; it asks for itself again while anything does."""
    user, workspace = _who(request)
    if workspace is None:
        raise Http404
    return render(request, "home/_running.html", {"runs": unfinished_runs(user, workspace)})


@login_required
def demonstration(request: HttpRequest) -> HttpResponse:
    """The part of the overview that says how far the demonstration is."""
    _, workspace = _who(request)
    demo = read_progress()
    if workspace is None or demo is None:
        raise Http404
    return render(request, "home/_demo.html", {"demo": demo})


def unfinished_runs(user: User, workspace: Workspace) -> list[Run]:
    """Every run of the workspace that is queued or running and that `user` may see, the oldest first."""
    runs: list[Run] = []
    for kind in kinds():
        rows: Any = kind.model._default_manager
        runs.extend(rows.visible_to(user).filter(workspace=workspace, state__in=UNFINISHED))
    return sorted(runs, key=lambda run: run.created_at)


def score_cards(user: User, workspace: Workspace) -> QuerySet[Any]:
    """The latest cards, each with its `headlines` scores in the order of HEADLINES."""
    scores = Score.objects.filter(metric__in=HEADLINES, finding="").order_by("metric")
    rows = ScoreCard.objects.visible_to(user).filter(workspace=workspace).with_sets()
    return rows.prefetch_related(Prefetch("scores", queryset=scores, to_attr="headlines"))[:RECENT]


def image_sets(user: User, workspace: Workspace) -> QuerySet[Any]:
    """The latest sets, each with the id of its first image as `cover`."""
    first = ImageSetItem.objects.filter(image_set=OuterRef("pk")).order_by("position").values("image")[:1]
    rows = ImageSet.objects.visible_to(user).filter(workspace=workspace)
    return rows.annotate(cover=Subquery(first))[:RECENT]


def allowed_in(user: User, workspace: Workspace) -> frozenset[Action]:
    """What the person's role in this workspace includes."""
    role = user.memberships.filter(workspace=workspace).values_list("role", flat=True).first()
    return ROLE_ACTIONS[Role(role)] if role else frozenset()


def _who(request: HttpRequest) -> tuple[User, Workspace | None]:
    """The person, and the workspace they look at: the chosen one, or the first in which they do more than read."""
    assert isinstance(request.user, User)
    spaces = [member.workspace for member in working_memberships(request.user)]
    chosen = request.session.get(WORKSPACE_KEY)
    return request.user, next((space for space in spaces if str(space.pk) == chosen), spaces[0] if spaces else None)
