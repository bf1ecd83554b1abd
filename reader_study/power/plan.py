"""From the form to power curves: assumptions or a pilot study, closed form, and one size by simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.comparison import compare_arms_of
from reader_study.analysis.power.components import (
    ArmComponents,
    PairComponents,
    assumed_arm,
    assumed_pair,
    pilot_arm,
    pilot_pair,
)
from reader_study.analysis.power.curves import Curves, Goal, Plan, power_curves
from reader_study.analysis.power.simulate import SimulatedPower, calls_model, simulate_power
from reader_study.analysis.table import RatingTable
from reader_study.models import Study
from reader_study.reads.rows import rating_table, read_rows

STEPS = 48
REPLICATES = 300
_COLUMNS = {"balanced accuracy": "call", "AUC": "rating"}


@dataclass(frozen=True)
class Check:
    """One size by simulation beside the closed form; `reason` where it cannot be simulated."""

    readers: int
    cases: int
    closed: float
    simulated: SimulatedPower | None
    reason: str = ""


def curves_for(given: dict[str, Any]) -> tuple[Plan, Curves]:
    """The plan and its curves from the form's cleaned data. Raises ValidationError for a pilot that says nothing."""
    plan = _plan(given)
    step = max(2, 2 * round(given["most_cases"] / STEPS / 2))
    cases = [*range(step, given["most_cases"], step), given["most_cases"]]
    try:
        return plan, power_curves(plan, given["readers"], cases, target=given["target"])
    except AnalysisError as error:
        raise ValidationError(str(error)) from error


def check_for(given: dict[str, Any], plan: Plan) -> Check | None:
    """The one size to simulate, where the form names one."""
    readers, cases = given.get("check_readers"), given.get("check_cases")
    if not (readers and cases):
        return None
    closed = plan.power(readers, cases).power
    parts = plan.components
    if isinstance(parts, PairComponents) or given["endpoint"] != "balanced accuracy":
        return Check(readers, cases, closed, None, "The page simulates balanced accuracy of one arm only.")
    correlation = min(parts.cov2 / parts.var, 0.99) if parts.var > 0 else 0.0
    model = calls_model(plan.value, case_correlation=correlation, reader_sd=math.sqrt(parts.reader))
    margin = plan.margin if plan.goal is Goal.EQUIVALENCE else None
    simulated = simulate_power(
        model,
        readers=readers,
        cases=cases,
        share=given["share"],
        margin=margin,
        alpha=plan.alpha,
        replicates=REPLICATES,
    )
    return Check(readers, cases, closed, simulated)


def _plan(given: dict[str, Any]) -> Plan:
    goal = Goal(given["goal"])
    value = given["difference"] if goal is Goal.COMPARISON else given["value"]
    pilot: Study | None = given.get("pilot")
    parts = _from_pilot(pilot, goal, given["endpoint"]) if pilot else _assumed(goal, given)
    return Plan(goal, parts, value, margin=given["margin"], alpha=given["alpha"])


def _assumed(goal: Goal, given: dict[str, Any]) -> ArmComponents | PairComponents:
    shared = {"reader_sd": given["reader_sd"], "share": given["share"], "endpoint": given["endpoint"]}
    if goal is Goal.COMPARISON:
        correlations = given["arm_correlation"], given["case_correlation"], given["neither_correlation"]
        # Values near chance vary most; a difference is looked for at the expected mean.
        return assumed_pair(given["value"], correlations=correlations, **shared)
    return assumed_arm(given["value"], case_correlation=given["case_correlation"], **shared)


def _from_pilot(pilot: Study, goal: Goal, endpoint: str) -> ArmComponents | PairComponents:
    found = _pilot_components(pilot.pk, pilot.unsealed_at, goal, endpoint)
    if isinstance(found, str):
        raise ValidationError({"pilot": found})
    return found


@lru_cache(maxsize=32)
def _pilot_components(
    study_id: UUID, unsealed_at: datetime | None, goal: Goal, endpoint: str
) -> ArmComponents | PairComponents | str:
    """Components of an unsealed study, which never changes again; or why it has none."""
    rows = list(read_rows(Study.objects.get(pk=study_id)))
    if not rows:
        return "Nobody has read a case of this study."
    table = rating_table(rows)
    try:
        return _pair(table, endpoint) if goal is Goal.COMPARISON else pilot_arm(table, _COLUMNS[endpoint])
    except NotEstimable as reason:
        return str(reason)


def _pair(table: RatingTable, endpoint: str) -> PairComponents:
    if len(table.arms) != 2:
        raise NotEstimable("A pilot for two arms needs two arms.")
    compared = compare_arms_of(table, _COLUMNS[endpoint], endpoint)
    if compared.overall is None or compared.overall.n_readers < 2:
        raise NotEstimable(compared.reason or "The two arms of this study have too few reads in common.")
    return pilot_pair(compared.overall, len(table.cases))
