"""Diversity among the images of one finding: a generator may draw many chests and only one effusion.

Every finding is measured at the same n, on both sides, so that findings can be compared with each other.
"""

from __future__ import annotations

from evaluation.metrics.by_finding import MINIMUM, by_finding
from evaluation.metrics.metric import Metric
from evaluation.metrics.multiscale import estimate_across_prompts, estimate_between_groups
from evaluation.metrics.result import Comparison, Estimate, MetricResult, TooFewImages
from evaluation.metrics.vendi import estimate_vendi

REAL = "real images with the finding, equal n"


def finding_vendi_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The Vendi score of every finding's images."""
    return _or_refuse(by_finding("vendi_by_finding", "match", comparison, _vendi))


def finding_ms_ssim_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """MS-SSIM of pairs of different prompts, both asked to show the finding."""
    return _or_refuse(by_finding("ms_ssim_by_finding", "match", comparison, _ms_ssim))


def _vendi(comparison: Comparison) -> tuple[Estimate, Estimate | None, str]:
    both = (estimate_vendi(part, comparison.settings) for part in (comparison.synthetic, comparison.reference))
    own, real = (estimates["vendi_score"] for estimates in both)
    return own, real, REAL


def _ms_ssim(comparison: Comparison) -> tuple[Estimate, Estimate | None, str]:
    own = estimate_across_prompts(comparison.synthetic, comparison.settings)
    return own, estimate_between_groups(comparison.reference, comparison.settings), REAL


def _or_refuse(results: tuple[MetricResult, ...]) -> tuple[MetricResult, ...]:
    if not results:
        raise TooFewImages(f"No finding has {MINIMUM} images on both sides, of enough prompts and patients.")
    return results


ENTRIES = (
    Metric("vendi_by_finding", "Vendi score of a finding", "diversity", "match", frozenset({"features", "findings"}), 20,
           "Friedman & Dieng 2023, arXiv:2210.02410", finding_vendi_family, each_space=True),
    Metric("ms_ssim_by_finding", "MS-SSIM across prompts of a finding", "diversity", "match",
           frozenset({"pixels", "findings"}), 20, "Wang, Simoncelli & Bovik 2003", finding_ms_ssim_family),
)  # fmt: skip
