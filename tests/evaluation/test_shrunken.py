"""What a network makes of shrunken pictures: the same of sets and of folders, looked at once, kept like all features."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from accounts.models import Workspace
from evaluation.models import FeatureRow
from images.phantom import draw, sample_spec
from images.pixels import Pixels, encode_png
from images.services import ItemRow, create_image_set, store_image

pytestmark = pytest.mark.django_db
ASKED = ("--weights", "demo/classifier", "--metrics", "frechet_by_resolution,frechet_features_by_resolution")


def phantoms(first: int, count: int, side: int) -> list[Pixels]:
    return [
        draw(sample_spec(np.random.default_rng(number)), size=side, seed=number).pixels
        for number in range(first, first + count)
    ]


def score(*words: object) -> dict[str, dict[str, object]]:
    out = StringIO()
    call_command("score", *map(str, words), *ASKED, "--json", "-", stdout=out, stderr=StringIO())
    return {row["metric"]: row for row in json.loads(out.getvalue())["scores"]}


def test_sets_and_folders_have_the_same_series_and_no_picture_is_looked_at_twice(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = {"made": phantoms(0, 20, 128), "real": phantoms(100, 40, 160)}
    for name, pictures in drawn.items():
        rows = [ItemRow(store_image(workspace=workspace, pixels=pixels), "") for pixels in pictures]
        create_image_set(workspace=workspace, name=name, source="real", rows=rows, is_phantom=True)
        (tmp_path / name).mkdir()
        for number, pixels in enumerate(pictures):
            (tmp_path / name / f"{number}.png").write_bytes(encode_png(pixels))
    folders = score(tmp_path / "real", tmp_path / "made")
    sets = score("real", "made")
    for metric, row in sets.items():
        steps, other = row["extra"]["series"], folders[metric]["extra"]["series"]
        assert [step["side"] for step in steps] == [64, 128] and row["n"] == 20
        assert [step["value"] for step in steps] == pytest.approx([step["value"] for step in other], rel=1e-3)
    assert FeatureRow.objects.count() == 60 + 60
    monkeypatch.setattr("evaluation.shrunken.gather", lambda *_: pytest.fail("these were looked at before"))
    assert score("real", "made", "--seed", 1).keys() == sets.keys()
