"""Two pictures, one real: how often is the right one picked?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.findings.rates import as_estimate
from reader_study.analysis.mrmc.equivalence import Equivalence, tost
from reader_study.analysis.mrmc.separation import with_exact_bound
from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.mrmc.ustat import UStatistic, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import ustat_single
from reader_study.analysis.mrmc.verdict import Verdict, decide
from reader_study.analysis.pairs.table import PairTable
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats, Interval, missing

ASKED = ("synthetic", "real")
NAME = "two-alternative accuracy"


@dataclass(frozen=True, slots=True)
class PairReader:
    """One reader: comparisons of a real with a synthetic picture, share right (ties half), share of left choices."""

    reader: str
    n: int
    n_ties: int
    accuracy: Estimate
    left: float | None


@dataclass(frozen=True, slots=True)
class ForcedChoice:
    """accuracy: mean over readers and pairs against 0.5, None with `reason` where not estimable; ties count half.

    left: share of left choices among all comparisons, against 0.5 (a side bias). generators: accuracy by what made the
    synthetic picture.
    """

    n_reads: int
    n_ties: int
    accuracy: SingleArm | None
    equivalence: Equivalence | None
    verdict: Verdict | None
    d_prime: Estimate
    left: Estimate
    generators: dict[str, Estimate]
    readers: tuple[PairReader, ...]
    reason: str = ""


def forced_choice(
    table: PairTable, *, real: str = "real", asked: str = "synthetic", margin: float = 0.1, alpha: float = 0.05
) -> ForcedChoice:
    """Accuracy of telling the real from the synthetic picture of a pair, over readers and pairs.

    real: the label of real pictures; pairs of two real or two synthetic pictures do not count here. asked: "synthetic"
    (which one is synthetic?) or "real" (which one is real, or preferred?). The one-case U-statistic (iMRMC's uStat11) with
    pairs for cases; d' = sqrt(2) z(accuracy) (Macmillan and Creelman 2005, ch. 7).
    """
    if asked not in ASKED:
        raise AnalysisError(f"Unknown question {asked!r}: choose synthetic or real.")
    given = table.answered()
    mixed = given.where((given.left == real) != (given.right == real))
    if len(mixed) == 0:
        reason = f"No answered comparison shows a picture of {real!r} beside another."
        return _nothing(given, reason, alpha)
    reads = _as_reads(mixed, _right(mixed, real, asked), real)
    found = _tested(reads, alpha)
    equivalence = tost(found, margin=margin, alpha=alpha) if isinstance(found, SingleArm) else None
    return ForcedChoice(
        n_reads=len(mixed),
        n_ties=int((mixed.chosen == 0.5).sum()),
        accuracy=found if isinstance(found, SingleArm) else None,
        equivalence=equivalence,
        verdict=decide(found, equivalence, alpha) if isinstance(found, SingleArm) and equivalence else None,
        d_prime=_d_prime(found, reads.column("right")) if isinstance(found, SingleArm) else _no_d_prime(str(found)),
        left=_left(given, alpha),
        generators=_by_generator(reads, alpha),
        readers=tuple(_reader(mixed, reads.column("right"), name, alpha) for name in mixed.readers),
        reason="" if isinstance(found, SingleArm) else str(found),
    )


def _right(table: PairTable, real: str, asked: str) -> Floats:
    """1 = right, 0 = wrong, 0.5 = tie."""
    wanted_left = (table.left == real) == (asked == "real")
    return np.asarray(np.where(wanted_left, table.chosen, 1 - table.chosen))


def _as_reads(table: PairTable, right: Floats, real: str) -> RatingTable:
    """Comparisons as reads whose case is the pair; `arm` is what made the synthetic picture."""
    made_by = np.where(table.left == real, table.right, table.left)
    return RatingTable.build(
        reader=table.reader.tolist(),
        case=table.pair.tolist(),
        truth=[1] * len(table),
        source=made_by.tolist(),
        extra={"right": right, "left": table.chosen},
    )


def _tested(reads: RatingTable, alpha: float) -> SingleArm | NotEstimable:
    try:
        found = ustat_single(_bounded(mean_ustat(reads, "right", by="truth")), NAME, null=0.5, alpha=alpha)
    except NotEstimable as reason:
        return reason
    return with_exact_bound(found, alpha)


def _bounded(found: UStatistic) -> UStatistic:
    # Ties count half, so that the values alone do not say that this is a share.
    return replace(found, bounds=(0.0, 1.0))


def _by_generator(reads: RatingTable, alpha: float) -> dict[str, Estimate]:
    return {name: _share(reads.where(reads.source == name), "right", alpha) for name in reads.sources}


def _share(reads: RatingTable, column: str, alpha: float) -> Estimate:
    try:
        found = _bounded(mean_ustat(reads, column, by="truth"))
        return as_estimate(with_exact_bound(ustat_single(found, column, null=0.5, alpha=alpha), alpha))
    except NotEstimable as reason:
        return missing("ustat_rrrc", len(reads), str(reason))


def _left(table: PairTable, alpha: float) -> Estimate:
    if len(table) == 0:
        return missing("ustat_rrrc", 0, "Nobody answered.")
    reads = RatingTable.build(
        reader=table.reader.tolist(), case=table.pair.tolist(), truth=[1] * len(table), extra={"left": table.chosen}
    )
    return _share(reads, "left", alpha)


def _d_prime(found: SingleArm, right: Floats) -> Estimate:
    """d' and its interval by transforming the accuracy's; shares of 0 and 1 are drawn in by half a read."""
    edge = 1 / (2 * right.size)
    warnings = ("An accuracy or limit of 0 or 1 was drawn in by half a read.",)
    ends = [found.estimate, *((found.interval.low, found.interval.high) if found.interval else ())]
    moved = [float(math.sqrt(2) * stats.norm.ppf(min(max(end, edge), 1 - edge))) for end in ends]
    interval = Interval(moved[1], moved[2], found.interval.level) if found.interval else None
    return Estimate(
        moved[0], interval, "two_alternative_d_prime", right.size,
        warnings=warnings if min(ends) < edge or max(ends) > 1 - edge else (),
        n_readers=found.n_readers, n_cases=found.n_synthetic,
    )  # fmt: skip


def _no_d_prime(reason: str) -> Estimate:
    return missing("two_alternative_d_prime", 0, reason)


def _reader(table: PairTable, right: Floats, name: str, alpha: float) -> PairReader:
    own = table.reader == name
    n, share = int(own.sum()), float(right[own].mean())
    accuracy = Estimate(share, _wilson(share, n, alpha), "wilson", n)
    ties = int((table.chosen[own] == 0.5).sum())
    return PairReader(name, n, ties, accuracy, float(table.chosen[own].mean()))


def _wilson(share: float, n: int, alpha: float) -> Interval:
    """Wilson's interval of a share that may count ties as half reads."""
    z2 = float(stats.norm.ppf(1 - alpha / 2)) ** 2
    centre, below = (share + z2 / (2 * n)) / (1 + z2 / n), 1 + z2 / n
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / below
    return Interval(max(0.0, centre - half), min(1.0, centre + half), 1 - alpha)


def _nothing(given: PairTable, reason: str, alpha: float) -> ForcedChoice:
    return ForcedChoice(0, 0, None, None, None, _no_d_prime(reason), _left(given, alpha), {}, (), reason)
