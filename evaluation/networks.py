"""The networks of a scoring run: opened once for as long as a worker stays with the run, and described for the card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evaluation.features.base import Extractor, ExtractorError
from evaluation.features.registry import open_extractor
from evaluation.models import ScoringRun
from evaluation.weights import resolve_weights

Facts = dict[str, Any]

# At most one: (run, position of the network) -> network. A process works on one step at a time, and steps of one network
# follow each other. The run is part of the key, so that a changed weights file is seen by the next run.
_kept: dict[tuple[UUID, int], Extractor] = {}


def open_network(run: ScoringRun, number: int) -> Extractor:
    """The run's network of this position.

    Raises ExtractorError where it cannot be opened, or is not what the run's plan was made with.
    """
    key = (run.pk, number)
    if key not in _kept:
        _kept.clear()
        name, weights = run.choices[number]
        _kept[key] = open_extractor(name, resolve_weights(weights))
    network = _kept[key]
    if run.networks and run.networks[number]["fingerprint"] != network.fingerprint:
        raise ExtractorError(
            f"The weights of {run.networks[number]['name']} are not the same on every worker, or changed while the run "
            "was going. Start it again."
        )
    return network


def describe_network(extractor: Extractor) -> Facts:
    """All that an extractor's features depend on, and under which terms its weights are used."""
    return {
        "name": extractor.name,
        "weights": extractor.weights,
        "weights_sha256": extractor.weights_digest,
        "preprocessing": extractor.preprocessing,
        "fingerprint": extractor.fingerprint,
        "input_size": extractor.input_size,
        "filter": extractor.filter,
        "scaling": extractor.scaling,
        "precision": extractor.precision,
        "engine": extractor.engine,
        "licence": extractor.licence,
        "how_to_get": extractor.how_to_get,
        "classes": list(extractor.classes),
        "thresholds": list(extractor.thresholds),
        "reads_text": extractor.reads_text,
    }


def with_spaces(networks: Sequence[Facts]) -> list[Facts]:
    """The facts, each with the name of its space: empty for the first network, else short and not used before."""
    spaces: list[str] = [""]
    for facts in networks[1:]:
        label = f"{facts['name']} {facts['weights']}".strip()[:180]
        spaces.append(label if label not in spaces else f"{label} {facts['fingerprint'][:8]}")
    return [{**facts, "space": space} for facts, space in zip(networks, spaces, strict=True)]
