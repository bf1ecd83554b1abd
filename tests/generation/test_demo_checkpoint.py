"""The committed checkpoint draws what it is asked for, as the committed classifier sees it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from images.phantom import FINDINGS, NO_FINDING, PromptRow, draw, prompts, sample_spec

DEMO = Path(__file__).resolve().parents[2] / "demo"
KINDS = (NO_FINDING, *FINDINGS)
PER_KIND = 20
STEPS, GUIDANCE, BATCH = 20, 3.0, 28
# What generated pictures may fall short of phantoms by.
ALLOWANCE = 0.10


@pytest.fixture(scope="module")
def classifier() -> Any:
    from evaluation.features.xrv_folder import open_densenet_folder

    return open_densenet_folder(DEMO / "classifier")


@pytest.fixture(scope="module")
def pipeline() -> Any:
    import torch
    from diffusers import StableDiffusionPipeline

    loaded = StableDiffusionPipeline.from_pretrained(
        DEMO / "checkpoint", torch_dtype=torch.float32, local_files_only=True
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


@pytest.fixture(scope="module")
def asked() -> list[PromptRow]:
    return prompts(PER_KIND * len(KINDS), seed=31)


@pytest.fixture(scope="module")
def generated(pipeline: Any, asked: list[PromptRow]) -> NDArray[np.uint8]:
    """One picture per prompt, [n, 128, 128]."""
    return np.concatenate([generate(pipeline, asked[at : at + BATCH], at) for at in range(0, len(asked), BATCH)])


def generate(pipeline: Any, rows: list[PromptRow], first_seed: int) -> NDArray[np.uint8]:
    import torch

    generators = [torch.Generator().manual_seed(first_seed + number) for number in range(len(rows))]
    pictures = pipeline(
        [row.prompt for row in rows],
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=generators,
        output_type="np",
    ).images
    return (pictures.mean(-1) * 255).round().astype(np.uint8)


@pytest.fixture(scope="module")
def held_out() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Phantoms of seeds that no training drew, with their labels."""
    specs = [sample_spec(np.random.default_rng((991, number)), KINDS[number % 7], combine=0.0) for number in range(350)]
    pixels = np.stack([draw(spec, size=128, seed=10**9 + number).pixels for number, spec in enumerate(specs)])
    return pixels, np.array([[name in spec.labels for name in FINDINGS] for spec in specs])


def balanced_accuracy(classifier: Any, pixels: NDArray[np.uint8], labels: NDArray[np.bool_]) -> dict[str, float]:
    """Mean of sensitivity and specificity per finding, at the classifier's own operating points."""
    called = np.concatenate([part.probabilities for part in classifier.extract(pixels)]) >= np.array(
        classifier.thresholds
    )
    assert classifier.classes == FINDINGS
    return {
        name: float(0.5 * (called[labels[:, at], at].mean() + (~called[~labels[:, at], at]).mean()))
        for at, name in enumerate(FINDINGS)
    }


def test_per_finding_the_classifier_does_as_well_on_generated_pictures_as_on_phantoms(
    classifier: Any, generated: NDArray[np.uint8], asked: list[PromptRow], held_out: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    on_phantoms = balanced_accuracy(classifier, *held_out)
    labels = np.array([[name in row.findings for name in FINDINGS] for row in asked])
    on_generated = balanced_accuracy(classifier, generated, labels)
    print({name: (round(on_phantoms[name], 3), round(on_generated[name], 3)) for name in FINDINGS})
    assert all(value > 0.75 for value in on_phantoms.values())
    assert {name: on_generated[name] for name in FINDINGS if on_generated[name] < on_phantoms[name] - ALLOWANCE} == {}


def test_fluid_and_gas_are_on_the_side_that_was_asked_for(generated: NDArray[np.uint8], asked: list[PromptRow]) -> None:
    """The patient's right is picture left: fluid makes its half brighter, gas darker."""
    right, left = generated[:, 40:100, 14:50].mean((1, 2)), generated[:, 40:100, 78:114].mean((1, 2))
    correct = []
    for at, row in enumerate(asked):
        if row.findings[0] in ("Effusion", "Pneumothorax"):
            brighter = row.findings[0] == "Effusion"
            correct.append((right[at] > left[at]) == (("right" in row.prompt.lower()) == brighter))
    assert np.mean(correct) >= 0.8


def test_generated_pictures_of_one_prompt_differ(pipeline: Any) -> None:
    rows = prompts(1, seed=3) * 3
    pictures = generate(pipeline, rows, 500).astype(float)
    assert min(np.abs(pictures[a] - pictures[b]).mean() for a, b in ((0, 1), (0, 2), (1, 2))) > 3


def test_the_folder_is_small_and_complete_and_holds_half_precision() -> None:
    from safetensors import safe_open

    files = [path for path in DEMO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 16_000_000
    index = json.loads((DEMO / "checkpoint/model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline" and index["requires_safety_checker"] is False
    assert {name for name in ("vae", "text_encoder", "tokenizer", "unet", "scheduler") if index.get(name)} == {
        "vae", "text_encoder", "tokenizer", "unet", "scheduler",
    }  # fmt: skip
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".txt", ".md"}
    for path in (DEMO / "checkpoint").rglob("*.safetensors"):
        with safe_open(path, "np") as tensors:
            assert {str(tensors.get_slice(name).get_dtype()) for name in tensors.keys()} <= {"F16", "I64"}  # noqa: SIM118


def test_words_of_the_reports_are_single_tokens(pipeline: Any) -> None:
    words = "large right pleural effusion pneumothorax nodule mass consolidation cardiomegaly"
    assert len(pipeline.tokenizer.tokenize(words)) == len(words.split())
    assert pipeline.tokenizer("a word nobody taught: Hörsaal").input_ids[-1] == pipeline.tokenizer.eos_token_id
