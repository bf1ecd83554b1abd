"""Small image sets to score."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from accounts.models import Workspace
from images.models import ImageSet
from images.phantom import draw, sample_spec
from images.pixels import decode_image, square
from images.services import ItemRow, create_image_set, store_image

# Tests share the machine; read when torch is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

MakeSet = Callable[..., ImageSet]


@pytest.fixture
def phantom_set(workspace: Workspace) -> MakeSet:
    """`phantom_set("name", count, first_seed)`: drawn phantoms, two to a group, with their findings."""

    def make(
        name: str, count: int, first: int = 0, *, source: str = "real", workspace: Workspace = workspace
    ) -> ImageSet:
        rows = []
        for number in range(count):
            seed = first + number
            spec = sample_spec(np.random.default_rng(seed // 2))
            phantom = draw(spec, size=64, seed=seed)
            image = store_image(workspace=workspace, pixels=phantom.pixels)
            rows.append(ItemRow(image, f"group-{seed // 2}", phantom.sentence, phantom.findings))
        return create_image_set(workspace=workspace, name=name, source=source, rows=rows, is_phantom=True)

    return make


@pytest.fixture
def load_real(workspace: Workspace, shared_data: Path) -> Callable[[int], tuple[ImageSet, ImageSet]]:
    """`load_real(n)`: two sets of n real radiographs each of different patients, shrunk to 256 pixels."""

    def make(count: int) -> tuple[ImageSet, ImageSet]:
        folder = shared_data / "nih-cxr14-sample"
        with (folder / "metadata.csv").open() as file:
            lines = sorted(csv.DictReader(file), key=lambda line: line["patient"][::-1])[: 2 * count]
        half = {line["patient"] for line in lines[:count]}
        sets = []
        for name, chosen in (("first half", True), ("second half", False)):
            rows = []
            for line in lines:
                if (line["patient"] in half) == chosen:
                    pixels = square(decode_image((folder / line["path"]).read_bytes()), 256)
                    image = store_image(workspace=workspace, pixels=pixels)
                    rows.append(ItemRow(image, line["patient"], findings=line["findings"].split("|")))
            sets.append(create_image_set(workspace=workspace, name=name, source="real", rows=rows))
        return sets[0], sets[1]

    return make
