"""The one shape in which comparisons of two pictures enter the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Flags, Floats, Labels

LEFT, RIGHT, TIE = 1.0, 0.0, 0.5


@dataclass(frozen=True)
class PairTable:
    """Comparisons as columns of equal length n, one entry a reader's look at a pair.

    reader, pair: labels; left, right: where the two pictures come from ("real", or a generator's or checkpoint's name).
    chosen: 1 = the left one, 0 = the right one, 0.5 = a tie, NaN = no answer.
    """

    reader: Labels
    pair: Labels
    left: Labels
    right: Labels
    chosen: Floats

    @classmethod
    def build(
        cls,
        *,
        reader: Sequence[str],
        pair: Sequence[str],
        left: Sequence[str],
        right: Sequence[str],
        chosen: npt.ArrayLike,
    ) -> PairTable:
        """Checked construction from any sequences. Raises AnalysisError where the columns contradict each other."""
        table = cls(
            reader=_text(reader),
            pair=_text(pair),
            left=_text(left),
            right=_text(right),
            chosen=np.asarray(chosen, dtype=np.float64).reshape(-1),
        )
        if any(column.size != len(table) for column in (table.pair, table.left, table.right, table.chosen)):
            raise AnalysisError("Every column needs one entry a comparison.")
        if not np.isin(table.chosen[~np.isnan(table.chosen)], (LEFT, RIGHT, TIE)).all():
            raise AnalysisError("chosen must be 1 (left), 0 (right), 0.5 (tie) or missing.")
        if len(table) and np.unique(np.stack([table.reader, table.pair]), axis=1).shape[1] < len(table):
            raise AnalysisError(
                "A reader has two answers to one pair: give the repeat a name of its own, or leave it out."
            )
        return table

    def __len__(self) -> int:
        return int(self.reader.size)

    @property
    def labels(self) -> list[str]:
        """Everything that was compared, sorted."""
        return [str(label) for label in np.unique(np.concatenate([self.left, self.right]))]

    @property
    def readers(self) -> list[str]:
        return [str(label) for label in np.unique(self.reader)]

    def where(self, keep: Flags) -> PairTable:
        """The comparisons for which `keep` (n,) is true."""
        return PairTable(self.reader[keep], self.pair[keep], self.left[keep], self.right[keep], self.chosen[keep])

    def answered(self) -> PairTable:
        """The comparisons that have an answer."""
        return self.where(~np.isnan(self.chosen))


def _text(values: Sequence[str]) -> Labels:
    return np.asarray(values, dtype=np.str_).reshape(-1)
