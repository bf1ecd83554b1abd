"""What a metric is: its entry in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.metrics.result import Comparison, Direction, MetricResult

Family = Callable[[Comparison], tuple[MetricResult, ...]]

FEATURES = frozenset({"features"})
CLASSIFIER = frozenset({"probabilities", "findings"})
PIXELS = frozenset({"pixels"})
TEXT = frozenset({"text"})
TRAINING = frozenset({"features", "training"})


@dataclass(frozen=True)
class Metric:
    """What a score is called, which way is better, what it needs and where it is defined.

    ``axis``: fidelity, diversity, clinical, alignment, privacy or parts. ``direction``: lower or higher is better, or match
    (should be near the real images' own value). ``needs``: features, probabilities, findings, pixels, sizes (pixels at the
    pictures' own size), network (to look at shrunken pictures), text, pairs or training. ``minimum_n``: images on either side
    below which no number is given. ``function``: the family that computes it; metrics of one family are computed together.
    ``each_space``: computed once for every extractor, not for the first alone.
    """

    name: str
    title: str
    axis: str
    direction: Direction
    needs: frozenset[str]
    minimum_n: int
    reference: str
    function: Family
    each_space: bool = False
