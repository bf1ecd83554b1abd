"""The house stands as docs/architecture.md says."""

import ast
import platform
import statistics
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOTS = (ROOT, ROOT / "platform")
PACKAGES = ("platform", "generation", "evaluation", "reader_study")
OURS = {"accounts", "audit", "config", "embedded", "evaluation", "generation", "images", "jobs", "reader_study"}


def importable() -> set[str]:
    return {
        path.stem
        for root in ROOTS
        for path in root.iterdir()
        if (path / "__init__.py").exists() or path.suffix == ".py"
    } - {"manage", "tests"}


def source_files() -> list[Path]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in files if "migrations" not in path.parts]


def function_lengths() -> dict[str, int]:
    lengths = {}
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{path.relative_to(ROOT)}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    return lengths


def test_platform_is_still_the_standard_library() -> None:
    assert platform.python_version()
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_source_roots_hide_no_standard_library_module() -> None:
    assert not importable() & sys.stdlib_module_names


def test_source_roots_hide_no_dependency() -> None:
    others = {
        name for name, owners in packages_distributions().items() if "negatoscope" not in {o.lower() for o in owners}
    }
    assert importable() == OURS
    assert not importable() & others


def test_no_function_over_60_lines_and_the_median_at_most_10() -> None:
    lengths = function_lengths()
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.median(lengths.values()) <= 10


def test_no_file_over_400_lines() -> None:
    pages = [path for folder in ("templates", "static", "tests") for path in (ROOT / folder).rglob("*")]
    files = source_files() + [path for path in pages if path.suffix in {".py", ".js", ".css", ".html"}]
    long = {str(path.relative_to(ROOT)): n for path in files if (n := len(path.read_text().splitlines())) > 400}
    assert long == {}
