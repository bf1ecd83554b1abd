"""How often the intervals of the privacy metrics hold the truth, for a generator that copies a known share of its images.

    python benchmarks/privacy_coverage.py [--repeats 400] [--leak 0.1] [--only membership_auroc]

One training set (patients of two images) stays; each repeat draws synthetic images in prompts of four, of which whole
prompts are copies with noise, and unseen patients of two images, all Gaussian with a patient effect. The truth of a repeat
is the same statistic of 8,000 fresh images under the rule that the repeat calibrated; that of
authenticity, which has no rule, of 100,000, and of the membership test, which depends on the number of images, the mean over repeats.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage_table import Found, arguments, run, show
from evaluation.metrics import Sample, measure
from evaluation.metrics.authenticity import authentic
from evaluation.metrics.privacy import CopyRule
from evaluation.metrics.training import nearest_training

D, TRAINING, MADE, UNSEEN, FRESH = 12, 600, 240, 300, 8000
NAMES = ("nearest_training_distance", "copies", "authenticity", "reidentification", "membership_auroc")


def patients(rng: np.random.Generator, n: int, name: str, per_group: int = 2, likeness: float = 0.9) -> Sample:
    """n images of patients with `per_group` images each, `likeness` of the variance between patients."""
    codes = np.arange(n) // per_group
    own, noise = rng.normal(size=(codes[-1] + 1, D))[codes], rng.normal(size=(n, D))
    features = np.sqrt(likeness) * own + np.sqrt(1 - likeness) * noise
    return Sample(features, tuple(f"{name}-{code:05d}" for code in codes))


def generated(rng: np.random.Generator, n: int, training: Sample, leak: float) -> Sample:
    """n images of prompts of four with little of their variance between prompts; a share `leak` of prompts copies."""
    made = patients(rng, n, "prompt", per_group=4, likeness=0.3)
    features = made.features.copy()
    copying = np.repeat(rng.random(n // 4) < leak, 4)
    rows = rng.integers(training.n, size=int(copying.sum()))
    features[copying] = training.features[rows] + 0.05 * rng.normal(size=(len(rows), D))
    return Sample(features, made.groups)


def truths(rng: np.random.Generator, training: Sample, unseen: Sample, leak: float, limit: float) -> dict[str, float]:
    """The statistics of fresh images, under the rule that ``unseen`` calibrates and the verifier's ``limit``."""
    fresh, others = generated(rng, FRESH, training, leak), patients(rng, FRESH, "fresh")
    own, real = (nearest_training(side, training) for side in (fresh, others))
    rule = CopyRule.calibrated(nearest_training(unseen, training))
    return {
        "nearest_training_distance": float(np.median(own.first) / np.median(real.first)),
        "copies": float(rule.flags(own).mean()),
        "reidentification": float((own.first <= limit).mean()),
    }


def true_authenticity(training: Sample, leak: float) -> float:
    """Of 100,000 fresh images, in pieces."""
    rng = np.random.default_rng(2)
    pieces = [authentic(generated(rng, 10_000, training, leak), training).mean() for _ in range(10)]
    return float(np.mean(pieces))


def one_repeat(number: int, training: Sample, names: tuple[str, ...], leak: float, genuine: float) -> dict[str, Found]:
    """The intervals of one generator's draw, each with the truth under the rule that this draw calibrated."""
    rng = np.random.default_rng([7, number])
    made, unseen = generated(rng, MADE, training, leak), patients(rng, UNSEEN, "unseen")
    by_rule = bool(set(names) - {"authenticity", "membership_auroc"})
    measured = {*names, "reidentification"} if by_rule else names
    found = {r.metric: r for r in measure(made, unseen, names=tuple(measured), training=training)}
    truth = {"authenticity": genuine}
    if by_rule:
        limit = found["reidentification"].extra["distance_limit"]
        truth |= truths(rng, training, unseen, leak, limit)
    return {name: Found.of(found[name], truth.get(name)) for name in names}


def main() -> None:
    parser = arguments(__doc__, 400)
    parser.add_argument("--leak", type=float, default=0.1)
    options = parser.parse_args()
    training = patients(np.random.default_rng(1), TRAINING, "training")
    names = tuple(options.only or NAMES)
    genuine = true_authenticity(training, options.leak)
    repeat = partial(one_repeat, training=training, names=names, leak=options.leak, genuine=genuine)
    show(f"{options.leak:.0%} of prompts copy", run(repeat, options.repeats, options.processes))


if __name__ == "__main__":
    main()
