"""A picture is a function of checkpoint, prompt, seed and settings: of nothing else."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from generation.engine import (
    SCHEDULERS,
    BadRequest,
    CheckpointError,
    LoadedPipeline,
    Overrides,
    Request,
    Settings,
    describe_environment,
    fetch_checkpoint,
    generate_images,
    load_pipeline,
    truncated_prompts,
)
from generation.engine.errors import CheckpointUnavailable
from tests.generation.tiny import build_text_encoder, build_tokenizer, build_unet, build_vae

SETTINGS = Settings(steps=3, guidance=3.0, width=32, height=32)
REQUESTS = [Request(f"{side} effusion {n}.", seed=100 + n) for n, side in enumerate(["left", "right"] * 5)]


def pictures(loaded: LoadedPipeline, requests: list[Request], batch_size: int = 4, **changes: object) -> np.ndarray:
    settings = Settings(**{**SETTINGS.as_json(), **changes})
    return np.stack(list(generate_images(loaded, requests, settings, batch_size)))


@pytest.fixture(scope="module")
def expected(tiny_pipeline: LoadedPipeline) -> np.ndarray:
    """The ten pictures, each made alone."""
    return np.concatenate([pictures(tiny_pipeline, [request], 1) for request in REQUESTS])


def test_pictures_are_grey_eight_bit_and_differ(expected: np.ndarray) -> None:
    assert expected.shape == (10, 32, 32)
    assert expected.dtype == np.uint8
    assert len(np.unique(expected.reshape(10, -1), axis=0)) == 10


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 7, 8, 16])
def test_same_pixels_at_any_batch_size(tiny_pipeline: LoadedPipeline, expected: np.ndarray, batch_size: int) -> None:
    np.testing.assert_array_equal(pictures(tiny_pipeline, REQUESTS, batch_size), expected)


def test_same_pixels_in_any_company_and_order(tiny_pipeline: LoadedPipeline, expected: np.ndarray) -> None:
    random = np.random.default_rng(0)
    strangers = [Request("something else", seed=n, negative="noise") for n in range(7)]
    for _ in range(4):
        mixed = [*REQUESTS, *strangers]
        order = random.permutation(len(mixed))
        made = pictures(tiny_pipeline, [mixed[n] for n in order], 5)
        np.testing.assert_array_equal(made[np.argsort(order)][:10], expected)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_same_pixels_with_any_number_of_threads(
    tiny_pipeline: LoadedPipeline, expected: np.ndarray, threads: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        np.testing.assert_array_equal(pictures(tiny_pipeline, REQUESTS, 16), expected)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_same_pixels_from_another_process(tiny_checkpoint: Path, expected: np.ndarray, tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from generation.engine import load_pipeline; from tests.generation.test_generating import pictures, REQUESTS\n"
        "made = pictures(load_pipeline(Path(sys.argv[1]), 'cpu'), REQUESTS[3:6], 3); np.save(sys.argv[2], made)\n"
    )
    target = tmp_path / "made.npy"
    subprocess.run([sys.executable, "-c", script, str(tiny_checkpoint), str(target)], check=True, env=_environment())
    np.testing.assert_array_equal(np.load(target), expected[3:6])


def _environment() -> dict[str, str]:
    import os

    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": f"{root}:{root / 'platform'}", "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("scheduler", [name for name in SCHEDULERS if name])
def test_every_scheduler_keeps_the_promise(tiny_pipeline: LoadedPipeline, scheduler: str) -> None:
    together = pictures(tiny_pipeline, REQUESTS[:3], 4, scheduler=scheduler)
    np.testing.assert_array_equal(pictures(tiny_pipeline, REQUESTS[2:3], 1, scheduler=scheduler)[0], together[2])


def test_settings_prompt_seed_and_negative_matter(tiny_pipeline: LoadedPipeline) -> None:
    base = pictures(tiny_pipeline, [Request("a", 1)])
    for other in (
        pictures(tiny_pipeline, [Request("b", 1)]),
        pictures(tiny_pipeline, [Request("a", 2)]),
        pictures(tiny_pipeline, [Request("a", 1, negative="b")]),
        pictures(tiny_pipeline, [Request("a", 1)], guidance=1.0),
        pictures(tiny_pipeline, [Request("a", 1)], steps=4),
    ):
        assert (other != base).any()


def test_pictures_need_not_be_square(tiny_pipeline: LoadedPipeline) -> None:
    assert pictures(tiny_pipeline, REQUESTS[:1], width=48, height=24).shape == (1, 24, 48)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "Steps"),
        ({"guidance": -1.0}, "Guidance"),
        ({"width": 33}, "multiples of 8"),
        ({"height": 4096}, "at most"),
        ({"scheduler": "magic"}, "known: ddim"),
    ],
)
def test_settings_that_cannot_be_served(tiny_pipeline: LoadedPipeline, changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        pictures(tiny_pipeline, REQUESTS[:1], **changes)


def test_seed_and_batch_size_are_checked(tiny_pipeline: LoadedPipeline) -> None:
    with pytest.raises(BadRequest, match="seeds"):
        pictures(tiny_pipeline, [Request("a", -1)])
    with pytest.raises(BadRequest, match="batch size"):
        pictures(tiny_pipeline, REQUESTS[:1], 0)


def test_no_requests_no_pictures(tiny_pipeline: LoadedPipeline) -> None:
    assert list(generate_images(tiny_pipeline, [], SETTINGS)) == []


def test_a_tick_that_raises_stops_the_work(tiny_pipeline: LoadedPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Exception):
        pass

    def tick() -> None:
        raise Enough

    monkeypatch.setattr("generation.engine.generating.TICK_SECONDS", 0.01)
    endless = Settings(**{**SETTINGS.as_json(), "steps": 1000})
    with pytest.raises(Enough):
        list(generate_images(tiny_pipeline, REQUESTS, endless, tick=tick))


def test_environment_names_what_computed_it(tiny_pipeline: LoadedPipeline) -> None:
    facts = describe_environment(tiny_pipeline, SETTINGS)
    assert facts["torch"] == torch.__version__.split("+")[0]
    assert (facts["dtype"], facts["block"]) == ("float32", 8)


def test_prompts_that_are_too_long_are_named(tiny_pipeline: LoadedPipeline) -> None:
    assert truncated_prompts(tiny_pipeline, ["short", "long " * 30]) == ["long " * 30]


def test_overridden_parts_change_pictures(tiny_checkpoint: Path, expected: np.ndarray, tmp_path: Path) -> None:
    torch.manual_seed(7)
    build_vae().save_pretrained(tmp_path / "vae", safe_serialization=True)
    build_unet().save_pretrained(tmp_path / "unet", safe_serialization=True)
    text = tmp_path / "text"
    tokenizer = build_tokenizer(text / "tokenizer")
    tokenizer.save_pretrained(text / "tokenizer")
    build_text_encoder(len(tokenizer), width=48).save_pretrained(text / "text_encoder", safe_serialization=True)
    projection = tmp_path / "projection.safetensors"
    save_file({"weight": torch.randn(32, 48), "bias": torch.zeros(32)}, projection)
    for overrides in (
        Overrides(vae=tmp_path / "vae"),
        Overrides(unet=tmp_path / "unet"),
        Overrides(text_encoder=text, textual_projection=projection),
    ):
        loaded = load_pipeline(tiny_checkpoint, "cpu", overrides=overrides)
        assert (pictures(loaded, REQUESTS[:1]) != expected[:1]).any()


def test_a_new_token_is_learnt(tiny_checkpoint: Path, tmp_path: Path) -> None:
    token = tmp_path / "fibrosis.safetensors"
    save_file({"<fibrosis>": torch.full((1, 32), 3.0)}, token)
    loaded = load_pipeline(tiny_checkpoint, "cpu", overrides=Overrides(textual_embeddings=(token,)))
    with_token = pictures(loaded, [Request("<fibrosis>", 1)])
    assert (with_token != pictures(loaded, [Request("fibrosis", 1)])).any()


def test_parts_that_diffusers_cannot_load(checkpoint_copy: Callable[[], Path]) -> None:
    copy = checkpoint_copy()
    save_file({"conv_in.weight": torch.zeros(3, 3)}, copy / "unet" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(CheckpointError, match="cannot load"):
        load_pipeline(copy, "cpu")


def test_hub_checkpoint_that_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(CheckpointUnavailable, match=r"nobody/nothing.*hf download nobody/nothing --revision v1"):
        fetch_checkpoint("nobody/nothing", "v1", offline=True)
    with pytest.raises(CheckpointUnavailable, match="owner/name"):
        fetch_checkpoint("no such:id", offline=True)


def test_inspection_does_not_need_torch(tiny_checkpoint: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from generation.engine import inspect_checkpoint\n"
        "inspect_checkpoint(Path(sys.argv[1])); sys.exit('torch' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tiny_checkpoint)], check=True, env=_environment())
