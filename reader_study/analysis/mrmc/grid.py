"""Reads laid out as arm x reader x case, split by truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Flags, Floats, Ints

GROUPS = ("arm", "source", "truth")


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of one column; a cell is one reader in one arm.

    negatives: (t, J, n0) values of real cases, positives: (t, J, n1) of synthetic ones; NaN where a case was not read.
    """

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    negatives: Floats
    positives: Floats
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(t arms, J readers)"""
        return len(self.arms), len(self.readers)

    @property
    def n_real(self) -> int:
        return int(self.negatives.shape[2])

    @property
    def n_synthetic(self) -> int:
        return int(self.positives.shape[2])

    @property
    def n_cases(self) -> int:
        return self.n_real + self.n_synthetic

    @property
    def n_reads(self) -> int:
        return int((~np.isnan(self.negatives)).sum() + (~np.isnan(self.positives)).sum())

    @property
    def is_complete(self) -> bool:
        """Whether every reader read every case in every arm."""
        return self.n_reads == self.negatives.size + self.positives.size

    def cells(self) -> tuple[Floats, Floats]:
        """Negatives (g, n0) and positives (g, n1) with the g = t * J cells in arm-major order."""
        g = len(self.arms) * len(self.readers)
        return self.negatives.reshape(g, self.n_real), self.positives.reshape(g, self.n_synthetic)


def grid(table: RatingTable, column: str = "rating", *, any_design: bool = False) -> Grid:
    """The first readings of `table` as a Grid of `column`.

    Readers without a real or without a synthetic read in some arm are left out, with a warning, unless `any_design` keeps
    them (readers nested in arms, readers of one class); cases that nobody read are left out too. Raises NotEstimable where
    nothing is left or where only one class was read.
    """
    first = table.primary()
    first = first.where(~np.isnan(first.column(column)))
    if len(first) == 0:
        raise NotEstimable(f"No read has a value for {column!r}.")
    _need_both_classes(first)
    kept, warnings = (first, ()) if any_design else _usable_readers(first)
    return _fill(kept, column, warnings)


def _need_both_classes(table: RatingTable) -> None:
    if np.unique(table.truth).size < 2:
        only = "synthetic" if table.truth[0] == 1 else "real"
        raise NotEstimable(f"Only {only} cases were read: telling them apart needs both classes.")


def _usable_readers(table: RatingTable) -> tuple[RatingTable, tuple[str, ...]]:
    cells = len(table.arms) * 2
    names, codes = np.unique(table.reader, return_inverse=True)
    _, arms = np.unique(table.arm, return_inverse=True)
    seen = np.zeros((names.size, cells), dtype=bool)
    seen[codes, arms * 2 + table.truth] = True
    usable: Flags = np.asarray(seen.all(axis=1))
    if not usable.any():
        raise NotEstimable("No reader read both real and synthetic cases.")
    left_out = [str(name) for name, kept in zip(names, usable, strict=True) if not kept]
    text = f"Left out, having read one class of cases only: {', '.join(left_out)}."
    return table.where(usable[codes]), ((text,) if left_out else ())


def _fill(table: RatingTable, column: str, warnings: tuple[str, ...]) -> Grid:
    values = table.column(column)
    arms, arm = np.unique(table.arm, return_inverse=True)
    readers, reader = np.unique(table.reader, return_inverse=True)
    parts = []
    for truth in (0, 1):
        chosen = table.truth == truth
        cases, case = np.unique(table.case[chosen], return_inverse=True)
        part = np.full((arms.size, readers.size, cases.size), np.nan)
        part[arm[chosen], reader[chosen], case] = values[chosen]
        parts.append(part)
    labels = tuple(map(str, arms)), tuple(map(str, readers))
    return Grid(*labels, negatives=parts[0], positives=parts[1], warnings=warnings)


def mean_grid(table: RatingTable, column: str, *, by: str = "arm") -> tuple[Grid, Ints]:
    """First readings of `column` by group (arm, source or truth), all of them as positives, and the truth of every case.

    Raises NotEstimable where there is no read, AnalysisError for an unknown grouping.
    """
    if by not in GROUPS:
        raise AnalysisError(f"Unknown grouping {by!r}: choose arm, source or truth.")
    first = table.primary()
    first = first.where(~np.isnan(first.column(column)))
    if len(first) == 0:
        raise NotEstimable(f"No read has a value for {column!r}.")
    groups, group = np.unique(getattr(first, by).astype(np.str_), return_inverse=True)
    readers, reader = np.unique(first.reader, return_inverse=True)
    cases, case = np.unique(first.case, return_inverse=True)
    values = np.full((groups.size, readers.size, cases.size), np.nan)
    if np.unique(np.stack([group, reader, case]), axis=1).shape[1] < len(first):
        raise NotEstimable("A reader has several reads of a case in one group: choose one arm.")
    values[group, reader, case] = first.column(column)
    truth = np.zeros(cases.size, dtype=np.int64)
    truth[case] = first.truth
    return Grid(tuple(map(str, groups)), tuple(map(str, readers)), values[:, :, :0], values), truth


def mean_bounds(values: Floats) -> tuple[float, float]:
    """Proportions stay between 0 and 1; other means have no bounds."""
    return (0.0, 1.0) if np.isin(values[~np.isnan(values)], (0.0, 1.0)).all() else (-math.inf, math.inf)
