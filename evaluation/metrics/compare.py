"""Two checkpoints on the same prompts and seeds: better, worse, or cannot tell, and how many images would tell.

from evaluation.metrics.compare import compare_paired
compare_paired(a, b, reference, names=["frechet_distance", "kernel_distance", "auroc"], primary=["frechet_distance"])
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.metric import Metric
from evaluation.metrics.paired import (
    Difference,
    Pair,
    align,
    classifier_difference,
    frechet_difference,
    recomputed_difference,
)
from evaluation.metrics.paired_kernel import kernel_difference
from evaluation.metrics.registry import METRICS, measure
from evaluation.metrics.result import MetricError, MetricResult, Sample, Settings

Verdict = Literal["better", "worse", "cannot tell"]
DEFAULT = ("frechet_distance", "kernel_distance", "auroc")
POWER = 0.8

_FAST: dict[str, Callable[[Pair], Difference]] = {
    "frechet_distance": frechet_difference,
    "kernel_distance": kernel_difference,
}
_CLASSIFIER = ("auroc", "auprc", "balanced_accuracy", "accuracy", "sensitivity", "specificity", "brier")


@dataclass(frozen=True)
class PairedDifference:
    """One metric of set a against set b.

    value: a - b (for a metric that should match the real images: the difference of the distances to their value), with low,
    high; p, and p_adjusted by Holm over the primary metrics; verdict: of a, from that p and the interval. n: images a side.
    images_to_settle: images a side for 80 % power at this difference when the reference grows along;
    images_to_settle_alone: when it stays as it is (None = no number would do, or there is no difference to settle).
    """

    metric: str
    finding: str
    space: str
    n: int
    prompts: int
    primary: bool = False
    a: float | None = None
    b: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict = "cannot tell"
    images_to_settle: int | None = None
    images_to_settle_alone: int | None = None
    method: str = ""
    refused: str = ""


def compare_paired(
    a: Sample,
    b: Sample,
    reference: Sample,
    names: Iterable[str] = DEFAULT,
    primary: Collection[str] | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    space: str = "",
) -> tuple[PairedDifference, ...]:
    """Set a against set b by the named metrics ("auroc", or "auroc:Effusion" for one finding), in the order given.

    The sets are of the same prompts with as many images of each (MetricError otherwise); ``groups`` are the prompts. ``primary``
    are the metrics declared in advance, all by default: their p-values are adjusted together by Holm (1979) and decide at
    1 - confidence; the others are decided by their own p and are exploratory. A metric that cannot be computed says why.
    """
    wanted = tuple(dict.fromkeys(names))
    declared = set(wanted if primary is None else primary)
    if unknown := {name.partition(":")[0] for name in {*wanted, *declared}} - set(METRICS):
        raise MetricError(f"Unknown metrics: {', '.join(sorted(unknown))}.")
    if missing := declared - set(wanted):
        raise MetricError(f"Declared primary but not compared: {', '.join(sorted(missing))}.")
    a, b, reference = (replace(sample.in_space(space), spaces={}) for sample in (a, b, reference))
    pair = align(a, b, reference, settings)
    rows = [replace(_compared(pair, name, space), primary=name in declared) for name in wanted]
    return _decided(rows, 1 - settings.confidence)


def _compared(pair: Pair, name: str, space: str) -> PairedDifference:
    metric, _, finding = name.partition(":")
    row = PairedDifference(metric, finding, space, pair.a.n, pair.a.n_groups)
    try:
        if not finding and metric in _FAST:
            found = _FAST[metric](pair)
        elif metric in _CLASSIFIER:
            found = classifier_difference(pair, metric, finding)
        else:
            found = recomputed_difference(pair, lambda s, r: _value(METRICS[metric], finding, s, r, pair.settings))
    except MetricError as error:
        return replace(row, refused=str(error))
    return _filled(row, found, pair.settings.confidence)


def _value(metric: Metric, finding: str, sample: Sample, reference: Sample, settings: Settings) -> float:
    """The metric's value; for one that should match the real images its distance from theirs."""
    results = measure(sample, reference, names=[metric.name], settings=settings)
    result = next((r for r in results if r.finding == finding and not r.subgroup and not r.space), None)
    if result is None or result.value is None:
        raise MetricError(result.refused if result else f"{metric.title} has no row for {finding or 'all images'}.")
    return _distance_to_real(result) if metric.direction == "match" else result.value


def _distance_to_real(result: MetricResult) -> float:
    if result.value is None or result.baseline is None:
        raise MetricError("There is no value of real images that this one should match.")
    return abs(result.value - result.baseline.value)


def _filled(row: PairedDifference, found: Difference, confidence: float) -> PairedDifference:
    half = float(scipy.stats.t.ppf(0.5 + confidence / 2, found.df)) * found.se
    by_t = (
        2 * float(scipy.stats.t.sf(abs(found.value) / found.se, found.df)) if found.se > 0 else float(found.value == 0)
    )
    grown, alone = images_to_settle(found, row.n, confidence)
    return replace(
        row,
        a=found.a,
        b=found.b,
        value=found.value,
        low=found.value - half,
        high=found.value + half,
        se=found.se,
        p=by_t if found.p is None else found.p,
        images_to_settle=grown,
        images_to_settle_alone=alone,
        method=found.method,
    )


def images_to_settle(found: Difference, n: int, confidence: float) -> tuple[int | None, int | None]:
    """Images a side at which a true difference of this size is found with 80 % power: (reference grows along, stays as it is).

    The standard error falls as n^-1/2. For a Fréchet distance that is not bias-corrected the difference itself also changes with
    n (its bias falls as 1/n), so that the number is a guide, no more.
    """
    if found.value == 0 or found.se == 0:
        return None, None
    needed = abs(found.value) / float(scipy.stats.norm.ppf(0.5 + confidence / 2) + scipy.stats.norm.ppf(POWER))
    grown = int(np.ceil(n * (found.se / needed) ** 2))
    room = needed**2 - (found.se**2 - found.se_prompts**2)
    alone = int(np.ceil(n * found.se_prompts**2 / room)) if room > 0 else None
    return grown, alone


def holm(p: list[float]) -> list[float]:
    """Adjusted p-values (Holm, Scandinavian Journal of Statistics 6:65, 1979): never below the raw ones, in their order."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min((len(p) - place) * p[index], 1.0))
        adjusted[index] = highest
    return [float(value) for value in adjusted]


def _decided(rows: list[PairedDifference], alpha: float) -> tuple[PairedDifference, ...]:
    """Holm over the primary rows that have a p, and every row's verdict."""
    tested = [i for i, row in enumerate(rows) if row.primary and row.p is not None]
    adjusted = dict(zip(tested, holm([rows[i].p or 0.0 for i in tested])))
    return tuple(
        replace(row, p_adjusted=adjusted.get(i), verdict=_verdict(row, adjusted.get(i, row.p), alpha))
        for i, row in enumerate(rows)
    )


def _verdict(row: PairedDifference, p: float | None, alpha: float) -> Verdict:
    """Of a row with a p and an interval that both speak of a difference.

    The p of an exchange asks whether the sets come from one model, with these prompts and this reference. Two models may differ for
    certain, and other patients yet turn round which of them is nearer: that is what the interval knows.
    """
    if p is None or p > alpha or row.low is None or row.high is None or row.low <= 0 <= row.high or not row.value:
        return "cannot tell"
    higher_is_better = METRICS[row.metric].direction == "higher"
    return "better" if (row.value > 0) == higher_is_better else "worse"
