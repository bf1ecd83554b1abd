"""The metrics by name. A new one is a file with a family function and its entries here; other packages' come as plug-ins."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from evaluation.metrics import (
    alignment,
    authenticity,
    c2st,
    classifier,
    cmmd,
    confusion,
    diversity,
    finding_diversity,
    frechet,
    frechet_infinity,
    images,
    kid,
    membership,
    multiscale,
    near_duplicates,
    negation,
    prdc,
    privacy,
    radiomics,
    reconstruction,
    reidentification,
    resolution,
    severity,
    sides,
    vendi,
)
from evaluation.metrics.metric import Family, Metric
from evaluation.metrics.pixel_table import keeping_pixels
from evaluation.metrics.result import Comparison, MetricError, MetricResult, Progress, Sample, Settings

# The order of the score card.
_FAMILIES = (
    frechet,
    frechet_infinity,
    kid,
    cmmd,
    c2st,
    radiomics,
    prdc,
    vendi,
    multiscale,
    diversity,
    finding_diversity,
    classifier,
    confusion,
    negation,
    severity,
    sides,
    alignment,
    privacy,
    near_duplicates,
    reidentification,
    membership,
    authenticity,
    images,
    resolution,
    reconstruction,
)

METRICS: dict[str, Metric] = {metric.name: metric for family in _FAMILIES for metric in family.ENTRIES}

_MISSING = {
    "probabilities": "This extractor has no classifier.",
    "findings": "The synthetic set says nothing of the findings that were asked for.",
    "pixels": "The images' pixels are not at hand.",
    "sizes": "The images' pixels are not at hand.",
    "network": "The network itself is not at hand, only what it made of the whole pictures.",
    "text": "None of the extractors reads text; choose an image-text extractor (CLIP class) beside the others.",
    "training": "Name the training set: the images that the model learnt from.",
    "pairs": "The synthetic images are not reconstructions of images of the reference.",
}


def measure(
    synthetic: Sample,
    reference: Sample,
    *,
    names: Iterable[str] | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    training: Sample | None = None,
    progress: Progress = lambda title: None,
) -> tuple[MetricResult, ...]:
    """The named metrics (all by default) of a synthetic sample against a reference, in registry order.

    Metrics with `each_space` come once for every extractor that both samples have. A metric whose input is missing or too small
    comes back refused, with the reason; ``progress`` gets each family's title before it runs. Raises MetricError for an unknown name.
    """
    wanted = set(METRICS if names is None else names)
    if unknown := wanted - set(METRICS):
        raise MetricError(f"Unknown metrics: {', '.join(sorted(unknown))}. Known: {', '.join(METRICS)}.")
    comparison = Comparison(keeping_pixels(synthetic), keeping_pixels(reference), settings, training)
    results: list[MetricResult] = []
    for function in families(wanted):
        members = [m for m in METRICS.values() if m.function is function and m.name in wanted]
        progress(members[0].title)
        for space in _spaces(members[0], comparison):
            results += _run(function, members, comparison, space)
    order = list(METRICS)
    return tuple(sorted(results, key=lambda r: order.index(r.metric)))


def families(names: Collection[str]) -> tuple[Family, ...]:
    """The functions that compute the named metrics, each once, in registry order."""
    return tuple(dict.fromkeys(METRICS[name].function for name in METRICS if name in names))


def _spaces(metric: Metric, comparison: Comparison) -> list[str]:
    """The extractors that a metric is computed on; image-text metrics need one that reads text."""
    if not metric.each_space:
        return [""]
    shared = ["", *(name for name in comparison.synthetic.spaces if name in comparison.reference.spaces)]
    if "text" in metric.needs:
        shared = [name for name in shared if comparison.synthetic.in_space(name).text_features is not None] or [""]
    return shared


def _run(function: Family, members: list[Metric], comparison: Comparison, space: str) -> list[MetricResult]:
    seen = comparison.in_space(space)
    reason = _refusal(members[0], seen)
    if not reason:
        try:
            names = {m.name for m in members}
            return [replace(r, space=space) for r in function(seen) if r.metric in names]
        except MetricError as error:
            reason = str(error)
    return [MetricResult(m.name, m.direction, seen.synthetic.n, "", space=space, refused=reason) for m in members]


def _refusal(metric: Metric, comparison: Comparison) -> str:
    synthetic, reference = comparison.synthetic, comparison.reference
    if min(synthetic.n, reference.n) < metric.minimum_n:
        return f"Needs at least {metric.minimum_n} images on both sides; there are {synthetic.n} and {reference.n}."
    have = {
        "features": True,
        "probabilities": synthetic.probabilities is not None,
        "findings": any(synthetic.findings),
        "pixels": synthetic.load_pixels is not None,
        "sizes": all(sample.load_square and sample.sides for sample in (synthetic, reference)),
        "network": all(sample.look and sample.sides for sample in (synthetic, reference)),
        "text": synthetic.text_features is not None,
        "training": comparison.training is not None,
        "pairs": bool(set(synthetic.groups) & {f"image-{digest}" for digest in reference.digests}),
    }
    return next((_MISSING[need] for need in sorted(metric.needs) if not have[need]), "")
