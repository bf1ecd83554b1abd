"""Training the demonstration: stopped and taken up it is the same training, and what it writes loads as a pipeline."""

from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from torch import nn

from evaluation.features.xrv_folder import open_densenet_folder
from generation.training.dataset import draw_phantoms
from generation.training.recipe import Recipe
from generation.training.run import Places, train_demo
from generation.training.state import Stage, batch_indices
from images.phantom import FINDINGS

TINY = Recipe(
    size=64, phantoms=12, held_out=40, vae_widths=(8, 8, 8, 8), vae_steps=2, vae_batch=4,
    text_width=16, text_layers=1, unet_widths=(16, 16, 16), unet_steps=2, unet_batch=4,
    classifier_steps=2, classifier_batch=4, classifier_growth=4, classifier_blocks=(1, 1, 1, 1),
)  # fmt: skip


def line(folder: Path, steps: int = 6) -> Stage:
    torch.manual_seed(1)
    return Stage(folder / "line.state", {"line": nn.Linear(3, 1)}, steps, 1e-2)


def advance(stage: Stage, until: int) -> None:
    for step in stage.remaining():
        inputs = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        stage.advance(stage.modules["line"](inputs).square().mean())
        if step + 1 == until:
            break


def test_a_training_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = line(tmp_path / "a")
    advance(whole, 6)
    first = line(tmp_path / "b")
    advance(first, 3)
    first.step = 3
    first.save()
    second = line(tmp_path / "b")
    assert second.step == 3
    advance(second, 6)
    assert torch.equal(whole.modules["line"].weight, second.modules["line"].weight)
    assert whole.losses == second.losses


def test_batches_depend_on_the_step_alone_and_cover_everything() -> None:
    epoch = torch.cat([batch_indices(12, 4, step, 5) for step in range(3)])
    assert sorted(epoch.tolist()) == list(range(12))
    assert torch.equal(batch_indices(12, 4, 7, 5), batch_indices(12, 4, 7, 5))
    assert not torch.equal(batch_indices(12, 4, 0, 5), batch_indices(12, 4, 3, 5))


def test_a_gradient_that_is_not_finite_changes_nothing(tmp_path: Path) -> None:
    stage = line(tmp_path)
    before = stage.modules["line"].weight.clone()
    stage.advance(stage.modules["line"](torch.full((1, 3), float("inf"))).sum())
    assert torch.equal(stage.modules["line"].weight, before)


def test_phantoms_for_training_depend_on_seed_and_number_alone() -> None:
    many, few = draw_phantoms(6, size=64, seed=9), draw_phantoms(3, size=64, seed=9)
    assert np.array_equal(many.pixels[:3], few.pixels) and many.texts[:3] == few.texts
    assert many.labels.shape == (6, len(FINDINGS))


def test_the_whole_training_writes_a_pipeline_and_a_classifier_and_need_not_repeat_itself(tmp_path: Path) -> None:
    places = Places(tmp_path / "work", tmp_path / "checkpoint", tmp_path / "classifier")
    lines: list[str] = []
    train_demo(places, TINY, threads=1, progress=lines.append)
    assert any("denoiser step" in text for text in lines) and any("held-out" in text for text in lines)
    pipeline = StableDiffusionPipeline.from_pretrained(
        places.checkpoint, torch_dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    picture = pipeline("Large left pleural effusion.", num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (64, 64, 3) and np.isfinite(picture).all()
    assert open_densenet_folder(places.classifier).classes == FINDINGS
    again: list[str] = []
    train_demo(places, TINY, threads=1, progress=again.append)
    assert not any(" step " in text for text in again)
