"""Pure statistics of synthetic against real images: numpy and scipy only.

from evaluation.metrics import Sample, measure
measure(Sample(features=x, groups=prompts), Sample(features=y, groups=patients))
"""

from evaluation.metrics.frechet import frechet_distance, moments_to_frechet_distance
from evaluation.metrics.kid import kernel_distance
from evaluation.metrics.metric import Metric
from evaluation.metrics.multiscale import ms_ssim
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.prdc import precision_recall_density_coverage
from evaluation.metrics.registry import METRICS, families, measure
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    Space,
    TooFewImages,
    scored,
)
from evaluation.metrics.roc import auroc, estimate_auroc
from evaluation.metrics.subgroups import measure_subgroups
from evaluation.metrics.vendi import vendi_score
from evaluation.plugins import load_plugins

__all__ = [
    "METRICS",
    "Comparison",
    "Estimate",
    "Metric",
    "MetricError",
    "MetricResult",
    "Sample",
    "Settings",
    "Space",
    "TooFewImages",
    "auroc",
    "estimate_auroc",
    "families",
    "frechet_distance",
    "kernel_distance",
    "measure",
    "measure_subgroups",
    "moments_to_frechet_distance",
    "ms_ssim",
    "nearest_to",
    "precision_recall_density_coverage",
    "scored",
    "vendi_score",
]

# Last, so that a plug-in may import everything above.
METRICS.update(load_plugins("negatoscope.metrics", Metric, METRICS, MetricError))
