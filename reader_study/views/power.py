"""The page that says how many readers and cases a study needs."""

from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from reader_study.analysis.methods import METHODS
from reader_study.analysis.power.components import PairComponents
from reader_study.analysis.power.curves import Curve, Curves, Plan
from reader_study.figures import drawn
from reader_study.power.figure import draw
from reader_study.power.form import PowerForm
from reader_study.power.plan import check_for, curves_for

# Numbers of cases that the table shows, as far as they were asked for.
COLUMNS = (50, 100, 200, 500, 1000, 2000, 5000)


@require_safe
@requires(Action.VIEW_STUDIES)
def power(request: WorkspaceRequest) -> HttpResponse:
    """The form, the answer in a sentence, the curves and their table. The empty form answers with its own initial values."""
    form = _form(request)
    context: dict[str, Any] = {"form": form, "query": request.GET.urlencode()}
    if form.is_valid():
        try:
            plan, curves = curves_for(form.cleaned_data)
            context |= _answer(form.cleaned_data, plan, curves)
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "reader_study/power.html", context, status=400 if form.errors else 200)


@require_safe
@requires(Action.VIEW_STUDIES)
def power_figure(request: WorkspaceRequest) -> HttpResponse:
    """The curves as SVG for the same query; with ?download it is saved instead of shown."""
    form = _form(request)
    if not form.is_valid():
        raise Http404
    try:
        _, curves = curves_for(form.cleaned_data)
    except ValidationError as error:
        raise Http404 from error
    response = HttpResponse(_drawn(curves), content_type="image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = 'attachment; filename="power.svg"'
    return response


@lru_cache(maxsize=32)
def _drawn(curves: Curves) -> bytes:
    return drawn(lambda: draw(curves), "svg")


def _form(request: WorkspaceRequest) -> PowerForm:
    data = request.GET.copy()
    data.pop("download", None)
    # Without a query the form's own values are the question: the page opens with an answer.
    data.setdefault("most_cases", "500")
    return PowerForm(data, user=request.user, workspace=request.workspace)


def _answer(given: dict[str, Any], plan: Plan, curves: Curves) -> dict[str, Any]:
    reached = [curve for curve in curves.curves if curve.needed is not None]
    best = min(reached, key=lambda curve: curve.readers * (curve.needed or 0), default=None)
    columns = [count for count in COLUMNS if count <= given["most_cases"]]
    return {
        "plan": plan,
        "curves": curves,
        "best": best,
        "best_reads": best.readers * (best.needed or 0) if best else None,
        "best_synthetic": round((best.needed or 0) * given["share"]) if best else None,
        "columns": columns,
        "rows": [_row(plan, curve, columns) for curve in curves.curves],
        "check": check_for(given, plan),
        "method": METHODS[curves.method],
        "pilot": given.get("pilot"),
        "two_arms": isinstance(plan.components, PairComponents),
        "target": curves.target,
    }


def _row(plan: Plan, curve: Curve, columns: list[int]) -> dict[str, Any]:
    return {
        "readers": curve.readers,
        "needed": curve.needed,
        "reads": curve.readers * curve.needed if curve.needed else None,
        "highest": curve.highest,
        "powers": [plan.power(curve.readers, count).power for count in columns],
    }
