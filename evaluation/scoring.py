"""From the kept features of a run's image sets to the numbers of its score card."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.utils import timezone

from evaluation.halves import halves_wanted
from evaluation.measured import forget_oldest, from_record, recall, to_record
from evaluation.measurement_key import Inputs, rows_digest
from evaluation.metrics import METRICS, Comparison, MetricResult, Settings, families, measure
from evaluation.metrics.pixel_table import keeping_pixels
from evaluation.metrics.subgroups import measure_subgroups
from evaluation.models import ScoringRun
from evaluation.neighbourhood import describe_neighbours
from evaluation.networks import Facts, open_network
from evaluation.parts import Part, Stage, family_parts, subgroup_parts
from evaluation.plain import finite
from evaluation.samples import Row, SampledSet, load_set, rows_of, said_of
from images.models import ImageSet

LIBRARIES = (
    "numpy", "scipy", "torch", "torchvision", "torchxrayvision", "torch-fidelity", "transformers", "open_clip_torch",
    "onnxruntime", "pillow", "safetensors", "pyradiomics", "negatoscope",
)  # fmt: skip


def stages(metrics: Sequence[str], subgroups: Sequence[str]) -> int:
    """How many stages the measuring of these metrics has."""
    return len(families(metrics or METRICS)) + 2 + len(subgroups)


@dataclass(frozen=True)
class Measured:
    """What a run found: its results, when each was measured first, and the neighbours of the strangest images."""

    results: tuple[MetricResult, ...]
    times: tuple[datetime, ...]
    neighbours: dict[str, Any]


def measure_run(run: ScoringRun, stage: Stage) -> Measured:
    """The results of every metric asked for, and the neighbours of the strangest images.

    The features of all images must be kept. What was measured before from the same is not measured again, unless the run asks
    for it. Memory: features in float32, 4 * d bytes an image and network, plus what the metrics need.
    """
    material = _Material(run, stage)
    spaces = [facts["space"] for facts in run.networks]
    order = list(METRICS)
    whole = [one for part in family_parts(run.metrics, spaces) for one in material.measured(part)]
    whole.sort(key=lambda one: order.index(one[0].metric))
    by_part = [one for part in subgroup_parts(run.metrics, run.subgroups, spaces) for one in material.measured(part)]
    neighbours = material.neighbours()
    forget_oldest(run.workspace)
    found = [*whole, *by_part]
    return Measured(tuple(result for result, _ in found), tuple(at for _, at in found), neighbours)


class _Material:
    """A run's sets: by digest what they are, and their features, which are read once something has to be measured."""

    def __init__(self, run: ScoringRun, stage: Stage) -> None:
        self._run, self._stage = run, stage
        self._sets = {"synthetic": run.synthetic, "reference": run.reference}
        if run.training:
            self._sets["training"] = run.training
        self._libraries = environment()

    def measured(self, part: Part) -> list[tuple[MetricResult, datetime]]:
        """The results of a part, each with the time when it was measured first."""

        def make() -> list[dict[str, Any]]:
            return [to_record(result) for result in part.make(self._comparison, self._stage)]

        if not part.is_ours:
            return [(from_record(record), timezone.now()) for record in finite(make())]
        sides = self._sets if part.needs_training else ("synthetic", "reference")
        networks = [facts for facts in self._run.networks if facts["space"] in part.spaces]
        records, at = self._recall(part.name, part.metrics, sides, networks, make)
        return [(from_record(record), at) for record in records]

    def neighbours(self) -> dict[str, Any]:
        """The strangest images with their nearest real ones."""

        def make() -> dict[str, Any]:
            sets = self._sampled
            self._stage("Nearest real neighbours")
            return describe_neighbours(sets["synthetic"], sets["reference"], self._run.seed)

        found, _ = self._recall("neighbours", (), ("synthetic", "reference"), self._run.networks[:1], make)
        return dict(found)

    def _recall(
        self,
        name: str,
        metrics: Sequence[str],
        sides: Iterable[str],
        networks: Sequence[Facts],
        make: Callable[[], Any],
    ) -> tuple[Any, datetime]:
        digests = {side: self._digests[side] for side in sides}
        inputs = Inputs(name, metrics, digests, networks, self._run.measuring, self._libraries)
        return recall(self._run.workspace, inputs.key(), make, anew=self._run.anew)

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {side: rows_of(one) for side, one in self._sets.items()}

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {side: rows_digest(map(said_of, rows)) for side, rows in self._rows.items()}

    @cached_property
    def _sampled(self) -> dict[str, SampledSet]:
        run = self._run
        self._stage("Reading features")
        halves = halves_wanted(run.networks[0], run.metrics)
        return {
            side: load_set(
                one,
                run.networks,
                self._rows[side],
                texts=side != "training",
                halves=halves and side != "training",
                network=None if side == "training" else partial(open_network, run),
            )
            for side, one in self._sets.items()
        }

    @cached_property
    def _comparison(self) -> Comparison:
        sets = self._sampled
        made, real = (keeping_pixels(sets[side].sample) for side in ("synthetic", "reference"))
        training = sets["training"].sample if "training" in sets else None
        return Comparison(made, real, self._run.measuring, training)


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


@cache
def environment() -> dict[str, str]:
    """Versions of what computes, by name."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
