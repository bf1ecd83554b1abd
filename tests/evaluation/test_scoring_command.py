"""manage.py score on image sets and on folders."""

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import Workspace
from evaluation.models import ScoreCard, ScoringRun
from images.models import ImageSet
from images.phantom import draw, sample_spec
from images.pixels import encode_png
from images.services import ItemRow, create_image_set, store_image

from .conftest import MakeSet

pytestmark = pytest.mark.django_db

QUICK = ("--metrics", "frechet_distance,kernel_distance", "--extractor", "random-densenet")
FIELDS = {
    "metric", "space", "finding", "subgroup", "value", "low", "high", "n", "method", "direction", "baseline",
    "baseline_label", "refused", "extra", "measured_at",
}  # fmt: skip


def score(*words: object) -> str:
    out = StringIO()
    call_command("score", *map(str, words), stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def sets(phantom_set: MakeSet) -> tuple[ImageSet, ImageSet]:
    return phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)


def folder(path: Path, count: int, first: int, *, table: bool) -> Path:
    """Drawn phantoms as PNG files, with a metadata.csv that says caption and patient where asked."""
    path.mkdir()
    lines = []
    for number in range(count):
        seed = first + number
        phantom = draw(sample_spec(np.random.default_rng(seed // 2)), size=64, seed=seed)
        (path / f"{number:03d}.png").write_bytes(encode_png(phantom.pixels))
        lines.append([f"{number:03d}.png", phantom.sentence, f"patient-{seed // 2}", "|".join(phantom.findings)])
    if table:
        with (path / "metadata.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["path", "caption", "patient", "findings"], *lines])
    return path


def test_the_card_of_two_sets_is_printed_and_stored(sets: tuple[ImageSet, ImageSet]) -> None:
    printed = score("drawn", "made", *QUICK)
    assert "made against drawn (phantoms)" in printed and "Fréchet distance" in printed
    assert ScoreCard.objects.get().synthetic == sets[0]
    printed = score(sets[1].pk, sets[0].pk, *QUICK, "--json", "-")
    document = json.loads(printed)
    assert document["provenance"]["reference"]["count"] == 24 and document["phantoms"] is True
    assert {frozenset(one) for one in document["scores"]} == {frozenset(FIELDS)}


def test_further_networks_and_a_training_set(sets: tuple[ImageSet, ImageSet], phantom_set: MakeSet) -> None:
    phantom_set("learnt", 8, 2000)
    more = (
        "--also",
        "random-densenet:1",
        "--also",
        "random-densenet:2",
        "--training",
        "learnt",
        "--subgroups",
        "finding",
    )
    document = json.loads(score("drawn", "made", *QUICK, *more, "--operating-point", "youden", "--json", "-"))
    assert [one["weights"] for one in document["provenance"]["networks"]] == ["0", "1", "2"]
    assert document["provenance"]["training"]["name"] == "learnt"
    settings = document["provenance"]["settings"]
    assert (settings["subgroups"], settings["operating_point"]) == (["finding"], "youden")


def test_two_folders_are_scored_as_they_lie(tmp_path: Path, django_assert_num_queries: object) -> None:
    real = folder(tmp_path / "real", 24, 1000, table=False)
    made = folder(tmp_path / "made", 24, 0, table=True)
    (made / "notes.txt").write_text("not a picture")
    with django_assert_num_queries(0):  # type: ignore[operator]
        printed = score(real, made, *QUICK, "--json", tmp_path / "scores.json")
    assert "made against real" in printed and "Fréchet distance" in printed
    document = json.loads((tmp_path / "scores.json").read_text())
    assert document["provenance"]["synthetic"]["count"] == 24 and str(tmp_path) not in json.dumps(document)
    assert {one["metric"] for one in document["scores"]} == {"frechet_distance", "kernel_distance"}
    assert not ScoringRun.objects.exists() and not ImageSet.objects.exists()


def test_a_folder_gives_the_numbers_of_the_set_imported_from_it(tmp_path: Path, workspace: Workspace) -> None:
    places = folder(tmp_path / "real", 24, 1000, table=True), folder(tmp_path / "made", 24, 0, table=True)
    for place, source, first in zip(places, ("real", "synthetic"), (1000, 0), strict=True):
        rows = []
        for number in range(24):
            seed = first + number
            phantom = draw(sample_spec(np.random.default_rng(seed // 2)), size=64, seed=seed)
            image = store_image(workspace=workspace, pixels=phantom.pixels)
            group = f"patient-{seed // 2}" if source == "real" else phantom.sentence
            rows.append(ItemRow(image, group, phantom.sentence, phantom.findings))
        create_image_set(workspace=workspace, name=f"{place.name} set", source=source, rows=rows)
    names = ("--metrics", "frechet_distance", "--extractor", "random-densenet", "--json", "-")
    [of_folders] = json.loads(score(*places, *names))["scores"]
    [of_sets] = json.loads(score("real set", "made set", *names))["scores"]
    assert of_folders["value"] == pytest.approx(of_sets["value"], rel=1e-6) and of_folders["n"] == of_sets["n"]


def test_files_of_the_same_pixels_count_once(tmp_path: Path) -> None:
    real = folder(tmp_path / "real", 12, 1000, table=False)
    made = folder(tmp_path / "made", 12, 0, table=False)
    (made / "copy.png").write_bytes((made / "000.png").read_bytes())
    document = json.loads(score(real, made, *QUICK, "--json", "-"))
    assert document["provenance"]["synthetic"]["count"] == 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("drawn", "nothing"), "no image set named 'nothing'"),
        (("drawn", "drawn"), "exactly the same images"),
        (("drawn", "made", "--metrics", "fid"), "no metric 'fid'"),
        (("drawn", "made", "--also", "nothing"), "no extractor 'nothing'"),
        (("drawn", "made", "--json", "/nowhere/scores.json"), "a folder that is there"),
        (("drawn", "made", "--workspace", "nowhere"), "Name one workspace"),
    ],
)
def test_what_cannot_be_scored_is_said(sets: tuple[ImageSet, ImageSet], words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        score(*words, *([] if "--metrics" in words else QUICK[:2]), "--extractor", "random-densenet")
    assert not ScoreCard.objects.exists()


def test_what_cannot_be_scored_of_folders_is_said(tmp_path: Path, workspace: Workspace) -> None:
    real = folder(tmp_path / "real", 2, 1000, table=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="at least 2 images in each folder; empty has 0"):
        score(real, tmp_path / "empty", *QUICK)
    with pytest.raises(CommandError, match="two folders, or two image sets"):
        score(real, "drawn", *QUICK)
    broken = folder(tmp_path / "broken", 3, 0, table=False)
    (broken / "001.png").write_bytes(b"not a picture")
    with pytest.raises(CommandError, match=r"broken/001\.png cannot be read"):
        score(real, broken, *QUICK, "--json", tmp_path / "scores.json")
    with pytest.raises(CommandError, match="no metric 'fid'"):
        score(real, folder(tmp_path / "made", 3, 0, table=False), "--metrics", "fid", "--extractor", "random-densenet")
    assert not (tmp_path / "scores.json").exists()
