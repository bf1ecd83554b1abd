"""From reads to the reader-level estimates and covariances that the multi-reader tests take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.mrmc.covariance import auc_covariance, choose_covariance, component_covariance
from reader_study.analysis.mrmc.grid import Grid, grid, mean_bounds, mean_grid
from reader_study.analysis.mrmc.placement import Components, auc_components, mean_difference_components
from reader_study.analysis.mrmc.single_arm import Panel
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats


def auc_panel(table: RatingTable, column: str, estimand: str, *, covariance: str | None = None) -> Panel:
    """Empirical AUC of `column` per reader: with column "call" it is the balanced accuracy of the calls.

    covariance: delong, jackknife or unbiased; None lets the design choose. Raises NotEstimable.
    """
    cells = _one_arm(table, column)
    components = auc_components(cells)
    return _panel(cells, components, estimand, covariance, auc_covariance, (0.0, 1.0))


def difference_panel(table: RatingTable, column: str, estimand: str, *, covariance: str | None = None) -> Panel:
    """Mean of `column` over synthetic less mean over real cases, per reader. Raises NotEstimable."""
    cells = _one_arm(table, column)
    components = mean_difference_components(cells)
    unbounded = (-math.inf, math.inf)
    return _panel(cells, components, estimand, covariance, _ignore_grid, unbounded)


def mean_panel(table: RatingTable, column: str, estimand: str, *, covariance: str | None = None) -> Panel:
    """Mean of `column` over the cases of `table` per reader: sensitivity from the calls of synthetic cases, and so on.

    covariance: jackknife, the same here as the covariance of the reads over the number of cases. Raises NotEstimable.
    """
    cells, truth = mean_grid(table, column)
    if len(cells.arms) != 1:
        raise NotEstimable("These reads hold several arms: choose one, or compare them.")
    values = cells.cells()[1]
    components = Components(np.nanmean(values, axis=1), values, cells.cells()[0])
    panel = _panel(cells, components, estimand, covariance or "jackknife", _ignore_grid, mean_bounds(values))
    return replace(panel, n_real=int((truth == 0).sum()), n_synthetic=int((truth == 1).sum()))


def _ignore_grid(cells: Grid, components: Components, method: str) -> Floats:
    return component_covariance(components, method)


def _one_arm(table: RatingTable, column: str) -> Grid:
    cells = grid(table, column)
    if len(cells.arms) != 1:
        raise NotEstimable("These reads hold several arms: choose one, or compare them.")
    return cells


def _panel(
    cells: Grid,
    components: Components,
    estimand: str,
    covariance: str | None,
    matrix: Callable[[Grid, Components, str], Floats],
    bounds: tuple[float, float],
) -> Panel:
    chosen, reason = choose_covariance(cells)
    warnings = cells.warnings if cells.is_complete else (*cells.warnings, reason)
    method = covariance or chosen
    return Panel(
        estimand=estimand,
        estimates=components.estimates,
        covariance=matrix(cells, components, method),
        covariance_method=method,
        n_real=cells.n_real,
        n_synthetic=cells.n_synthetic,
        n_reads=cells.n_reads,
        bounds=bounds,
        warnings=warnings,
    )
