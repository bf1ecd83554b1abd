"""The whole way once, as `make demo ONCE=1` goes it: own servers, real workers, real pipeline, readers over HTTP."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = (
    "Reference images",
    "Register the demo checkpoint",
    "Import prompts",
    "Generate",
    "Score",
    "Read blind",
    "Open a study",
)
TABLES = ("Score card", "Fréchet distance", "Results", "balanced accuracy", "AUC", "Fleiss kappa")


def go(home: Path, *words: str) -> str:
    """The demonstration at its smallest, in a home of its own; what it printed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    environment |= {"NEGATOSCOPE_HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    command = [sys.executable, "-m", "embedded", "once", "--small", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_on_phantoms_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    first = go(tmp_path / "home")
    assert [word for word in (*STAGES, *TABLES) if word not in first] == []
    second = go(tmp_path / "home")
    assert second.split("Score card")[1] == first.split("Score card")[1]


@pytest.mark.real_data
def test_on_real_radiographs(tmp_path: Path, shared_data: Path) -> None:
    printed = go(tmp_path / "home", "--real", str(shared_data / "nih-cxr14-sample"))
    assert "Reference images: 300 images" in printed
    assert [word for word in (*STAGES, *TABLES) if word not in printed] == []
