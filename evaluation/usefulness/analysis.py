"""From the predictions of the three trainings to AUROCs with intervals and paired differences. Pure.

All trainings are tested on the same real images, so differences are paired: the delete-a-group jackknife leaves out the
same patients on both sides. Probabilities are averaged over the repeats of a training before anything is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.difference import difference
from evaluation.metrics.resampling import assign_blocks, jackknife, pool, t_interval
from evaluation.metrics.result import BoolArray, Estimate, FloatArray, IntArray
from evaluation.metrics.roc import METHOD as AREA_METHOD
from evaluation.metrics.roc import auroc, estimate_auroc

REAL, SYNTHETIC, MIXED = "real", "synthetic", "mixed"
ARMS = (REAL, SYNTHETIC, MIXED)
CONFIDENCE, BLOCKS = 0.95, 20
DIFFERENCE_METHOD = (
    "paired delete-a-group jackknife over test patients, t interval; of two areas that no patient moves, as at 1, MOVER"
)
MACRO_METHOD = "mean over findings; delete-a-group jackknife over test patients, t interval"

Predictions = Mapping[str, Sequence[npt.NDArray[np.floating[Any]]]]


def compare_trainings(
    predictions: Predictions,
    labels: npt.NDArray[np.integer[Any]],
    groups: Sequence[str],
    findings: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """AUROC per finding and their mean for every training, and the differences from training on real images.

    predictions: arm -> one (n, c) array a repeat; labels: (n, c) 0 or 1; groups: n patients; findings: c names.
    Raises TooFewImages below 5 patients, or where one class of a finding has fewer than two.
    """
    scores = {arm: np.mean(np.asarray(repeats, dtype=np.float64), axis=0) for arm, repeats in predictions.items()}
    blocks = assign_blocks(groups, BLOCKS, seed)
    rows = [_finding(name, column, predictions, scores, labels, groups, blocks) for column, name in enumerate(findings)]
    return {
        "n": len(labels),
        "patients": len(set(groups)),
        "findings": rows,
        "macro": _macro(predictions, scores, labels, blocks),
        "methods": {"auroc": AREA_METHOD, "macro": MACRO_METHOD, "difference": DIFFERENCE_METHOD},
    }


def _finding(
    name: str,
    column: int,
    predictions: Predictions,
    scores: Mapping[str, FloatArray],
    labels: npt.NDArray[np.integer[Any]],
    groups: Sequence[str],
    blocks: IntArray,
) -> dict[str, Any]:
    truth = labels[:, column]
    arms = {}
    for arm, score in scores.items():
        area = estimate_auroc(score[:, column], truth, groups, CONFIDENCE)
        repeats = [auroc(one[:, column], truth) for one in predictions[arm]]
        arms[arm] = {"value": area.value, "low": area.low, "high": area.high, "repeats": repeats}

    def gap(arm: str) -> dict[str, float]:
        a, b = scores[arm][:, column], scores[REAL][:, column]
        found = _jackknifed(lambda keep: auroc(a[keep], truth[keep]) - auroc(b[keep], truth[keep]), blocks)
        return found if found["se"] > 0 else found | _unpaired(arms[arm], arms[REAL])

    return {
        "finding": name,
        "positives": int(truth.sum()),
        "negatives": int(len(truth) - truth.sum()),
        "arms": arms,
        "differences": {arm: gap(arm) for arm in scores if arm != REAL},
    }


def _unpaired(own: Mapping[str, Any], real: Mapping[str, Any]) -> dict[str, float]:
    """Limits of a difference that no patient moves, as between two areas of 1: those of two independent areas (MOVER)."""
    one, other = (Estimate(area["value"], area["low"], area["high"], 0, "") for area in (own, real))
    found = difference(one, other, CONFIDENCE)
    return {"low": found["low"], "high": found["high"]}


def _macro(
    predictions: Predictions, scores: Mapping[str, FloatArray], labels: npt.NDArray[np.integer[Any]], blocks: IntArray
) -> dict[str, Any]:
    def mean(score: npt.NDArray[np.floating[Any]], keep: BoolArray) -> float:
        areas = [auroc(score[keep, c], labels[keep, c]) for c in range(labels.shape[1])]
        return float(np.nanmean(areas))

    def own(score: FloatArray) -> Callable[[BoolArray], float]:
        return lambda keep: mean(score, keep)

    def gap(score: FloatArray) -> Callable[[BoolArray], float]:
        return lambda keep: mean(score, keep) - mean(scores[REAL], keep)

    everything = np.ones(len(labels), dtype=np.bool_)
    arms = {}
    for arm, score in scores.items():
        estimate = _jackknifed(own(score), blocks)
        low, high = max(estimate["low"], 0.0), min(estimate["high"], 1.0)
        repeats = [mean(one, everything) for one in predictions[arm]]
        arms[arm] = {"value": estimate["value"], "low": low, "high": high, "repeats": repeats}
    differences = {arm: _jackknifed(gap(score), blocks) for arm, score in scores.items() if arm != REAL}
    return {"arms": arms, "differences": differences}


def _jackknifed(statistic: Callable[[BoolArray], float], blocks: IntArray) -> dict[str, float]:
    """Value, interval and two-sided p of 0 by leaving out blocks of whole patients."""
    value = statistic(np.ones(len(blocks), dtype=np.bool_))
    replicates = [statistic(blocks != block) for block in range(int(blocks.max()) + 1)]
    _, se, df = pool([jackknife(value, replicates, np.bincount(blocks))])
    low, high = t_interval(value, se, df, CONFIDENCE)
    p = float(2 * scipy.stats.t.sf(abs(value) / se, df)) if se > 0 else float(value == 0)
    return {"value": value, "low": low, "high": high, "se": se, "p": p}
