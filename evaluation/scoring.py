"""From the kept features of a run's image sets to the numbers of its score card."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evaluation.halves import halves_wanted
from evaluation.metrics import METRICS, Comparison, MetricResult, Settings, families, measure
from evaluation.metrics.subgroups import measure_subgroups
from evaluation.models import ScoringRun
from evaluation.neighbourhood import describe_neighbours
from evaluation.networks import Facts
from evaluation.samples import SampledSet, load_set
from images.models import ImageSet

LIBRARIES = (
    "numpy", "scipy", "torch", "torchvision", "torchxrayvision", "torch-fidelity", "transformers", "open_clip_torch",
    "onnxruntime", "pillow", "safetensors", "negatoscope",
)  # fmt: skip

# stage(title): called before each stage; may raise to stop the work.
Stage = Callable[[str], None]


def stages(metrics: Sequence[str], subgroups: Sequence[str]) -> int:
    """How many stages the measuring of these metrics has."""
    return len(families(metrics or METRICS)) + 2 + bool(subgroups)


def measure_run(run: ScoringRun, stage: Stage) -> tuple[tuple[MetricResult, ...], dict[str, Any]]:
    """The results of every metric asked for, and the neighbours of the strangest images.

    The features of all images must be kept. Memory: features in float32, 4 * d bytes an image and network, plus what the
    metrics need.
    """
    stage("Reading features")
    halves = halves_wanted(run.networks[0], run.metrics)
    synthetic, reference = (load_set(one, run.networks, halves=halves) for one in (run.synthetic, run.reference))
    training = load_set(run.training, run.networks, texts=False).sample if run.training else None
    results = measure_samples(
        Comparison(synthetic.sample, reference.sample, run.measuring, training),
        metrics=run.metrics,
        subgroups=run.subgroups,
        stage=stage,
    )
    return results, _neighbours(synthetic, reference, run.seed, stage)


def measure_samples(
    comparison: Comparison, *, metrics: Sequence[str], subgroups: Sequence[str], stage: Stage
) -> tuple[MetricResult, ...]:
    """The named metrics (all where none is named) of the whole, then by the values of each subgroup attribute."""
    results = measure(
        comparison.synthetic,
        comparison.reference,
        names=metrics or None,
        settings=comparison.settings,
        training=comparison.training,
        progress=stage,
    )
    if subgroups:
        stage("Subgroups")
        results += measure_subgroups(comparison, metrics or None, subgroups, progress=stage)
    return results


def _neighbours(synthetic: SampledSet, reference: SampledSet, seed: int, stage: Stage) -> dict[str, Any]:
    stage("Nearest real neighbours")
    return describe_neighbours(synthetic, reference, seed)


def provenance(
    *,
    synthetic: dict[str, Any],
    reference: dict[str, Any],
    training: dict[str, Any] | None,
    networks: Sequence[Facts],
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Everything that the numbers depend on. `extractor` is the first of `networks`, whose space has no name."""
    return {
        "synthetic": synthetic,
        "reference": reference,
        "training": training,
        "extractor": networks[0],
        "networks": list(networks),
        "settings": settings,
        "libraries": environment(),
    }


def run_provenance(run: ScoringRun) -> dict[str, Any]:
    """Everything that the numbers of a run's card depend on."""
    return provenance(
        synthetic=set_facts(run.synthetic),
        reference=set_facts(run.reference),
        training=set_facts(run.training) if run.training else None,
        networks=run.networks,
        settings=settings_facts(run.measuring, run.metrics, run.subgroups),
    )


def settings_facts(settings: Settings, metrics: Sequence[str], subgroups: Sequence[str]) -> dict[str, Any]:
    """The settings as a card keeps them; every metric by name, also where all were asked for."""
    return {**asdict(settings), "metrics": list(metrics or METRICS), "subgroups": list(subgroups)}


def set_facts(image_set: ImageSet) -> dict[str, Any]:
    """Which images."""
    return {
        "id": str(image_set.pk),
        "name": image_set.name,
        "digest": image_set.digest,
        "count": image_set.count,
        "is_phantom": image_set.is_phantom,
    }


def environment() -> dict[str, str]:
    """Versions of what computes, by name."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
