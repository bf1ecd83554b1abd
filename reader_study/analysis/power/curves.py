"""Power over readers x cases, and how many cases are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.power.components import ArmComponents, PairComponents
from reader_study.analysis.power.power import Power, difference_power, equivalence_power, pair_power

READERS = (3, 5, 8, 12, 20)
CASES = tuple(range(20, 1001, 20))
MOST_CASES = 20_000
FEWEST_CASES = 4


class Goal(StrEnum):
    """What a study is to show."""

    DIFFERENCE = "difference"
    EQUIVALENCE = "equivalence"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Plan:
    """A question with everything but its size. value: expected mean (for a comparison: expected difference of two arms)."""

    goal: Goal
    components: ArmComponents | PairComponents
    value: float
    null: float = 0.5
    margin: float = 0.1
    alpha: float = 0.05
    normal: bool = False

    def power(self, readers: int, cases: float) -> Power:
        """Power with so many readers, each reading so many cases."""
        given = {"readers": readers, "cases": cases, "alpha": self.alpha}
        if isinstance(self.components, PairComponents):
            return pair_power(self.components, difference=self.value, readers=readers, cases=cases, alpha=self.alpha)
        if self.goal is Goal.COMPARISON:
            raise AnalysisError("Comparing two arms needs the components of two arms.")
        given = {**given, "value": self.value, "null": self.null, "normal": self.normal}
        if self.goal is Goal.EQUIVALENCE:
            return equivalence_power(self.components, margin=self.margin, **given)  # type: ignore[arg-type]
        return difference_power(self.components, **given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Curve:
    """Power at `cases` for one number of readers. needed: fewest cases that reach the target, None where none does.

    highest: power that no number of cases exceeds.
    """

    readers: int
    cases: tuple[int, ...]
    power: tuple[float, ...]
    needed: int | None
    highest: float


@dataclass(frozen=True, slots=True)
class Curves:
    """One curve a number of readers, for a plot and a table."""

    goal: Goal
    target: float
    curves: tuple[Curve, ...]
    method: str
    warnings: tuple[str, ...] = ()


def power_curves(
    plan: Plan, readers: Sequence[int] = READERS, cases: Sequence[int] = CASES, *, target: float = 0.8
) -> Curves:
    """Power of `plan` over readers x cases. Raises AnalysisError where the plan's values are impossible."""
    if not 0 < target < 1:
        raise AnalysisError("The target power must lie between 0 and 1.")
    curves = tuple(_curve(plan, count, tuple(cases), target) for count in readers)
    method = plan.power(max(2, readers[0]), 100).method
    return Curves(plan.goal, target, curves, method, plan.components.warnings)


def cases_needed(plan: Plan, readers: int, target: float = 0.8) -> int | None:
    """Fewest cases with which `plan` reaches `target`, by bisection; None where MOST_CASES do not."""
    low, high = FEWEST_CASES, MOST_CASES
    if plan.power(readers, high).power < target:
        return None
    while low < high:
        middle = (low + high) // 2
        if plan.power(readers, middle).power >= target:
            high = middle
        else:
            low = middle + 1
    return low


def _curve(plan: Plan, readers: int, cases: tuple[int, ...], target: float) -> Curve:
    powers = tuple(plan.power(readers, count).power for count in cases)
    highest = plan.power(readers, 1e7).power
    return Curve(readers, cases, powers, cases_needed(plan, readers, target), highest)
