"""Is the finding on the side that the prompt names?

A classifier of whole images says nothing of sides. But each half of a chest can be replaced by the mirror of the other: with the half
that should show the finding replaced, the finding is gone from both; with the other half replaced, it is in both. So the classifier's
probability should be lower in the first picture than in the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.difference import compared
from evaluation.metrics.findings import NEGATIVE, canonical, label_table
from evaluation.metrics.metric import Metric
from evaluation.metrics.prompts import summary
from evaluation.metrics.resampling import MINIMUM_GROUPS, clustered_proportion, group_codes
from evaluation.metrics.result import Comparison, Estimate, MetricError, MetricResult, Sample, Settings

IMAGES = 10
METHOD = "share of images, ties half; Wilson with cluster-robust effective n"
BASELINE_LABEL = "real images, side from their reports"
# The patient's right is on the left of the picture.
PICTURE_HALF = {"right": 0, "left": 1}


def mirrored_halves(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The picture with its left half, and with its right half, replaced by the mirror of the other; (h, w), same type.

    What `Sample.sided_probabilities` are the classifier's output of. A middle column stays as it is.
    """
    half = pixels.shape[1] // 2
    without_left, without_right = pixels.copy(), pixels.copy()
    without_left[:, :half] = pixels[:, ::-1][:, :half]
    without_right[:, pixels.shape[1] - half :] = pixels[:, ::-1][:, pixels.shape[1] - half :]
    return without_left, without_right


def one_sided(captions: Sequence[str], classes: Sequence[str]) -> dict[int, dict[str, str]]:
    """By row: the classes that its caption asks for on one side, with "left" or "right" of the patient."""
    known = {canonical(name): name for name in classes if name}
    rows: dict[int, dict[str, str]] = {}
    for row, caption in enumerate(captions):
        for mention in summary(caption).values() if caption else ():
            name = known.get(canonical(mention.finding))
            if name and mention.status == "present" and mention.side in PICTURE_HALF:
                rows.setdefault(row, {})[name] = mention.side
    return rows


def sides_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """`side_agreement` over all one-sided requests, and finding by finding."""
    synthetic, settings = comparison.synthetic, comparison.settings
    if synthetic.sided_probabilities is None:
        raise MetricError(
            "A classifier does not tell sides by itself, and its output for the images with one half mirrored is not at hand."
        )
    requests = sided_requests(synthetic)
    findings = [finding for finding in requests if _enough(*requests[finding])]
    if not findings:
        raise MetricError(
            f"No finding is asked for on one side by at least {IMAGES} images and {MINIMUM_GROUPS} prompts."
        )
    real = sided_requests(comparison.reference)
    results = []
    for chosen in (findings, *([finding] for finding in findings)):
        own = _estimate([requests[finding] for finding in chosen], settings)
        known = all(finding in real and _enough(*real[finding]) for finding in chosen)
        yardstick = _estimate([real[finding] for finding in chosen], settings) if known else None
        name = "" if chosen is findings else chosen[0]
        results.append(
            compared("side_agreement", "higher", own, yardstick, settings, label=BASELINE_LABEL, finding=name)
        )
    return tuple(results)


Requests = tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]


def sided_requests(sample: Sample) -> dict[str, Requests]:
    """By class: (k,) 1 where replacing the asked half lowers the probability more than replacing the other (equal: 0.5), and groups.

    Rows without both probabilities, and images labelled as not showing the finding, are left out.
    """
    if sample.sided_probabilities is None:
        return {}
    classes = [name for name in sample.classes if name]
    table, codes = label_table(sample, classes), group_codes(sample.groups)
    found: dict[str, list[tuple[float, int]]] = {}
    for row, sides in one_sided(sample.captions, classes).items():
        for name, side in sides.items():
            pair = sample.sided_probabilities[row, :, sample.classes.index(name)]
            if table[row, classes.index(name)] == NEGATIVE or not np.isfinite(pair).all():
                continue
            half = PICTURE_HALF[side]
            agrees = 0.5 + 0.5 * float(np.sign(pair[1 - half] - pair[half]))
            found.setdefault(name, []).append((agrees, int(codes[row])))
    return {
        name: (
            np.array([agrees for agrees, _ in found[name]]),
            np.array([code for _, code in found[name]], dtype=np.intp),
        )
        for name in classes
        if name in found
    }


def _enough(agrees: npt.NDArray[np.float64], groups: npt.NDArray[np.intp]) -> bool:
    return len(agrees) >= IMAGES and len(np.unique(groups)) >= MINIMUM_GROUPS


def _estimate(parts: Sequence[Requests], settings: Settings) -> Estimate:
    agrees, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    p, low, high = clustered_proportion(agrees, groups, settings.confidence)
    return Estimate(p, low, high, len(agrees), METHOD, {"prompts": len(np.unique(groups)), "chance": 0.5})


ENTRIES = (
    Metric("side_agreement", "Findings on the asked side", "clinical", "higher", frozenset({"probabilities"}), 20,
           "Wilson 1927 (interval)", sides_family),
)  # fmt: skip
