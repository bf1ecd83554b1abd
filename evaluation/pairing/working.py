"""What a worker does for a paired comparison."""

from __future__ import annotations

from dataclasses import asdict

from evaluation.features.base import ExtractorError
from evaluation.metrics import MetricError, Sample, Settings
from evaluation.metrics.compare import compare_paired
from evaluation.models import PairedComparison
from evaluation.pairing.services import networks_of
from evaluation.plain import finite
from evaluation.samples import load_set
from evaluation.scoring import environment
from evaluation.turns import Turn, take_turn
from images.models import ImageSet
from images.pixels import ImageError


def run_paired(run: PairedComparison) -> bool:
    """One turn at the run, which is all of it; whether it needs another."""
    return take_turn(run, lambda turn: _compare(run, turn), (MetricError, ExtractorError, ImageError))


def _compare(run: PairedComparison, turn: Turn) -> bool:
    names = [*run.primary, *run.also]
    total = len(names) + 1
    turn.beat(0, total, "Reading features")
    other, first, reference = (_sample(run, s) for s in (run.other.synthetic, run.first.synthetic, run.first.reference))
    turn.beat(1, total, "Comparing")
    found = compare_paired(other, first, reference, names, run.primary, Settings(seed=run.seed))
    results = [finite(asdict(row)) for row in found]
    turn.beat(total, total, "")
    PairedComparison.objects.filter(pk=run.pk).update(results=results, environment=environment())
    run.succeed()
    return True


def _sample(run: PairedComparison, image_set: ImageSet) -> Sample:
    """The set on the extractor that both cards have, whatever else each has."""
    facts = next(network for network in networks_of(run.first) if network["fingerprint"] == run.fingerprint)
    return load_set(image_set, [{**facts, "space": ""}]).sample
