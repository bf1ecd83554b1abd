"""The metrics by name. A new one is a file with a family function and its entries here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evaluation.metrics import classifier, frechet, kid, multiscale, prdc, vendi
from evaluation.metrics.result import Direction, MetricError, MetricResult, Progress, Sample, Settings

Family = Callable[[Sample, Sample, Settings], tuple[MetricResult, ...]]


@dataclass(frozen=True)
class Metric:
    """What a score is called, which way is better, what it needs and where it is defined.

    ``direction``: lower or higher is better, or match (should be near the real images' own value).
    ``needs``: parts of a Sample. ``minimum_n``: images on either side below which no number is given.
    ``function``: the family that computes it; metrics of one family are computed together.
    """

    name: str
    title: str
    axis: str
    direction: Direction
    needs: frozenset[str]
    minimum_n: int
    reference: str
    function: Family


_FEATURES = frozenset({"features"})
_CLASSIFIER = frozenset({"probabilities", "findings"})
_DISTRIBUTION = "Dowson & Landau 1982; Heusel et al. 2017, arXiv:1706.08500"
_PR = "Kynkäänniemi et al. 2019, arXiv:1904.06991"
_DC = "Naeem et al. 2020, arXiv:2002.09797"
_VENDI = "Friedman & Dieng 2023, arXiv:2210.02410"

_ENTRIES = (
    Metric("frechet_distance", "Fréchet distance", "fidelity", "lower", _FEATURES, 20, _DISTRIBUTION,
           frechet.frechet_family),
    Metric("kernel_distance", "Kernel distance (KID)", "fidelity", "lower", _FEATURES, 20,
           "Binkowski et al. 2018, arXiv:1801.01401", kid.kid_family),
    Metric("precision", "Precision", "fidelity", "higher", _FEATURES, 20, _PR, prdc.prdc_family),
    Metric("density", "Density", "fidelity", "higher", _FEATURES, 20, _DC, prdc.prdc_family),
    Metric("recall", "Recall", "diversity", "higher", _FEATURES, 20, _PR, prdc.prdc_family),
    Metric("coverage", "Coverage", "diversity", "higher", _FEATURES, 20, _DC, prdc.prdc_family),
    Metric("vendi_score", "Vendi score", "diversity", "match", _FEATURES, 20, _VENDI, vendi.vendi_family),
    Metric("vendi_score_q2", "Vendi score, order 2", "diversity", "match", _FEATURES, 20,
           "Pasarkar & Dieng 2024, arXiv:2310.12952", vendi.vendi_family),
    Metric("ms_ssim_within_prompt", "MS-SSIM within a prompt", "diversity", "match", frozenset({"pixels"}), 10,
           "Wang, Simoncelli & Bovik 2003; RoentGen, arXiv:2211.12737", multiscale.ms_ssim_family),
    Metric("auroc", "Classifier AUROC", "clinical", "higher", _CLASSIFIER, 20,
           "DeLong et al. 1988; Obuchowski 1997", classifier.classifier_family),
    Metric("balanced_accuracy", "Classifier balanced accuracy", "clinical", "higher", _CLASSIFIER, 20,
           "Newcombe 1998 (interval)", classifier.classifier_family),
    Metric("sensitivity", "Classifier sensitivity", "clinical", "higher", _CLASSIFIER, 20,
           "Wilson 1927 (interval)", classifier.classifier_family),
    Metric("specificity", "Classifier specificity", "clinical", "higher", _CLASSIFIER, 20,
           "Wilson 1927 (interval)", classifier.classifier_family),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ENTRIES}

_MISSING = {
    "probabilities": "This extractor has no classifier.",
    "findings": "The synthetic set says nothing of the findings that were asked for.",
    "pixels": "The images' pixels are not at hand.",
}


def measure(
    synthetic: Sample,
    reference: Sample,
    *,
    names: Iterable[str] | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    progress: Progress = lambda title: None,
) -> tuple[MetricResult, ...]:
    """The named metrics (all by default) of a synthetic sample against a reference, in registry order.

    A metric whose input is missing or too small comes back refused, with the reason; ``progress`` gets each family's
    title before it runs. Raises MetricError for an unknown name.
    """
    wanted = set(METRICS if names is None else names)
    if unknown := wanted - set(METRICS):
        raise MetricError(f"Unknown metrics: {', '.join(sorted(unknown))}. Known: {', '.join(METRICS)}.")
    results: list[MetricResult] = []
    for function in dict.fromkeys(METRICS[name].function for name in METRICS if name in wanted):
        members = [m for m in METRICS.values() if m.function is function and m.name in wanted]
        progress(members[0].title)
        results += _run(function, members, synthetic, reference, settings)
    order = list(METRICS)
    return tuple(sorted(results, key=lambda r: order.index(r.metric)))


def _run(
    function: Family, members: list[Metric], synthetic: Sample, reference: Sample, settings: Settings
) -> list[MetricResult]:
    reason = _refusal(members[0], synthetic, reference)
    if not reason:
        try:
            names = {m.name for m in members}
            return [r for r in function(synthetic, reference, settings) if r.metric in names]
        except MetricError as error:
            reason = str(error)
    return [MetricResult(m.name, m.direction, synthetic.n, "", refused=reason) for m in members]


def _refusal(metric: Metric, synthetic: Sample, reference: Sample) -> str:
    fewest = min(synthetic.n, reference.n)
    if fewest < metric.minimum_n:
        return f"Needs at least {metric.minimum_n} images on both sides; there are {synthetic.n} and {reference.n}."
    have = {
        "features": True,
        "probabilities": synthetic.probabilities is not None,
        "findings": any(synthetic.findings),
        "pixels": synthetic.load_pixels is not None,
    }
    return next((_MISSING[need] for need in sorted(metric.needs) if not have[need]), "")
