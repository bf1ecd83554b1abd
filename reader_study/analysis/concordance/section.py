"""Per image: what radiologists saw against what the machine says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.concordance.clustered import clustered_auc, clustered_spearman
from reader_study.analysis.findings.multiplicity import adjust
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats, Labels

ALL, SYNTHETIC = "all images", "synthetic images"
NO_SCORES = "No automatic score is known for single images of this study. Score these pictures and analyse again."
_FINDING = "seen:"


@dataclass(frozen=True, slots=True)
class MachineScore:
    """One number per image by a program. values: by case. finding: what a probability is of, "" for anything else.

    cluster: what images have in common (patient or prompt), by case; a case that is not named is its own.
    """

    name: str
    title: str
    values: Mapping[str, float]
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A machine score beside one thing that readers said, on one set of images.

    rho: Spearman over images, of the score and the mean over readers. auc: of the score for reads that said yes over reads
    that said no (calls and findings only). p_adjusted: of rho, by Benjamini and Hochberg over the table.
    """

    score: str
    title: str
    asked: str
    images: str
    rho: Estimate
    auc: Estimate | None
    p_adjusted: float | None = None


@dataclass(frozen=True, slots=True)
class Concordance:
    """Every machine score beside everything that was asked, the strongest first. reason: why there is none."""

    rows: tuple[Agreement, ...]
    n_scores: int
    reason: str = ""


def concordance_section(
    table: RatingTable,
    scores: Sequence[MachineScore],
    *,
    clusters: Mapping[str, str] | None = None,
    alpha: float = 0.05,
) -> Concordance:
    """Machine `scores` beside the first readings: calls, ratings, realism, and findings beside their probabilities.

    clusters: patient or prompt of a case; images of one cluster are not counted as independent. Never raises for what the
    data lack.
    """
    if not scores:
        return Concordance((), 0, NO_SCORES)
    first = table.primary()
    rows = [
        row
        for score in scores
        for images, part in _parts(first, score)
        for row in _rows(part, score, images, clusters or {}, alpha)
    ]
    reason = "" if rows else "The automatic scores that are known are of nothing that readers were asked."
    return Concordance(_judged(rows), len(scores), reason)


def _parts(table: RatingTable, score: MachineScore) -> list[tuple[str, RatingTable]]:
    """All images and the synthetic ones; the latter alone for a score that is known of no real image."""
    synthetic = (SYNTHETIC, table.where(table.truth == 1))
    has_real = any(case in score.values for case in np.unique(table.case[table.truth == 0]).tolist())
    return [(ALL, table), synthetic] if has_real else [synthetic]


def _rows(
    table: RatingTable, score: MachineScore, images: str, clusters: Mapping[str, str], alpha: float
) -> list[Agreement]:
    machine = np.array([score.values.get(case, np.nan) for case in table.case.tolist()], dtype=np.float64)
    if np.isnan(machine).all():
        return []
    cluster = np.array([clusters.get(case) or case for case in table.case.tolist()], dtype=np.str_)
    found = []
    for asked, column, binary in _asked(table, score):
        answers = table.column(column)
        if np.isnan(answers).all():
            continue
        rho = clustered_spearman(*_by_case(table, machine, answers, cluster), alpha=alpha)
        auc = clustered_auc(machine, answers, cluster, alpha=alpha) if binary else None
        readers = len(np.unique(table.reader[~np.isnan(answers)]))
        found.append(Agreement(score.name, score.title, asked, images, replace(rho, n_readers=readers), auc))
    return found


def _asked(table: RatingTable, score: MachineScore) -> list[tuple[str, str, bool]]:
    """What the score is put beside: a probability beside its finding, any other number beside calls, ratings, realism."""
    if score.finding:
        column = f"{_FINDING}{score.finding}"
        return [(f"saw {score.finding}", column, True)] if column in table.extra else []
    asked = [("called synthetic", "call", True), ("rated synthetic", "rating", False)]
    return [*asked, ("realism", "realism", False)] if "realism" in table.extra else asked


def _by_case(table: RatingTable, machine: Floats, answers: Floats, cluster: Labels) -> tuple[Floats, Floats, Labels]:
    """One row an image: its score, the mean answer over readers, its cluster."""
    read = ~np.isnan(answers)
    _, place, codes = np.unique(table.case[read], return_index=True, return_inverse=True)
    means = np.bincount(codes, answers[read]) / np.bincount(codes)
    return machine[read][place], means, cluster[read][place]


def _judged(rows: list[Agreement]) -> tuple[Agreement, ...]:
    p_values = adjust([row.rho.p_value for row in rows], family="concordance")
    found = [replace(row, p_adjusted=p) for row, p in zip(rows, p_values, strict=True)]
    return tuple(sorted(found, key=lambda row: -abs(row.rho.value or 0.0)))
