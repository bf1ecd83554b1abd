"""Drawing a sample that keeps the make-up of a collection, or evens it out. Pure, and small: a few bytes an image."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from images.attributes import Attributes
from images.datasets.compact import short_digest
from images.datasets.options import STRATA

# Children, and adults by twenty years.
AGE_BANDS = ((0, 17), (18, 39), (40, 59), (60, 79), (80, 120))
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Candidate:
    """One image that may be drawn. key: what names it, for the draw; place: its number in the order of the source."""

    place: int
    key: str
    findings: tuple[str, ...] = ()
    patient: str = ""
    age: int | None = None
    sex: str = ""
    view: str = ""

    @classmethod
    def of(cls, place: int, key: str, known: Attributes) -> "Candidate":
        """From what a table says."""
        return cls(place, key, known.findings, known.patient or known.group, known.age, known.sex, known.view)


def age_band(age: int | None) -> str:
    """ "60-79" for 61; "not stated" for None."""
    for low, high in AGE_BANDS:
        if age is not None and low <= age <= high:
            return f"{low}-{high}"
    return NOT_STATED


class Pool:
    """Every candidate, kept as numbers."""

    def __init__(self, candidates: Iterable[Candidate], *, by: tuple[str, ...], seed: int) -> None:
        """by: names of `STRATA`; seed: other seeds draw other images, the same one always the same."""
        self._by = by
        self._names: dict[tuple[str, ...], int] = {}
        self._places, self._lots, self._kinds, self._patients = array("I"), array("Q"), array("I"), array("Q")
        self._counts: Counter[str] = Counter()
        for candidate in candidates:
            self._add(candidate, seed)

    def __len__(self) -> int:
        return len(self._places)

    def _add(self, candidate: Candidate, seed: int) -> None:
        kind = (
            candidate.sex or NOT_STATED,
            age_band(candidate.age),
            candidate.view or NOT_STATED,
            *sorted(candidate.findings),
        )
        self._places.append(candidate.place)
        self._lots.append(short_digest(f"{seed}\n{candidate.key}"))
        self._kinds.append(self._names.setdefault(kind, len(self._names)))
        # An image whose patient is not known is one patient's only image.
        self._patients.append(short_digest(candidate.patient or f"\n{candidate.place}"))
        self._counts.update(candidate.findings)

    def draw(self, n: int, *, allocation: str = "proportional", one_per_patient: bool = False) -> NDArray[np.int64]:
        """Places of `n` images, ascending; of all of them where there are no more.

        Within a stratum images are drawn by lot. "proportional": each stratum gives its share of the whole, by
        largest remainder; "equal": strata give the same number as far as they reach.
        """
        rows = np.argsort(np.asarray(self._lots, np.uint64), kind="stable")
        if one_per_patient:
            _, first = np.unique(np.asarray(self._patients, np.uint64)[rows], return_index=True)
            rows = rows[np.sort(first)]
        strata = self._strata()[np.asarray(self._kinds, np.int64)[rows]]
        sizes = np.bincount(strata, minlength=int(strata.max(initial=0)) + 1)
        quota = (_equal if allocation == "equal" else _proportional)(sizes, min(n, len(rows)))
        taken = _ranks(strata) < quota[strata]
        return np.sort(np.asarray(self._places, np.int64)[rows[taken]])

    def _strata(self) -> NDArray[np.int64]:
        """The stratum of each kind of image."""
        numbers: dict[tuple[str, ...], int] = {}
        return np.array([numbers.setdefault(self._stratum(kind), len(numbers)) for kind in self._names], np.int64)

    def _stratum(self, kind: tuple[str, ...]) -> tuple[str, ...]:
        sex, band, view, *findings = kind
        # Of several findings the rarest counts: common ones come along by themselves.
        rarest = min(findings, key=lambda name: (self._counts[name], name), default=NOT_STATED)
        words = dict(zip(STRATA, (rarest, sex, band, view), strict=True))
        return tuple(words[name] for name in self._by)


def _ranks(strata: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the same stratum come before each row."""
    order = np.argsort(strata, kind="stable")
    ordered = strata[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    ranks = np.empty(len(strata), np.int64)
    ranks[order] = np.arange(len(strata)) - starts
    return ranks


def _proportional(sizes: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    total = int(sizes.sum())
    if not total:
        return np.zeros(len(sizes), np.int64)
    exact = sizes * n / total
    quota = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - quota), kind="stable")[: n - int(quota.sum())]
    quota[rest] += 1
    return quota


def _equal(sizes: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    quota = np.zeros(len(sizes), np.int64)
    while (left := n - int(quota.sum())) > 0 and (open_ := np.flatnonzero(quota < sizes)).size:
        step = max(left // open_.size, 1)
        chosen = open_[:left]
        quota[chosen] = np.minimum(quota[chosen] + step, sizes[chosen])
    return quota
