"""Metrics and extractors of other packages: the recipes of CONTRIBUTING.md, really installed, in a Python of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = (ROOT / "CONTRIBUTING.md").read_text()


def block(language: str, word: str) -> str:
    found = [code for code in re.findall(rf"```{language}\n(.*?)```", RECIPES, re.DOTALL) if word in code]
    assert len(found) == 1
    return found[0]


def install(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    """What pip leaves behind: modules, and a .dist-info with metadata and entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, code in modules.items():
        (folder / f"{module}.py").write_text(code)


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (folder, ROOT, ROOT / "platform")))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=folder)


def recipe_entry_points() -> str:
    """The recipe's TOML as pip writes it into entry_points.txt."""
    text = block("toml", "entry-points")
    return re.sub(r'= "(.*)"', r"= \1", re.sub(r'\[project.entry-points."(.*)"\]', r"[\1]", text))


def test_the_recipes_work(tmp_path: Path) -> None:
    modules = {"feature_length": block("python", "feature_length"), "pooled_pixels": block("python", "pooled-pixels")}
    install(tmp_path, "lab-plugins", recipe_entry_points(), **modules)
    done = run(
        tmp_path,
        "import numpy as np\n"
        "from evaluation.metrics import METRICS, Sample, measure\n"
        "x = Sample(np.random.default_rng(0).normal(size=(40, 4)), tuple(str(i // 2) for i in range(40)))\n"
        "row = measure(x, x, names=['feature_length'])[0]\n"
        "print(METRICS['feature_length'].title, row.low < row.value < row.high)\n"
        "from evaluation.features import gather, open_extractor\n"
        "from images.phantom import draw, sample_spec\n"
        "picture = draw(sample_spec(np.random.default_rng(0)), size=64, seed=0).pixels\n"
        "print(gather(open_extractor('pooled-pixels'), [picture, picture]).features.shape)\n",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Length of features True", "(2, 16)"]


def test_the_recipes_are_short() -> None:
    for word in ("feature_length", "pooled-pixels"):
        assert len([line for line in block("python", word).splitlines() if line.strip()]) <= 12


def test_a_broken_plug_in_is_named_and_the_rest_works(tmp_path: Path) -> None:
    install(
        tmp_path,
        "broken",
        "[negatoscope.metrics]\nbroken = broken_metric:METRIC\nodd = odd_metric:METRIC\n",
        broken_metric="raise RuntimeError('no such library')",
        odd_metric="METRIC = 'a word'",
    )
    done = run(tmp_path, "from evaluation.metrics import METRICS; print('frechet_distance' in METRICS)")
    assert done.returncode == 0 and done.stdout.strip() == "True"
    assert "broken (broken_metric:METRIC) of broken is left out: no such library" in done.stderr
    assert "odd (odd_metric:METRIC) of broken is left out" in done.stderr


@pytest.mark.parametrize("name", ["frechet_distance", "twice"])
def test_a_name_that_exists_is_an_error(tmp_path: Path, name: str) -> None:
    code = block("python", "feature_length").replace('"feature_length"', f'"{name}"')
    install(tmp_path, "clash", "[negatoscope.metrics]\na = one:METRIC\nb = two:METRIC\n", one=code, two=code)
    done = run(tmp_path, "import evaluation.metrics")
    assert done.returncode != 0 and f"brings the Metric '{name}', which exists already" in done.stderr


def test_plain_python_finds_no_django(tmp_path: Path) -> None:
    code = "import sys, evaluation.metrics, evaluation.features\n"
    done = run(tmp_path, code + "print([name for name in ('django', 'torch', 'celery') if name in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr
