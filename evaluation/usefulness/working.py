"""What a worker does for a usefulness run: one training after the other, each kept as soon as it is finished.

A training is a unit: its predictions lie in the storage under the digest of everything that decides them, written whole or
not at all. A worker that is killed loses the training in hand; a run of the same images takes up what is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.files.storage import default_storage
from django.db import transaction

from audit.services import record
from evaluation.metrics import MetricError
from evaluation.models import UsefulnessRun
from evaluation.scoring import environment
from evaluation.services import finite
from evaluation.turns import Turn, take_turn
from evaluation.usefulness.analysis import ARMS, compare_trainings
from evaluation.usefulness.labels import NothingToLearn
from evaluation.usefulness.material import Material, gather_material, unit_key
from evaluation.usefulness.recipe import Labelled, train_and_predict
from images import content
from images.pixels import ImageError

Units = dict[tuple[str, int], str]

TITLES = {"real": "on real images", "synthetic": "on synthetic images", "mixed": "on both"}


def work_on_usefulness(run: UsefulnessRun) -> bool:
    """One turn at the run; whether it needs another."""
    return take_turn(run, lambda turn: _work(run, turn), (NothingToLearn, MetricError, ImageError))


def run_usefulness(run: UsefulnessRun) -> None:
    """All of it, in this process."""
    while work_on_usefulness(run):
        pass


def _work(run: UsefulnessRun, turn: Turn) -> bool:
    turn.beat(0, run.total, "Reading the labels")
    material = gather_material(run)
    recipe = run.recipe.describe()
    units = {
        (arm, repeat): unit_key(material, arm, recipe, run.seed + repeat)
        for repeat in range(run.repeats)
        for arm in ARMS
    }
    trainer = _Trainer(run, turn, material, units)
    for (arm, repeat), key in units.items():
        if default_storage.exists(key):
            continue
        if turn.is_over:
            return False
        trainer.train(arm, repeat, key)
    predictions = {arm: [_read(units[arm, repeat]) for repeat in range(run.repeats)] for arm in ARMS}
    turn.beat(run.total, run.total, "Comparing")
    result = compare_trainings(predictions, material.test.labels, material.test.groups, material.findings, run.seed)
    _finish(
        run, result | {"recipe": recipe, "parts": material.facts, "seeds": [run.seed + r for r in range(run.repeats)]}
    )
    return True


class _Trainer:
    """Trains one unit after another; images are read when the first one needs them."""

    def __init__(self, run: UsefulnessRun, turn: Turn, material: Material, units: Units) -> None:
        self._run, self._turn, self._material, self._units = run, turn, material, units
        parts = (material.real, material.synthetic, material.test)
        self._images = sum(len(part.items) for part in parts)
        self._total = self._images + len(units) * run.steps
        self._loaded: dict[int, Labelled] = {}

    def train(self, arm: str, repeat: int, key: str) -> None:
        sources = [self._part(part) for part in self._material.sources(arm)]
        test = self._part(self._material.test)
        before = self._images + self._run.steps * sum(default_storage.exists(other) for other in self._units.values())
        message = f"Training {TITLES[arm]}, {repeat + 1} of {self._run.repeats}"

        def tick(step: int) -> None:
            self._turn.beat(before + step, self._total, message)

        seed = self._run.seed + repeat
        content.put_once(key, lambda: _stored(train_and_predict(sources, test.pixels, self._run.recipe, seed, tick)))

    def _part(self, part: Any) -> Labelled:
        if id(part) not in self._loaded:
            self._loaded[id(part)] = part.load(self._run.side, self._read_one())
        return self._loaded[id(part)]

    def _read_one(self) -> Callable[[], None]:
        state = {"done": sum(map(len, self._loaded.values()))}

        def progress() -> None:
            state["done"] += 1
            self._turn.beat(state["done"], self._total, "Reading images")

        return progress


def _stored(predictions: npt.NDArray[np.float32]) -> bytes:
    from safetensors.numpy import save

    data: bytes = save({"predictions": predictions})
    return data


def _read(key: str) -> npt.NDArray[np.float32]:
    from safetensors.numpy import load

    predictions: npt.NDArray[np.float32] = load(content.read(key))["predictions"]
    return predictions


@transaction.atomic
def _finish(run: UsefulnessRun, result: dict[str, Any]) -> None:
    """Store the result and end the run, together; nothing where the run was ended by others."""
    if not run.succeed():
        return
    run.result, run.environment, run.message = finite(result), environment(), ""
    run.save(update_fields=["result", "environment", "message"])
    record(workspace=run.workspace, actor=run.created_by, action="usefulness.finish", target=run, details={})
