"""Classifier two-sample test: how well a linear probe on the features tells synthetic images from real ones.

A ridge-penalised logistic regression is fitted on all folds but one and judges the images of that one, for each fold; folds
hold whole prompts and whole patients. Its AUROC is on the axis of the readers' AUROC: 0.5 means that nothing linear in this
extractor's features gives the images away. (Lopez-Paz & Oquab 2017, arXiv:1610.06545.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import assign_blocks, canonical_order, halves, subsample
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)
from evaluation.metrics.roc import delong_components, logit_interval, rarer_class_groups, two_class_variance

METHOD = "logistic probe (ridge {ridge:g}), {folds} folds of whole groups, AUROC within folds, {roc}, equal n"
ROC = "DeLong variance with clusters as in Obuchowski, logit interval"
# Weight of |w|^2 / 2 against the mean log loss on standardised features.
RIDGE = 0.1
FOLDS = 5
# Groups of a side in each fold, and images a side: more change the probe little.
GROUPS_PER_FOLD = 3
MOST_IMAGES = 10_000
# Logits by image are kept for sets that a page can show.
PER_IMAGE = 5000


@dataclass(frozen=True)
class _Pair:
    """Both sets in one table, synthetic rows first, in an order that does not depend on the samples' own."""

    features: Features
    truth: IntArray
    groups: tuple[str, ...]
    folds: IntArray


def fit_probe(x: FloatArray, truth: IntArray, ridge: float = RIDGE) -> tuple[FloatArray, float]:
    """(d,) weights and intercept of the logistic regression of truth (n,) in {0, 1} on standardised features x (n, d).

    Minimises the mean log loss + ridge / 2 |w|^2; the intercept is free. Classes of unequal size count alike.
    """
    sign = np.where(truth == 1, 1.0, -1.0)
    weight = 0.5 / np.where(truth == 1, (truth == 1).sum(), (truth == 0).sum())

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        w, b = parameters[:-1], parameters[-1]
        margin = sign * (x @ w + b)
        slope = -weight * sign * special.expit(-margin)
        value = float(weight @ np.logaddexp(0, -margin)) + ridge / 2 * float(w @ w)
        return value, np.append(x.T @ slope + ridge * w, slope.sum())

    found = optimize.minimize(
        loss,
        np.zeros(x.shape[1] + 1),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500, "gtol": 1e-7, "ftol": 1e-13},
    )
    return np.asarray(found.x[:-1]), float(found.x[-1])


def cross_fitted_logits(features: Features, truth: IntArray, folds: IntArray, ridge: float = RIDGE) -> FloatArray:
    """(n,) logits of being synthetic, each from a probe that saw no image of its fold."""
    logits = np.empty(len(features))
    for held in _by_fold(folds):
        logits[held] = _judge(features, truth, ~held, held, ridge)
    return logits


def _judge(features: Features, truth: IntArray, train: BoolArray, held: BoolArray, ridge: float) -> FloatArray:
    """Logits of the held rows by a probe of the train rows; features that do not vary among those are left out."""
    seen = features[train].astype(np.float64)
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    kept = scale > 1e-9 * max(float(scale.max()), np.finfo(float).tiny)
    seen = (seen[:, kept] - mean[kept]) / scale[kept]
    weights, intercept = fit_probe(seen, truth[train], ridge)
    logits: FloatArray = (features[held][:, kept] - mean[kept]) @ (weights / scale[kept]) + intercept
    return logits


def steadiness(features: Features, truth: IntArray, folds: IntArray, ridge: float = RIDGE) -> float:
    """0 to 1: how alike two probes from disjoint halves of the folds judge the images of a class (correlation of logits)."""
    everything = np.ones(len(truth), dtype=np.bool_)
    judged = np.array([_judge(features, truth, folds % 2 == side, everything, ridge) for side in (0, 1)])
    for value in (0, 1):
        judged[:, truth == value] -= judged[:, truth == value].mean(axis=1, keepdims=True)
    norm = float(np.linalg.norm(judged[0]) * np.linalg.norm(judged[1]))
    return max(float(judged[0] @ judged[1]) / norm, 0.0) if norm > 0 else 0.0


