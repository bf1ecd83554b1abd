"""Vision transformers and image-text pairs: the library's own output, from folders that the library wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

from evaluation.features import MissingWeights, ReadsNoText, RefusedWeights, gather, open_extractor
from evaluation.features.channels import RAD_DINO, ChannelSpec, channel_preprocessing, spec_of_processor, to_channels
from tests.evaluation.weights_on_disk import (
    processor,
    save_clip,
    save_dinov2,
    save_dual_encoder,
    save_open_clip,
    save_processor,
    save_tokenizer,
)

CAPTIONS = ["large left pleural effusion", "no pneumothorax", "large " * 40]


def images(count: int, shape: tuple[int, int] = (50, 61)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]


def inputs_of(pixels: list[np.ndarray], config: dict[str, object]) -> torch.Tensor:
    """What transformers' own processor makes of the pictures, in colour as its users give them."""
    colour = [Image.fromarray(p).convert("RGB") for p in pixels]
    made = BitImageProcessorPil(**config)(colour, return_tensors="np")["pixel_values"]
    return torch.from_numpy(np.stack(made))


@pytest.mark.parametrize("shape", [(50, 61), (61, 50), (32, 32), (300, 200), (20, 25)])
def test_pictures_are_prepared_as_by_the_processor_of_transformers(shape: tuple[int, int]) -> None:
    config = processor(32, 28)
    spec = spec_of_processor(config, "folder")
    ours = torch.stack([to_channels(p, spec) for p in images(2, shape)])
    assert torch.allclose(ours, inputs_of(images(2, shape), config), atol=2e-6)


def test_a_dinov2_gives_its_class_token(tmp_path: Path) -> None:
    network = save_dinov2(tmp_path)
    extractor = open_extractor("dinov2", str(tmp_path))
    made = gather(extractor, images(9))
    with torch.inference_mode():
        expected = network(pixel_values=inputs_of(images(9), processor(32, 28))).pooler_output
    assert made.features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5)
    assert made.probabilities.shape == (9, 0) and extractor.classes == () and not extractor.reads_text
    assert extractor.input_size == 28 and "bicubic" in extractor.filter and "three equal" in extractor.scaling
    with pytest.raises(ReadsNoText, match="image-text"):
        extractor.embed_text(CAPTIONS)


def test_published_preprocessing_has_its_name_and_any_other_its_digest(tmp_path: Path) -> None:
    published = processor(518, 518, image_mean=[0.5307] * 3, image_std=[0.2583] * 3)
    assert channel_preprocessing(spec_of_processor(published, "rad-dino")).name == "rad-dino-518-v1"
    assert channel_preprocessing(RAD_DINO).name == "rad-dino-518-v1"
    save_dinov2(tmp_path)
    own = open_extractor("rad-dino", str(tmp_path))
    assert own.preprocessing.startswith("channels28-")
    save_processor(tmp_path, **processor(30, 28))
    assert open_extractor("rad-dino", str(tmp_path)).fingerprint != own.fingerprint


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (processor(32, 40), "a resize, a middle square"),
        (processor(32, 28, resample=5), "a resize, a middle square"),
        (processor(32, 28, image_std=[0.0] * 3), "a resize, a middle square"),
        (processor(32, 28, do_resize=False), "does not resize"),
        (processor(32, 28, size={"height": 3, "width": 4}), "does not resize"),
        (processor(32, 28, rescale_factor=1.0), "1/255"),
    ],
)
def test_preprocessing_of_another_kind_is_refused(config: dict[str, object], words: str) -> None:
    with pytest.raises(RefusedWeights, match=words):
        spec_of_processor(config, "folder")


