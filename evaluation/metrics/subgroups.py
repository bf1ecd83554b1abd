"""Is the model as good for women as for men, for the old as for the young? Any metric by subgroup, and the largest gap.

Intervals of one attribute hold together: with k subgroups each is made at 1 - (1 - confidence) / k (Bonferroni), so that all of
them hold at once as often as `Settings.confidence` says. Distances and counts of modes depend on n, so they are compared at one
n: every subgroup is cut, on both sides, to the smallest one that is large enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.findings import canonical
from evaluation.metrics.registry import METRICS, measure
from evaluation.metrics.resampling import subsample
from evaluation.metrics.result import Comparison, Estimate, IntArray, MetricError, MetricResult, Progress, Sample

ATTRIBUTES = ("sex", "age", "view", "finding")
AGE_BANDS = (40, 60, 80)
MINIMUM = 50
# What these measure depends on how many images there are.
EQUAL_N = frozenset({"fidelity", "diversity", "privacy"})
Result = MetricResult
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Cell:
    """One subgroup: its label ("sex=F") and its rows on either side."""

    label: str
    synthetic: IntArray
    reference: IntArray

    @property
    def size(self) -> int:
        return min(len(self.synthetic), len(self.reference))


def measure_subgroups(
    comparison: Comparison,
    names: Iterable[str] | None = None,
    by: Sequence[str] = ATTRIBUTES,
    *,
    age_bands: Sequence[int] = AGE_BANDS,
    minimum: int = MINIMUM,
    progress: Progress = lambda title: None,
) -> tuple[MetricResult, ...]:
    """The named metrics (all by default) in each subgroup of each attribute, synthetic against reference of the same subgroup.

    by: of sex, age (bands that begin at ``age_bands``), view and finding (images asked to show it). A subgroup with fewer than
    ``minimum`` images on either side is refused as insufficient. With two or more subgroups, a row "sex: largest gap" a metric
    follows. Raises MetricError for an unknown attribute.
    """
    if unknown := [attribute for attribute in by if attribute not in ATTRIBUTES]:
        raise MetricError(f"Unknown attributes: {', '.join(unknown)}. Known: {', '.join(ATTRIBUTES)}.")
    wanted = METRICS if names is None else names
    # A network would look anew at every subgroup at every size, and say little about a few images.
    chosen = tuple(name for name in wanted if name not in METRICS or "network" not in METRICS[name].needs)
    results: list[Result] = []
    for attribute in by:
        results += _measure_attribute(comparison, chosen, attribute, age_bands, minimum, progress)
    return tuple(results)


def cells(comparison: Comparison, attribute: str, age_bands: Sequence[int] = AGE_BANDS) -> tuple[Cell, ...]:
    """The subgroups of an attribute that occur on either side, in order; images of which it is unknown are in none."""
    sides = [_rows_by_value(sample, attribute, age_bands) for sample in (comparison.synthetic, comparison.reference)]
    values = sorted({value for side in sides for value in side})
    labels = [value[1] for value in values]
    nothing = np.empty(0, dtype=np.intp)
    return tuple(
        Cell(f"{attribute}={label}", *(side.get(value, nothing) for side in sides))
        for label, value in zip(labels, values, strict=True)
    )


Value = tuple[int, str]


def _rows_by_value(sample: Sample, attribute: str, age_bands: Sequence[int]) -> dict[Value, IntArray]:
    rows: dict[Value, list[int]] = {}
    for row, values in enumerate(_values(sample, attribute, age_bands)):
        for value in values:
            rows.setdefault(value, []).append(row)
    return {value: np.array(found, dtype=np.intp) for value, found in rows.items()}


def _values(sample: Sample, attribute: str, age_bands: Sequence[int]) -> Iterable[Collection[Value]]:
    """What each image counts under, with its rank in the order of the labels."""
    if attribute == "age":
        return ([age_band(age, age_bands)] if age is not None else [] for age in sample.ages)
    if attribute == "finding":
        spelling = {canonical(name): name for name in sample.classes if name}
        return ({(0, spelling.get(canonical(name), name)) for name in names} for names in sample.findings)
    return ([(0, value)] if value else [] for value in (sample.sexes if attribute == "sex" else sample.views))


def age_band(age: int, bands: Sequence[int] = AGE_BANDS) -> Value:
    """(rank, label) of the band: "<40", "40-59", "60-79", "80+" for bands that begin at 40, 60 and 80."""
    rank = sum(age >= start for start in bands)
    if rank == 0:
        return 0, f"<{bands[0]}"
    return rank, f"{bands[rank - 1]}+" if rank == len(bands) else f"{bands[rank - 1]}-{bands[rank] - 1}"


def _measure_attribute(
    comparison: Comparison,
    names: Sequence[str],
    attribute: str,
    age_bands: Sequence[int],
    minimum: int,
    progress: Progress,
) -> list[Result]:
    found = cells(comparison, attribute, age_bands)
    if not found:
        return [
            _refused(name, f"{attribute}: largest gap", 0, f"Neither set says the {attribute} of its images.")
            for name in names
        ]
    usable = [cell for cell in found if cell.size >= minimum]
    smallest = min((cell.size for cell in usable), default=0)
    results, by_cell = [], {}
    for cell in found:
        if cell.size < minimum:
            reason = (
                f"Insufficient: {len(cell.synthetic)} synthetic and {len(cell.reference)} real images; "
                f"a subgroup needs at least {minimum} of each."
            )
            results += [_refused(name, cell.label, len(cell.synthetic), reason) for name in names]
            continue
        progress(cell.label)
        measured = _measure_cell(comparison, names, cell, smallest, len(usable))
        by_cell[cell.label] = _of_the_cell(measured, cell) if attribute == "finding" else measured
        results += by_cell[cell.label]
    return results + _gaps(by_cell, attribute, comparison.settings.confidence)


def _refused(name: str, label: str, n: int, reason: str) -> Result:
    if name not in METRICS:
        raise MetricError(f"Unknown metrics: {name}. Known: {', '.join(METRICS)}.")
    return MetricResult(name, METRICS[name].direction, n, method="", subgroup=label, refused=reason)


def _measure_cell(comparison: Comparison, names: Sequence[str], cell: Cell, n: int, count: int) -> list[Result]:
    """The metrics of one subgroup at simultaneous confidence; those that depend on n on n images of either side."""
    settings = replace(comparison.settings, confidence=1 - (1 - comparison.settings.confidence) / count)
    synthetic, reference = comparison.synthetic.take(cell.synthetic), comparison.reference.take(cell.reference)
    depends = [name for name in names if name in METRICS and METRICS[name].axis in EQUAL_N]
    parts = [
        (
            depends,
            subsample(synthetic, n, settings.seed),
            subsample(reference, n, settings.seed),
            f"; {n} images of each side",
        ),
        ([name for name in names if name not in depends], synthetic, reference, ""),
    ]
    together = f"; simultaneous over {count} subgroups (Bonferroni)" if count > 1 else ""
    results = []
    for chosen, own, real, note in parts:
        if chosen:
            measured = measure(own, real, names=chosen, settings=settings, training=comparison.training)
            results += [
                replace(r, subgroup=cell.label, method=r.method and f"{r.method}{note}{together}") for r in measured
            ]
    order = list(METRICS)
    return sorted(results, key=lambda r: order.index(r.metric))


def _of_the_cell(measured: Sequence[Result], cell: Cell) -> list[Result]:
    """What is said of all images of one finding; numbers of single findings need images with and without it."""
    kept = [result for result in measured if not result.finding]
    for name in dict.fromkeys(result.metric for result in measured):
        if name not in {result.metric for result in kept}:
            reason = "Has no value over images of one finding: its rows of the whole set are by finding already."
            kept.append(_refused(name, cell.label, len(cell.synthetic), reason))
    return kept


def _gaps(by_cell: Mapping[str, Sequence[Result]], attribute: str, confidence: float) -> list[Result]:
    """Per metric, finding and extractor with a value in at least two subgroups: the largest difference between two of them."""
    table: dict[Key, dict[str, Result]] = {}
    for label, results in by_cell.items():
        for result in results:
            if result.value is not None:
                table.setdefault((result.metric, result.finding, result.space), {})[label] = result
    return [largest_gap(values, attribute, len(by_cell), confidence) for values in table.values() if len(values) > 1]


def largest_gap(values: Mapping[str, Result], attribute: str, count: int, confidence: float) -> Result:
    """The largest difference between two subgroups' values, with an interval of the largest true difference.

    values: at least two results by subgroup, with intervals at 1 - (1 - confidence) / count. Each pair's interval is MOVER's (the
    distances to the limits add in squares), widened to hold over all pairs at once; the largest true gap is then at least the
    largest of their lower limits and at most the largest of their upper ones. The observed gap itself is biased upward, the more
    the more subgroups there are: read the lower limit.
    """
    first = next(iter(values.values()))
    pairs = list(combinations(values, 2))
    level = _Level(_quantile(confidence, len(pairs)), _quantile(confidence, count))
    edges = {(one, other): _pair_interval(values[one], values[other], level) for one, other in pairs}
    widest = max(pairs, key=lambda pair: edges[pair][0])
    high_low = sorted(widest, key=lambda label: -_number(values[label].value))
    gap, low, high = edges[widest][0], max(e[1] for e in edges.values()), max(e[2] for e in edges.values())
    extra = {
        "higher": high_low[0],
        "lower": high_low[1],
        "values": {label: result.value for label, result in values.items()},
        "differs": low > 0,
    }
    return MetricResult(
        metric=first.metric,
        direction="lower",
        n=sum(result.n for result in values.values()),
        method=f"largest of {len(pairs)} differences; MOVER of the subgroups' intervals, simultaneous over all pairs",
        value=gap,
        low=low,
        high=high,
        finding=first.finding,
        subgroup=f"{attribute}: largest gap",
        space=first.space,
        baseline=_baseline_gap(values, high_low, level),
        baseline_label="the same two subgroups on real images" if _has_baselines(values) else "",
        extra=extra,
    )


def _quantile(confidence: float, count: int) -> float:
    return float(scipy.stats.norm.isf((1 - confidence) / 2 / count))


def _number(value: float | None) -> float:
    assert value is not None
    return value


@dataclass(frozen=True)
class _Level:
    """Normal quantile at which a pair's interval is made, and that of the subgroups' own intervals."""

    pair: float
    subgroup: float


def _pair_interval(one: Result | Estimate, other: Result | Estimate, level: _Level) -> tuple[float, float, float]:
    """(|difference|, low, high) of two independent values; low is 0 where the interval of the difference holds 0."""
    scale = level.pair / level.subgroup
    if _number(one.value) < _number(other.value):
        one, other = other, one
    gap = _number(one.value) - _number(other.value)
    down = np.hypot(_number(one.value) - _number(one.low), _number(other.high) - _number(other.value)) * scale
    up = np.hypot(_number(one.high) - _number(one.value), _number(other.value) - _number(other.low)) * scale
    return gap, least_gap(gap, float(down), level.pair), max(float(gap + up), float(down - gap))


def least_gap(gap: float, down: float, quantile: float) -> float:
    """Lower end of an interval of |difference|, from the distance ``down`` of its two-sided lower end at this normal quantile.

    A true gap of less than ``quantile`` standard errors cannot lie above the interval, as the observed one is never below 0: there
    all of the error is spent on this end (Neyman's construction); at 95 % every true gap is then held 95 to 96.3 % of the time.
    """
    if gap <= down:
        return 0.0
    observed, ndtr = gap / down * quantile, scipy.special.ndtr
    held = 2 * ndtr(quantile) - 1
    smallest: float = scipy.optimize.brentq(
        lambda true: ndtr(observed - true) - ndtr(-observed - true) - held, 0.0, observed
    )
    return float(max(observed - quantile, min(smallest, quantile)) * down / quantile)


def _has_baselines(values: Mapping[str, Result]) -> bool:
    """Whether every subgroup has the same number of real images; the noise floor of a distance is none."""
    return all(
        r.baseline is not None and METRICS[r.metric].axis not in ("fidelity", "privacy") for r in values.values()
    )


def _baseline_gap(values: Mapping[str, Result], pair: Sequence[str], level: _Level) -> Estimate | None:
    """The gap between the same two subgroups on the real images, where every subgroup has a yardstick."""
    if not _has_baselines(values):
        return None
    real = [values[label].baseline for label in pair]
    assert real[0] is not None and real[1] is not None
    gap, low, high = _pair_interval(real[0], real[1], level)
    signed = real[0].value - real[1].value
    return Estimate(gap, low, high, real[0].n + real[1].n, "MOVER of the subgroups' intervals", {"signed": signed})
