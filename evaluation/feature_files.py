"""Scores of two feature arrays on disk: no database, no images, no network. Knows no Django."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics import METRICS, MetricError, MetricResult, Sample, Settings


class FeatureFileError(ValueError):
    """A file cannot be used; the message names it and says why."""


def read_sample(features: Path, groups: Path | None) -> Sample:
    """The rows of a .npy file as a sample; without a groups file every row is a group of its own."""
    rows = read_features(features)
    if groups is None:
        return Sample(rows, tuple(f"row-{index:07d}" for index in range(len(rows))))
    labels = read_groups(groups)
    if len(labels) != len(rows):
        raise FeatureFileError(f"{groups} has {len(labels)} groups, but {features} has {len(rows)} rows.")
    return Sample(rows, labels)


def read_features(path: Path) -> npt.NDArray[np.floating[Any]]:
    """(n, d) float array of a .npy file. Nothing is unpickled: a file of Python objects is refused."""
    array = _load(path)
    if array.ndim != 2:
        raise FeatureFileError(f"{path} has the shape {array.shape}; expected a table (images, features).")
    if array.dtype.kind not in "fiu":
        raise FeatureFileError(f"{path} holds {array.dtype}; expected numbers.")
    rows = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    if not np.isfinite(rows).all():
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise FeatureFileError(f"{path} contains NaN or infinity, first in row {bad}.")
    return rows


def read_groups(path: Path) -> tuple[str, ...]:
    """One label a row: lines of a text file, or a one-dimensional .npy of strings or whole numbers."""
    if path.suffix == ".npy":
        array = _load(path)
        if array.ndim != 1 or array.dtype.kind not in "USiu":
            raise FeatureFileError(f"{path} must be one-dimensional, of strings or whole numbers.")
        return tuple(str(label.decode() if isinstance(label, bytes) else label) for label in array.tolist())
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise FeatureFileError(f"{path} cannot be read: {_reason(error)}.") from error


def _load(path: Path) -> npt.NDArray[Any]:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FeatureFileError(f"{path} cannot be read as a .npy file: {_reason(error)}.") from error
    if not isinstance(array, np.ndarray):
        raise FeatureFileError(f"{path} is an archive of several arrays; save one array with numpy.save.")
    return array


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if "pickle" in str(error).lower():
        return "it is not an array of numbers (Python objects are never loaded)"
    return str(error).rstrip(".")


def metric_names(asked: Sequence[str]) -> tuple[str, ...]:
    """The metrics asked for, or all that two feature arrays suffice for. Raises MetricError for an unknown one."""
    if unknown := [name for name in asked if name not in METRICS]:
        raise MetricError(f"Unknown metrics: {', '.join(unknown)}. Known: {', '.join(METRICS)}.")
    return tuple(asked) or tuple(m.name for m in METRICS.values() if m.needs == {"features"})


def score_document(
    results: Sequence[MetricResult],
    files: Mapping[str, Path | None],
    sizes: Mapping[str, list[int]],
    settings: Settings,
) -> dict[str, Any]:
    """All that the numbers depend on, and the numbers; nothing in it is NaN."""
    scores = [{"title": METRICS[r.metric].title, "axis": METRICS[r.metric].axis, **asdict(r)} for r in results]
    return {
        "files": {role: {"path": str(path), "sha256": _digest(path)} for role, path in files.items() if path},
        "sizes": dict(sizes),
        "settings": asdict(settings),
        "libraries": _libraries(),
        "scores": _plain(scores),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _libraries() -> dict[str, str]:
    found = {}
    for name in ("negatoscope", "numpy", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    """The same with plain numbers and lists; what is not finite becomes null, since JSON has no word for it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """The document as a file that is there whole or not at all."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False, encoding="utf-8"
        ) as file:
            part = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise FeatureFileError(f"{path} cannot be written: {error.strerror}.") from error


def table(results: Sequence[MetricResult]) -> str:
    """One line a score: name, value, interval, the yardstick; or why there is none."""
    lines = []
    for r in results:
        name = " ".join(part for part in (r.metric, r.finding, r.subgroup) if part)
        if r.value is None or r.low is None or r.high is None:
            lines.append(f"{name:34s} {r.refused}")
            continue
        yardstick = f"   {r.baseline_label}: {r.baseline.value:.4g}" if r.baseline else ""
        lines.append(f"{name:34s} {r.value:.5g}  [{r.low:.5g}, {r.high:.5g}]{yardstick}")
    return "\n".join(lines)
