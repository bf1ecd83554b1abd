"""manage.py score_features: two arrays on disk, no database. Files that cannot be used are named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from evaluation.feature_files import write_json

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rng = np.random.default_rng(0)
    found = {name: tmp_path / f"{name}.npy" for name in ("real", "synthetic", "patients")}
    np.save(found["real"], rng.normal(size=(80, 6)).astype(np.float32))
    np.save(found["synthetic"], rng.normal(size=(60, 6)) + 0.5)
    np.save(found["patients"], np.arange(80) // 2)
    found["prompts"] = tmp_path / "prompts.txt"
    found["prompts"].write_text("\n".join(f"prompt {i // 3}" for i in range(60)) + "\n")
    return found


def test_it_runs_without_any_server(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "NEGATOSCOPE_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "manage.py", "score_features", files["real"], files["synthetic"], "--json", out]
    command += ["--metrics", "frechet_distance", "coverage", "--groups-real", files["patients"]]
    command += ["--groups-synthetic", files["prompts"], "--seed", "3"]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "frechet_distance" in done.stdout and "real vs real" in done.stdout
    document = json.loads(out.read_text())
    assert [score["metric"] for score in document["scores"]] == ["frechet_distance", "coverage"]
    score = document["scores"][0]
    assert score["low"] < score["value"] < score["high"] and score["extra"]["n_reference"] == 80
    assert document["settings"]["seed"] == 3 and document["sizes"] == {"real": [80, 6], "synthetic": [60, 6]}
    assert len(document["files"]["groups_synthetic"]["sha256"]) == 64
    assert not list(tmp_path.glob(".*.part"))


def test_everything_that_features_suffice_for_is_the_default(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("score_features", files["real"], files["synthetic"], groups_synthetic=files["prompts"])
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {"frechet_distance", "kernel_distance", "recall", "vendi_score", "seed_sensitivity"} <= names
    assert not {"auroc", "ms_ssim_within_prompt", "retrieval_r1"} & names


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 3, 2)), r"shape \(4, 3, 2\)"),
        (np.array([["a"]]), "expected numbers"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), "NaN or infinity, first in row 1"),
        (np.array([{"a": 1}], dtype=object), "Python objects are never loaded"),
        (np.zeros((60, 5)), "differ in length: 6 in .* 5 in"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(
    files: dict[str, Path], tmp_path: Path, array: np.ndarray, words: str
) -> None:
    path = tmp_path / "bad.npy"
    np.save(path, array, allow_pickle=True)
    out = tmp_path / "out.json"
    with pytest.raises(CommandError, match=words):
        call_command("score_features", files["real"], path, json=out)
    assert not out.exists()


def test_files_that_are_not_there_or_not_arrays_are_named(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere.npy .* no such file"):
        call_command("score_features", tmp_path / "nowhere.npy", files["synthetic"])
    with pytest.raises(CommandError, match=r"prompts.txt cannot be read as a .npy file"):
        call_command("score_features", files["prompts"], files["synthetic"])
    np.savez(tmp_path / "several.npz", a=np.zeros((2, 2)))
    with pytest.raises(CommandError, match="archive of several arrays"):
        call_command("score_features", tmp_path / "several.npz", files["synthetic"])
    with pytest.raises(CommandError, match="60 groups, but .* 80 rows"):
        call_command("score_features", files["real"], files["synthetic"], groups_real=files["prompts"])
    with pytest.raises(CommandError, match="Unknown metrics: fid"):
        call_command("score_features", files["real"], files["synthetic"], metrics=["fid"])
    with pytest.raises(CommandError, match="cannot be written"):
        call_command(
            "score_features", files["real"], files["synthetic"], metrics=["coverage"], json=tmp_path / "no" / "out.json"
        )


def test_a_document_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_json({"value": 1}, path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"value": float("nan")}, path)
    assert json.loads(path.read_text()) == {"value": 1}
