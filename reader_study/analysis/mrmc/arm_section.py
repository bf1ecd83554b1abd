"""The arms of a study beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from reader_study.analysis.mrmc.comparison import Comparison, compare_arms_of
from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class ArmSection:
    """Arms of a study on its two endpoints; None with a reason where there is one arm."""

    arms: tuple[str, ...]
    balanced_accuracy: Comparison | None
    auc: Comparison | None
    reason: str = ""


def arm_section(
    table: RatingTable,
    *,
    null: float = 0.5,
    margin: float | None = None,
    alpha: float = 0.05,
    covariance: str | None = None,
    inference: str = "RRRC",
    method: str | None = None,
) -> ArmSection:
    """Balanced accuracy and AUC of every arm of `table`, with their differences. Never raises for what the data lack."""
    arms = tuple(table.primary().arms)
    if len(arms) < 2:
        return ArmSection(arms, None, None, "There is one arm only: nothing to compare.")

    def compare(column: str, name: str) -> Comparison:
        return compare_arms_of(
            table, column, name, null=null, margin=margin, alpha=alpha, covariance=covariance, inference=inference,
            method=method,
        )  # fmt: skip

    return ArmSection(arms, compare("call", "balanced accuracy"), compare("rating", "AUC"))
