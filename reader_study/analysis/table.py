"""The one shape in which reads enter every analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Flags, Floats, Ints, Labels

_FLOAT_COLUMNS = ("rating", "call", "seconds")


@dataclass(frozen=True)
class RatingTable:
    """Reads as columns of equal length n, one entry a read.

    reader, case, arm, source: labels; `source` is "real" or the generator's label, `arm` the reading condition.
    truth: 1 = synthetic (the positive class everywhere), 0 = real. rating: confidence that the image is synthetic, any
    increasing scale. call: 1 = called synthetic, 0 = called real. seconds: active reading time. Missing answers are NaN.
    replicate: 0 = first reading, 1, 2, ... = hidden repeats. position: place in the reader's order, from 1.
    extra: further float columns by name, such as "realism".
    """

    reader: Labels
    case: Labels
    arm: Labels
    source: Labels
    truth: Ints
    rating: Floats
    call: Floats
    seconds: Floats
    replicate: Ints
    position: Ints
    extra: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        *,
        reader: Sequence[str],
        case: Sequence[str],
        truth: Sequence[int],
        rating: npt.ArrayLike | None = None,
        call: npt.ArrayLike | None = None,
        seconds: npt.ArrayLike | None = None,
        source: Sequence[str] | None = None,
        arm: Sequence[str] | None = None,
        replicate: Sequence[int] | None = None,
        position: Sequence[int] | None = None,
        extra: Mapping[str, npt.ArrayLike] | None = None,
    ) -> RatingTable:
        """Checked construction from any sequences. Raises AnalysisError where the columns contradict each other."""
        n = len(reader)
        truths = np.asarray(truth, dtype=np.int64).reshape(-1)
        sources = np.where(truths == 1, "synthetic", "real") if source is None else np.asarray(source, dtype=np.str_)
        table = cls(
            reader=np.asarray(reader, dtype=np.str_),
            case=np.asarray(case, dtype=np.str_),
            arm=np.full(n, "", dtype=np.str_) if arm is None else np.asarray(arm, dtype=np.str_),
            source=sources,
            truth=truths,
            rating=_floats(rating, n),
            call=_floats(call, n),
            seconds=_floats(seconds, n),
            replicate=np.zeros(n, np.int64) if replicate is None else np.asarray(replicate, dtype=np.int64),
            position=np.zeros(n, np.int64) if position is None else np.asarray(position, dtype=np.int64),
            extra={name: _floats(values, n) for name, values in (extra or {}).items()},
        )
        _check(table, n)
        return table

    def __len__(self) -> int:
        return int(self.reader.size)

    @property
    def readers(self) -> list[str]:
        return [str(label) for label in np.unique(self.reader)]

    @property
    def cases(self) -> list[str]:
        return [str(label) for label in np.unique(self.case)]

    @property
    def arms(self) -> list[str]:
        return [str(label) for label in np.unique(self.arm)]

    @property
    def sources(self) -> list[str]:
        """Source labels, real first."""
        real = np.unique(self.source[self.truth == 0])
        synthetic = np.unique(self.source[self.truth == 1])
        return [str(label) for label in (*real, *synthetic)]

    def column(self, name: str) -> Floats:
        """A float column by name: rating, call, seconds or a key of `extra`."""
        if name in _FLOAT_COLUMNS:
            values: Floats = getattr(self, name)
            return values
        if name in self.extra:
            return self.extra[name]
        raise AnalysisError(f"There is no column {name!r} among the reads.")

    def where(self, keep: Flags) -> RatingTable:
        """The reads for which `keep` (n,) is true."""
        names = ("reader", "case", "arm", "source", "truth", "rating", "call", "seconds", "replicate", "position")
        columns = {name: getattr(self, name)[keep] for name in names}
        return replace(self, **columns, extra={name: values[keep] for name, values in self.extra.items()})

    def primary(self) -> RatingTable:
        """First readings only: hidden repeats serve the agreement of a reader with herself and nothing else."""
        return self.where(self.replicate == 0)


def _floats(values: npt.ArrayLike | None, n: int) -> Floats:
    if values is None:
        return np.full(n, np.nan)
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _check(table: RatingTable, n: int) -> None:
    columns = (table.case, table.arm, table.source, table.truth, table.rating, table.call, table.seconds)
    if any(column.size != n for column in (*columns, table.replicate, table.position, *table.extra.values())):
        raise AnalysisError("Every column needs one entry a read.")
    if not np.isin(table.truth, (0, 1)).all():
        raise AnalysisError("truth must be 0 (real) or 1 (synthetic).")
    if not np.isin(table.call[~np.isnan(table.call)], (0.0, 1.0)).all():
        raise AnalysisError("call must be 0 (called real), 1 (called synthetic) or missing.")
    _check_cases(table)


def _check_cases(table: RatingTable) -> None:
    if len(table) == 0:
        return
    _, codes = np.unique(table.case, return_inverse=True)
    synthetic, reads = np.bincount(codes, table.truth), np.bincount(codes)
    if ((synthetic > 0) & (synthetic < reads)).any():
        raise AnalysisError("A case is marked real in one read and synthetic in another.")
    _, readers = np.unique(table.reader, return_inverse=True)
    _, arms = np.unique(table.arm, return_inverse=True)
    keys = np.stack([readers, codes, arms, table.replicate])
    if np.unique(keys, axis=1).shape[1] < len(table):
        raise AnalysisError("A reader has two reads of one case: number the repeats in `replicate`.")
