"""Score cards with known numbers, stored as a run would store them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from evaluation.metrics.result import Estimate, MetricResult
from evaluation.models import ScoreCard, ScoringRun
from evaluation.services import store_card
from images.models import ImageSet

MakeCard = Callable[..., ScoreCard]

FACTS = {
    "extractor": {"name": "xrv-densenet", "weights": "all", "fingerprint": "f" * 64, "preprocessing": "xrv224-v1"},
    "libraries": {"numpy": "2"},
    "settings": {"seed": 0, "blocks": 20, "neighbours": 5},
}
REAL = Estimate(1.5, 1.0, 2.0, 50, "halves", {"plug_in": 2.0, "synthetic_plug_in_at_this_n": 9.0})
SERIES = [{"side": side, "value": 5.0, "low": 4.0, "high": 6.0} for side in (64, 128)]
RATES = Estimate(0.8, 0.7, 0.9, 50, "real")
CURVE = {"fpr": [0.0, 0.2, 1.0], "tpr": [0.0, 0.9, 1.0]}
BINS = {"mean_score": [0.1, 0.9], "share": [0.2, 0.8], "low": [0.1, 0.6], "high": [0.3, 0.9], "n": [50, 50]}


def plain_results() -> tuple[MetricResult, ...]:
    """What a card had from the start: distances, diversity, the classifier, and two refusals."""
    return (
        MetricResult(
            "frechet_distance", "lower", 100, "jackknife", 6.0, 5.0, 7.0, baseline=REAL, baseline_label="real vs real"
        ),
        MetricResult("kernel_distance", "lower", 100, "jackknife", 0.2, 0.1, 0.3),
        MetricResult(
            "vendi_score", "match", 100, "jackknife", 4.0, 3.0, 5.0, baseline=REAL, baseline_label="real images"
        ),
        MetricResult("ms_ssim_within_prompt", "match", 100, "", refused="Needs at least 5 prompts."),
        MetricResult("auroc", "higher", 100, "DeLong", 0.9, 0.85, 0.95, baseline=RATES, baseline_label="real images"),
        MetricResult("auroc", "higher", 100, "DeLong", 0.9, 0.8, 0.96, "Effusion"),
        MetricResult("balanced_accuracy", "higher", 100, "Newcombe", 0.8, 0.7, 0.9, "Effusion"),
        MetricResult("auroc", "higher", 100, "", finding="Mass", refused="Needs at least 10 images with the finding."),
    )


def full_results(images: int, pairs: Sequence[tuple[str, str]] = ()) -> tuple[MetricResult, ...]:
    """Everything that a page can show: a second extractor, curves, subgroups, copies, numbers per image."""
    shares = [
        MetricResult(name, "higher", 100, "jackknife", 0.6, 0.5, 0.7, baseline=RATES, baseline_label="real vs real")
        for name in ("precision", "density", "recall", "coverage")
    ]
    plain = [_with_curves(result) for result in plain_results()]
    every = [float(number) for number in range(images)]
    return (
        replace(plain[0], extra={"per_image": every}),
        replace(plain[0], space="rad-dino"),
        *plain[1:],
        *shares,
        *(replace(share, space="rad-dino") for share in shares),
        MetricResult("auroc", "higher", 40, "DeLong", 0.85, 0.7, 0.95, subgroup="sex=F"),
        MetricResult("auroc", "higher", 60, "DeLong", 0.95, 0.8, 0.99, subgroup="sex=M"),
        MetricResult("auroc", "higher", 100, "Bonferroni", 0.1, -0.1, 0.3, subgroup="sex: largest gap",
                     extra={"higher": "sex=M", "lower": "sex=F", "differs": True}),
        MetricResult("vendi_score", "match", 50, "jackknife", 2.0, 1.5, 2.5, "Effusion", baseline=REAL, baseline_label="real"),
        MetricResult("spectrum_distance", "lower", 100, "jackknife", 0.3, 0.2, 0.4, extra={
            "spectrum": {"frequency": [1.0, 8.0, 64.0], "synthetic": [4.0, 2.0, 0.1], "reference": [4.0, 2.2, 0.5]}}),
        MetricResult("intensity_distance", "lower", 100, "jackknife", 0.1, 0.05, 0.2, extra={
            "histogram": {"level": [0.0, 0.5, 1.0], "synthetic": [0.2, 0.5, 0.3], "reference": [0.3, 0.5, 0.2]}}),
        MetricResult("frechet_by_resolution", "lower", 100, "jackknife", 5.0, 4.0, 6.0, extra={
            "series": SERIES}),
        MetricResult("frechet_features_by_resolution", "lower", 100, "jackknife", 5.0, 4.0, 6.0, extra={"series": SERIES},
                     baseline=Estimate(1.0, 0.5, 2.0, 100, "jackknife", {"series": SERIES}), baseline_label="real"),
        MetricResult("reconstruction_band_energy", "lower", 100, "jackknife", 0.1, 0.05, 0.2, extra={"bands": [
            {"from": low, "to": 2 * low, "lost": 0.1, "low": 0.05, "high": 0.2} for low in (1, 2, 4)]}),
        MetricResult("exact_match", "higher", 100, "Wilson", 0.5, 0.4, 0.6, extra={
            "confusion": {"asked": ["Mass", "none"], "seen": ["Mass", "none"], "share": [[0.8, 0.2], [0.1, None]]}}),
        MetricResult("copies", "lower", 100, "Wilson", 0.02, 0.01, 0.05, extra={
            "pairs": [{"synthetic": made, "training": real, "ratio": 0.4, "copy": True} for made, real in pairs]}),
        MetricResult("gone_metric", "match", 100, "of a plug-in that is not installed", 1.0, 0.5, 1.5),
    )  # fmt: skip


def _with_curves(result: MetricResult) -> MetricResult:
    if result.finding != "Effusion" or result.metric != "auroc":
        return result
    return replace(result, extra={"roc": CURVE, "reliability": BINS}, baseline=replace(RATES, extra={"roc": CURVE}))


def store(
    synthetic: ImageSet, reference: ImageSet, results: Sequence[MetricResult], facts: dict[str, Any] | None = None
) -> ScoreCard:
    """The card of a run that found these results."""
    run = ScoringRun.objects.create(
        workspace=synthetic.workspace, synthetic=synthetic, reference=reference, extractor="random-densenet"
    )
    run.claim()
    items = list(synthetic.items.all())
    picture = {"image": str(items[0].image_id), "caption": "An effusion.", "findings": [], "distance": 2.0}
    neighbours = {
        "strangest": [{**picture, "neighbours": [picture]}],
        "wall": [picture],
        "synthetic_median": 2.0,
        "real_median": 1.0,
        "real_95": 3.0,
    }
    made = store_card(run=run, results=tuple(results), provenance=facts or FACTS, neighbours=neighbours)
    assert made
    return made
