"""A tiny checkpoint for every test that needs one, and copies of it that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from generation.engine import LoadedPipeline, load_pipeline
from tests.generation.tiny import build_checkpoint


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole checkpoint folder; not to be changed."""
    with torch.random.fork_rng():
        return build_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture(scope="session")
def tiny_pipeline(tiny_checkpoint: Path) -> LoadedPipeline:
    """The tiny checkpoint in memory, on the CPU."""
    return load_pipeline(tiny_checkpoint, "cpu")


@pytest.fixture
def checkpoint_copy(tiny_checkpoint: Path, tmp_path: Path) -> Callable[[], Path]:
    """A function that copies the tiny checkpoint to where a test may change it."""

    def copy() -> Path:
        return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy" / "checkpoint"))

    return copy
