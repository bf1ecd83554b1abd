"""ONNX Runtime takes over where it says the same as torch, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.features import gather, open_extractor
from evaluation.features.network import NetworkExtractor
from evaluation.features.onnx_engine import WORTH_IMAGES, OnnxEngine, cache_path
from tests.evaluation.weights_on_disk import save_clip, save_dinov2


def images(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (64, 64), dtype=np.uint8) for _ in range(count)]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "negatoscope" / "onnx"


def small(engine: OnnxEngine) -> NetworkExtractor:
    opened = open_extractor("random-densenet", "3")
    assert isinstance(opened, NetworkExtractor)
    return replace(opened, onnx=engine)


def test_it_takes_over_after_some_images_with_the_same_features(cache: Path) -> None:
    pictures = images(WORTH_IMAGES + 16)
    torch_only, both = small(OnnxEngine(enabled=False)), small(OnnxEngine())
    expected, made = gather(torch_only, pictures), gather(both, pictures)
    assert torch_only.engine == "torch" and both.engine.startswith("onnxruntime ")
    scale = np.abs(expected.features).max()
    assert np.abs(made.features - expected.features).max() <= 1e-6 * scale
    assert made.probabilities == pytest.approx(expected.probabilities, abs=1e-4)
    assert both.fingerprint == torch_only.fingerprint
    assert [path.name for path in cache.iterdir()] == [cache_path(both).name]


def test_few_images_are_not_worth_an_export(cache: Path) -> None:
    extractor = small(OnnxEngine())
    gather(extractor, images(WORTH_IMAGES))
    assert extractor.engine == "torch" and not cache.exists()


def test_the_export_is_made_once_and_a_damaged_one_again(cache: Path) -> None:
    pictures = images(WORTH_IMAGES + 8)
    first = small(OnnxEngine())
    gather(first, pictures)
    made = cache_path(first).stat().st_mtime_ns
    gather(small(OnnxEngine()), pictures)
    assert cache_path(first).stat().st_mtime_ns == made
    cache_path(first).write_bytes(b"damaged")
    again = small(OnnxEngine())
    gather(again, pictures)
    assert again.engine.startswith("onnxruntime ")


def test_an_export_that_differs_is_not_used(cache: Path) -> None:
    pictures = images(WORTH_IMAGES + 8)
    other = replace(small(OnnxEngine()), weights_digest="another")
    gather(other, pictures)
    extractor = small(OnnxEngine())
    cache_path(other).rename(cache_path(extractor))
    liar = replace(extractor, network=open_extractor("random-densenet", "4").network)  # type: ignore[attr-defined]
    made = gather(liar, pictures)
    assert liar.engine.startswith("torch (ONNX Runtime differed by ")
    assert made.features == pytest.approx(
        gather(open_extractor("random-densenet", "4"), pictures).features, rel=1e-4, abs=1e-3
    )


def test_a_network_that_cannot_be_exported_stays_with_torch(cache: Path) -> None:
    extractor = small(OnnxEngine())

    def unknown(network: object, inputs: object) -> tuple[object, None]:
        import torch

        return torch.linalg.eigh(inputs[:, 0] + inputs[:, 0].mT).eigenvalues, None

    odd = replace(extractor, forward=unknown, finish=None, weights_digest="odd")
    assert gather(odd, images(WORTH_IMAGES + 8)).features.shape[1] == 64
    assert odd.engine.startswith("torch (ONNX Runtime cannot run this network")


@pytest.mark.parametrize("name", ["dinov2", "clip"])
def test_transformers_go_through_it_too(name: str, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    {"dinov2": save_dinov2, "clip": save_clip}[name](folder)
    extractor = open_extractor(name, str(folder))
    assert isinstance(extractor, NetworkExtractor)
    pictures = images(WORTH_IMAGES + 8)
    made = gather(extractor, pictures)
    expected = gather(replace(extractor, onnx=OnnxEngine(enabled=False)), pictures)
    assert extractor.engine.startswith("onnxruntime "), extractor.engine
    assert np.abs(made.features - expected.features).max() <= 1e-6 * np.abs(expected.features).max()


def test_bf16_is_left_to_torch(cache: Path) -> None:
    extractor = open_extractor("random-densenet", precision="bf16")
    gather(extractor, images(WORTH_IMAGES + 8))
    assert extractor.engine == "torch"