def test_a_clip_gives_its_two_projections(tmp_path: Path) -> None:
    network = save_clip(tmp_path)
    tokenizer = save_tokenizer(tmp_path)
    extractor = open_extractor("clip", str(tmp_path))
    made, texts = gather(extractor, images(3)), extractor.embed_text(CAPTIONS)
    spec = ChannelSpec(32, 32, 3, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    pixels = torch.stack([to_channels(p, spec) for p in images(3)])
    tokens = tokenizer(CAPTIONS, padding=True, truncation=True, max_length=12, return_tensors="pt")
    with torch.inference_mode():
        expected = network.get_image_features(pixel_values=pixels).pooler_output
        said = network.get_text_features(tokens["input_ids"], tokens["attention_mask"]).pooler_output
    assert made.features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5)
    assert texts == pytest.approx(said.numpy(), rel=1e-5, abs=1e-5) and texts.dtype == np.float32
    assert extractor.reads_text and made.features.shape == texts.shape == (3, 8)
    assert extractor.embed_text(CAPTIONS[:1])[0] == pytest.approx(texts[0], rel=1e-4, abs=1e-5)
    assert extractor.embed_text([]).shape[0] == 0


def test_a_dual_encoder_gives_its_two_projections(tmp_path: Path) -> None:
    network = save_dual_encoder(tmp_path)
    extractor = open_extractor("dual-encoder", str(tmp_path))
    config = processor(36, 32, do_normalize=False)
    with torch.inference_mode():
        expected = network.get_image_features(pixel_values=inputs_of(images(2), config)).pooler_output
    assert gather(extractor, images(2)).features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5)
    assert extractor.embed_text(CAPTIONS).shape == (3, 8)


def test_an_open_clip_pair_gives_its_two_projections(tmp_path: Path) -> None:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    network = save_open_clip(tmp_path)
    extractor = open_extractor("open-clip", str(tmp_path))
    config = PreprocessCfg(size=32, mean=(0.48, 0.46, 0.41), std=(0.27, 0.26, 0.28))
    look = image_transform_v2(config, is_train=False)
    pixels = torch.stack([look(Image.fromarray(p)) for p in images(3)])
    with torch.inference_mode():
        expected, said = network.encode_image(pixels), network.encode_text(_tokens(tmp_path))
    assert gather(extractor, images(3)).features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5)
    assert extractor.embed_text(CAPTIONS) == pytest.approx(said.numpy(), rel=1e-5, abs=1e-5)


def _tokens(folder: Path) -> torch.Tensor:
    tokenizer = save_tokenizer(folder)
    return tokenizer(CAPTIONS, padding="max_length", truncation=True, max_length=12, return_tensors="pt")["input_ids"]


def test_an_open_clip_folder_without_its_text_encoder_says_what_it_lacks(tmp_path: Path) -> None:
    save_open_clip(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(MissingWeights, match=r"config.json of its text encoder.*owner/some-bert"):
        open_extractor("open-clip", str(tmp_path))
    (tmp_path / "open_clip_config.json").write_text("{}")
    with pytest.raises(RefusedWeights, match="no model_cfg"):
        open_extractor("open-clip", str(tmp_path))


@pytest.mark.parametrize("name", ["rad-dino", "dinov2", "clip", "open-clip"])
def test_missing_repositories_say_what_is_missing_and_how_to_get_it(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"not on this machine: \w+/.*hf download \w+/.*copy that folder"):
        open_extractor(name)


def test_pickles_other_networks_and_broken_weights_are_refused(tmp_path: Path) -> None:
    save_dinov2(tmp_path)
    with pytest.raises(RefusedWeights, match="says 'dinov2'; this extractor loads clip"):
        open_extractor("clip", str(tmp_path))
    weights = tmp_path / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RefusedWeights, match="damaged"):
        open_extractor("dinov2", str(tmp_path))
    weights.rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(RefusedWeights, match=r"pickle \(pytorch_model.bin\).*save_pretrained"):
        open_extractor("dinov2", str(tmp_path))
    (tmp_path / "pytorch_model.bin").unlink()
    with pytest.raises(MissingWeights, match="no file of weights"):
        open_extractor("dinov2", str(tmp_path))


def test_weights_that_do_not_fill_their_network_are_refused(tmp_path: Path) -> None:
    save_dinov2(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 2}))
    with pytest.raises(RefusedWeights, match="its weights lack"):
        open_extractor("dinov2", str(tmp_path))


def test_a_copied_folder_has_the_same_fingerprint(tmp_path: Path) -> None:
    import shutil

    save_clip(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / "README.md").write_text("another page")
    first, second = (open_extractor("clip", str(tmp_path / name)) for name in ("one", "two"))
    assert first.fingerprint == second.fingerprint and second.weights == "two"
