"""Calls against truth."""

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of answered first readings; positive = synthetic."""

    synthetic_called_synthetic: int
    synthetic_called_real: int
    real_called_synthetic: int
    real_called_real: int

    @property
    def n_synthetic(self) -> int:
        return self.synthetic_called_synthetic + self.synthetic_called_real

    @property
    def n_real(self) -> int:
        return self.real_called_synthetic + self.real_called_real

    @property
    def n(self) -> int:
        return self.n_real + self.n_synthetic

    @property
    def correct(self) -> int:
        return self.synthetic_called_synthetic + self.real_called_real


def confusion(table: RatingTable) -> Confusion:
    """Confusion counts of the first readings that have a call."""
    first = table.primary()
    answered = ~np.isnan(first.call)
    called, synthetic = first.call[answered] == 1, first.truth[answered] == 1
    return Confusion(
        int((synthetic & called).sum()),
        int((synthetic & ~called).sum()),
        int((~synthetic & called).sum()),
        int((~synthetic & ~called).sum()),
    )
