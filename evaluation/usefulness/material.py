"""The images and labels of a usefulness run, read from its sets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.models import UsefulnessRun
from evaluation.usefulness.analysis import ARMS, MIXED, REAL, SYNTHETIC
from evaluation.usefulness.labels import NothingToLearn, known_rows, label_matrix, shared_findings, split_patients
from evaluation.usefulness.recipe import Labelled
from images.models import ImageSet, ImageSetItem
from images.pixels import square, to_display

# Images of one part, at most (seeded): they are held in memory while training.
MOST_IMAGES = 20_000

Progress = Callable[[], None]


@dataclass(frozen=True)
class Part:
    """Some items of a set, their labels, and a digest over both."""

    items: Sequence[ImageSetItem]
    labels: npt.NDArray[np.int8]

    @property
    def digest(self) -> str:
        """SHA-256 over the images' digests and what is said of them."""
        lines = "\n".join(item.image.sha256 for item in self.items)
        return hashlib.sha256(lines.encode() + self.labels.tobytes()).hexdigest()

    @property
    def groups(self) -> list[str]:
        """The patient of each item, or what else it is sampled with."""
        return [patient_of(item) for item in self.items]

    def load(self, side: int, progress: Progress) -> Labelled:
        """Pixels and labels in memory; `progress` is called for each image."""
        pixels = np.empty((len(self.items), side, side), dtype=np.uint8)
        for row, item in enumerate(self.items):
            progress()
            pixels[row] = square(to_display(item.image.load_pixels()), side)
        return Labelled(pixels, self.labels)


@dataclass(frozen=True)
class Material:
    """What trains and what tests, for the same findings."""

    findings: tuple[str, ...]
    real: Part
    synthetic: Part
    test: Part

    def sources(self, arm: str) -> tuple[Part, ...]:
        """The parts that an arm trains on."""
        return {REAL: (self.real,), SYNTHETIC: (self.synthetic,), MIXED: (self.real, self.synthetic)}[arm]

    @property
    def facts(self) -> dict[str, Any]:
        """How many images and patients there are, and the digests."""
        return {
            name: {"images": len(part.items), "groups": len(set(part.groups)), "digest": part.digest}
            for name, part in (("real", self.real), ("synthetic", self.synthetic), ("test", self.test))
        }


def patient_of(item: ImageSetItem) -> str:
    """The unit that must not be on both sides."""
    return item.patient or item.group or f"image-{item.image.sha256}"


def gather_material(run: UsefulnessRun) -> Material:
    """The run's parts: whole patients on one side, only images of which something is said.

    Raises NothingToLearn where no finding has enough images in every part.
    """
    real, synthetic = _items(run.real, run.seed), _items(run.synthetic, run.seed)
    if run.test is None:
        mask = split_patients([patient_of(item) for item in real], run.test_share, run.seed)
        test = [item for item, held in zip(real, mask, strict=True) if held]
        real = [item for item, held in zip(real, mask, strict=True) if not held]
    else:
        test = _items(run.test, run.seed)
        real = _without(real, test)
    synthetic = _without(synthetic, test)
    parts = {"real training part": real, "synthetic set": synthetic, "real test part": test}
    if empty := [name for name, items in parts.items() if not items]:
        raise NothingToLearn(f"Nothing is said of the findings of any image of the {' and the '.join(empty)}.")
    findings = shared_findings({name: [i.findings for i in items] for name, items in parts.items()}, run.findings)
    made = [Part(items, label_matrix([i.findings for i in items], findings)) for items in parts.values()]
    return Material(findings, *made)


def _items(image_set: ImageSet, seed: int) -> list[ImageSetItem]:
    """Items of which something is said, ordered by digest, at most MOST_IMAGES of them (seeded)."""
    items = list(image_set.items.select_related("image").order_by("image__sha256"))
    known = known_rows([item.findings for item in items])
    if len(known) > MOST_IMAGES:
        known = np.sort(np.random.default_rng(seed).permutation(known)[:MOST_IMAGES])
    return [items[row] for row in known]


def _without(items: Sequence[ImageSetItem], test: Sequence[ImageSetItem]) -> list[ImageSetItem]:
    """Items that share neither patient nor pixels with the test part."""
    patients, images = {patient_of(item) for item in test}, {item.image.sha256 for item in test}
    return [item for item in items if patient_of(item) not in patients and item.image.sha256 not in images]


def unit_key(material: Material, arm: str, recipe: dict[str, Any], seed: int) -> str:
    """Where the predictions of one training lie in the storage: the digest of everything that decides them."""
    digests = [part.digest for part in material.sources(arm)]
    text = f"{sorted(recipe.items())}\n{material.findings}\n{digests}\n{material.test.digest}\n{seed}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"usefulness/{digest[:2]}/{digest}.safetensors"


__all__ = ["ARMS", "Material", "Part", "gather_material", "patient_of", "unit_key"]