def cross_fitted_auroc(
    logits: FloatArray, truth: IntArray, folds: IntArray, groups: tuple[str, ...]
) -> tuple[float, float, float]:
    """(AUROC, variance, degrees of freedom): positives are compared with negatives of their own fold only.

    Scores of different probes are not comparable, and comparing them biases the area of equal sets below 0.5. Folds count by
    their number of pairs. The variance takes the probes as given; `estimate_c2st` widens it for what they share.
    """
    positive, negative = truth == 1, truth == 0
    pairs = np.array([float((positive & here).sum() * (negative & here).sum()) for here in _by_fold(folds)])
    wins, weight = np.empty(len(truth)), np.empty(len(truth))
    for share, here in zip(pairs / pairs.sum(), _by_fold(folds), strict=True):
        components = delong_components(logits[here], truth[here])
        for one_class, component in zip((positive, negative), components, strict=True):
            wins[here & one_class] = component
            weight[here & one_class] = share * one_class.sum() / len(component)
    area = float((weight * wins)[positive].mean())
    influence = weight * (wins - area)
    return (area, *two_class_variance(influence[positive], influence[negative], truth, groups))


def _by_fold(folds: IntArray) -> list[BoolArray]:
    return [folds == fold for fold in range(int(folds.max()) + 1)]


def estimate_c2st(synthetic: Sample, reference: Sample, settings: Settings) -> Estimate:
    """AUROC of the cross-fitted probe with interval. ``extra["per_image"]``: the synthetic images' logits in row order.

    Raises TooFewImages where a side has too few groups for two folds.
    """
    n = min(synthetic.n, reference.n, MOST_IMAGES)
    cut = [subsample(sample, n, settings.seed) for sample in (synthetic, reference)]
    orders = [canonical_order(sample) for sample in cut]
    pair = _pair(cut[0].take(orders[0]), cut[1].take(orders[1]), settings.seed)
    logits = cross_fitted_logits(pair.features, pair.truth, pair.folds)
    area, variance, df = cross_fitted_auroc(logits, pair.truth, pair.folds, pair.groups)
    # Where the sets are alike, the areas of two folds depend on the same pairs of images, each once from either side, and
    # the variance of their mean is twice the sum; where the probes are steady, it is the sum.
    steady = steadiness(pair.features, pair.truth, pair.folds)
    se = float(np.sqrt(variance * (2 - steady**2)))
    units = rarer_class_groups(pair.truth, pair.groups)
    low, high = logit_interval(area, se, df, units, settings.confidence)
    folds = int(pair.folds.max()) + 1
    extra: dict[str, object] = {"se": se, "steadiness": steady, "folds": folds, "ridge": RIDGE, "n_reference": n}
    if synthetic.n == n <= PER_IMAGE:
        by_row = np.empty(n)
        by_row[orders[0]] = logits[:n]
        extra["per_image"] = [round(float(value), 4) for value in by_row]
    return Estimate(area, low, high, n, METHOD.format(ridge=RIDGE, folds=folds, roc=ROC), extra)


def _pair(synthetic: Sample, reference: Sample, seed: int) -> _Pair:
    x, y = as_table(synthetic.features), as_table(reference.features)
    if x.shape[1] != y.shape[1]:
        raise MetricError("The two samples have features of different length.")
    folds = min(FOLDS, min(synthetic.n_groups, reference.n_groups) // GROUPS_PER_FOLD)
    if folds < 2:
        raise TooFewImages(
            f"Needs at least {2 * GROUPS_PER_FOLD} independent groups (prompts or patients) on both sides."
        )
    groups = (*synthetic.groups, *reference.groups)
    if set(synthetic.groups) & set(reference.groups):
        # One patient on both sides, as with reconstructions, stays in one fold.
        fold = assign_blocks(groups, folds, seed)
    else:
        fold = np.concatenate([assign_blocks(side.groups, folds, seed) for side in (synthetic, reference)])
    truth = np.repeat([1, 0], [len(x), len(y)]).astype(np.intp)
    return _Pair(np.concatenate([x, y]), truth, groups, fold)


def c2st_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The probe's AUROC, and that of a probe between two halves of the reference as its noise floor."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_c2st(synthetic, reference, settings)
    pair = halves(reference, synthetic.n, settings.seed)
    try:
        floor = estimate_c2st(*pair, settings) if pair else None
    except TooFewImages:
        floor = None
    label = f"real vs real, n = {floor.n}" if floor else ""
    return (scored("c2st_auroc", "lower", estimate, baseline=floor, baseline_label=label),)


ENTRIES = (
    Metric("c2st_auroc", "Real or synthetic: linear probe (AUROC)", "fidelity", "lower", FEATURES, 40,
           "Lopez-Paz & Oquab 2017, arXiv:1610.06545", c2st_family, each_space=True),
)  # fmt: skip
