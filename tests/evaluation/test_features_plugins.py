"""Extractors of other packages, and the list of all of them."""

import json
import os
import subprocess
import sys
import textwrap
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from evaluation import weights as offered
from evaluation.features import EXTRACTORS
from evaluation.features.inception import FILE
from evaluation.features.xrv_hub import HUB_WEIGHTS
from evaluation.weights import choice_to_extractor, extractor_choices, resolve_weights
from tests.evaluation.weights_on_disk import save_clip, save_dinov2, save_open_clip

ROOT = Path(__file__).resolve().parents[2]

PLUGIN = """
from evaluation.features import ExtractorKind, open_extractor


def open_mine(weights):
    return open_extractor("random-densenet", weights or "7")


KIND = ExtractorKind("mine", "my own network", "a seed", "7", open_mine, licence="mine")
"""


def install(folder: Path, module: str, code: str, entry: str) -> None:
    """A distribution as pip would leave it."""
    (folder / f"{module}.py").write_text(textwrap.dedent(code))
    facts = folder / f"{module}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[negatoscope.extractors]\n{entry}\n")


def run_python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(map(str, (folder, ROOT, ROOT / "platform")))
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}
    )


def test_an_installed_package_brings_an_extractor(tmp_path: Path) -> None:
    install(tmp_path, "mine", PLUGIN, "mine = mine:KIND")
    code = """
import sys
from evaluation.features import EXTRACTORS, open_extractor
assert EXTRACTORS["mine"].licence == "mine" and "torch" not in sys.modules
print(open_extractor("mine").weights)
"""
    done = run_python(tmp_path, code)
    assert done.stdout.strip() == "7", done.stderr


def test_a_broken_package_is_left_out_with_a_warning_and_a_second_meaning_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "broken", "raise OSError('no such library')", "other = broken:KIND")
    done = run_python(tmp_path, "from evaluation.features import EXTRACTORS; print('xrv-densenet' in EXTRACTORS)")
    assert done.stdout.strip() == "True" and "left out: no such library" in done.stderr and "of broken" in done.stderr
    install(tmp_path, "twice", PLUGIN.replace('"mine"', '"inception"'), "twice = twice:KIND")
    done = run_python(tmp_path, "import evaluation.features")
    assert done.returncode != 0 and "brings the ExtractorKind 'inception', which exists already" in done.stderr


@pytest.fixture
def root(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint root with one folder of each kind, and a home without weights."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    place = tmp_path / "roots"
    save_dinov2(place / "dino")
    save_clip(place / "pair")
    save_open_clip(place / "biomed")
    (place / "nothing").mkdir()
    (place / FILE).write_bytes(b"")
    settings.CHECKPOINT_ROOTS = [place]  # type: ignore[attr-defined]
    return place


def test_folders_are_offered_by_what_their_configuration_says(root: Path) -> None:
    assert {place.name: kind for kind, place in offered.own_weights()} == {
        "dino": "dinov2",
        "pair": "clip",
        "biomed": "open-clip",
        FILE: "inception",
    }
    assert choice_to_extractor(f"clip:{root / 'pair'}") == ("clip", str(root / "pair"))
    with pytest.raises(ValidationError, match="not offered"):
        choice_to_extractor(f"clip:{root / 'nothing'}")


def test_every_kind_is_offered_by_its_published_names() -> None:
    choices = dict(extractor_choices())
    assert {f"xrv-densenet:{name}" for name in HUB_WEIGHTS} <= choices.keys()
    assert "roentgen-xrv-v1" in choices["xrv-densenet:densenet121-res224-all+roentgen-xrv-v1"]
    for kind in EXTRACTORS.values():
        for name in kind.published:
            assert choice_to_extractor(f"{kind.name}:{name}") == (kind.name, name)
            assert choice_to_extractor(f"{kind.name}:{name}+bf16") == (kind.name, f"{name}+bf16")


def test_names_stay_names_and_folders_are_looked_up_beside_the_project(settings: object) -> None:
    base = settings.BASE_DIR  # type: ignore[attr-defined]
    for name in ("", "12", "microsoft/rad-dino", "owner/repository@main", HUB_WEIGHTS[0], f"{HUB_WEIGHTS[0]}+bf16"):
        assert resolve_weights(name) == name
    assert resolve_weights("demo/classifier+bf16") == f"{base / 'demo/classifier'}+bf16"
    assert resolve_weights("/some/where") == "/some/where"


def test_the_command_lists_every_kind_with_what_is_missing_and_how_to_get_it(root: Path) -> None:
    out = StringIO()
    call_command("extractors", json=True, stdout=out)
    rows = json.loads(out.getvalue())
    assert {row["extractor"] for row in rows} == set(EXTRACTORS)
    ready = {(row["extractor"], Path(row["weights"]).name) for row in rows if row["state"] == "ready"}
    assert {("clip", "pair"), ("dinov2", "dino"), ("open-clip", "biomed"), ("random-densenet", "")} <= ready
    missing = [row for row in rows if row["state"] == "missing"]
    assert {"xrv-densenet", "inception", "rad-dino", "clip"} <= {row["extractor"] for row in missing}
    assert all(row["how_to_get"] and row["licence"] and row["input"] and row["features"] for row in missing)
    text = StringIO()
    call_command("extractors", stdout=text)
    assert "missing  rad-dino         microsoft/rad-dino" in text.getvalue()
    assert "how to get: `manage.py extractors --download WEIGHTS`" in text.getvalue()
