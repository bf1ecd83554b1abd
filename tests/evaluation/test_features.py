"""Extractors: what comes out, what is refused, what a fingerprint stands for."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torchxrayvision as xrv
from safetensors.torch import load_file, save_file

from evaluation.features import (
    EXTRACTORS,
    HUB_WEIGHTS,
    ExtractorError,
    InputOutOfRange,
    MissingWeights,
    RefusedWeights,
    extract_folder,
    gather,
    image_files,
    open_extractor,
)
from evaluation.features.preprocessing import check_range, to_xrv_input
from images.pixels import encode_png

CONFIG = {
    "growth_rate": 4,
    "block_config": [2, 2],
    "num_init_features": 8,
    "num_classes": 2,
    "in_channels": 1,
    "pathologies": ["Effusion", "Nodule"],
    "input_size": 64,
    "op_threshs": [0.3, 0.7],
}


def images(count: int, shape: tuple[int, int] = (80, 64)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A classifier as the demonstration's: config.json and half-precision safetensors."""
    torch.manual_seed(0)
    network = xrv.models.DenseNet(
        weights=None, num_classes=2, growth_rate=4, block_config=(2, 2), num_init_features=8, in_channels=1
    )
    place = tmp_path / "classifier"
    place.mkdir()
    half = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    save_file(half, place / "model.safetensors")
    (place / "config.json").write_text(json.dumps(CONFIG))
    return place


def test_features_are_the_librarys_own_and_probabilities_come_in_the_same_pass(folder: Path) -> None:
    extractor = open_extractor("xrv-densenet", str(folder))
    made = gather(extractor, images(5))
    assert made.features.shape == (5, 16) and made.probabilities.shape == (5, 2)
    inputs = torch.stack([to_xrv_input(p, 64) for p in images(5)])
    with torch.inference_mode():
        expected = extractor.network.features2(inputs)
        logits = extractor.network(inputs)
    assert made.features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5)
    assert made.probabilities == pytest.approx(torch.sigmoid(logits).numpy(), rel=1e-5, abs=1e-6)
    assert extractor.classes == ("Effusion", "Nodule") and extractor.thresholds == (0.3, 0.7)
    assert extractor.preprocessing == "xrv64-v1"


def test_a_row_does_not_depend_on_its_batch() -> None:
    extractor = open_extractor("random-densenet")
    together = gather(extractor, images(19))
    alone = gather(extractor, images(19)[:1])
    assert together.features[:1] == pytest.approx(alone.features, rel=1e-4, abs=1e-4)


def test_a_fingerprint_changes_with_weights_and_preprocessing_only(folder: Path) -> None:
    first = open_extractor("xrv-densenet", str(folder)).fingerprint
    assert open_extractor("xrv-densenet", str(folder)).fingerprint == first
    (folder / "config.json").write_text(json.dumps({**CONFIG, "input_size": 96}))
    assert open_extractor("xrv-densenet", str(folder)).fingerprint != first
    assert len({open_extractor("random-densenet", str(seed)).fingerprint for seed in range(3)}) == 3


def test_preprocessing_is_what_its_name_says() -> None:
    pixels = np.zeros((100, 60), dtype=np.uint8)
    pixels[20:80] = 255
    inputs = to_xrv_input(pixels, 60)
    assert inputs.shape == (1, 60, 60) and float(inputs.min()) == float(inputs.max()) == 1024
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(ramp)[None, None] / 255, (224, 224), mode="bilinear", antialias=True
    )
    assert torch.allclose(to_xrv_input(ramp, 224), 2048 * expected[0] - 1024, atol=1e-3)
    twelve_bit = (np.tile(np.arange(256), (256, 1)) * 16).astype(np.uint16)
    assert float(to_xrv_input(twelve_bit, 224).max()) > 1000


@pytest.mark.parametrize("bad", [torch.full((1, 4, 4), 2000.0), torch.full((1, 4, 4), float("nan"))])
def test_a_wrong_range_is_an_error(bad: torch.Tensor) -> None:
    with pytest.raises(InputOutOfRange, match="expects values in"):
        check_range(bad)


def test_colour_and_float_images_are_errors() -> None:
    for pixels in (np.zeros((8, 8, 3), dtype=np.uint8), np.zeros((8, 8), dtype=np.float32)):
        with pytest.raises(InputOutOfRange, match="gray 8- or 16-bit"):
            to_xrv_input(pixels, 64)


def test_the_names_of_published_weights_are_the_librarys() -> None:
    urls = xrv.models.model_urls
    assert set(HUB_WEIGHTS) == {name for name in urls if name.startswith("densenet121-res224-")}


def test_missing_published_weights_say_what_is_missing_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingWeights) as error:
        open_extractor("xrv-densenet", "densenet121-res224-all")
    for words in ("seed0-best.pt is missing", ".torchxrayvision/models_data", "--download densenet121-res224-all"):
        assert words in str(error.value)


def test_pickles_are_refused_with_the_command_that_converts_them(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.pt")
    for weights in (folder, tmp_path / "best.pt"):
        with pytest.raises(RefusedWeights, match=r"pickle.*save_file"):
            open_extractor("xrv-densenet", str(weights))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "is not JSON"),
        ({k: v for k, v in CONFIG.items() if k != "pathologies"}, "lacks pathologies"),
        ({**CONFIG, "growth_rate": 10**6}, "sensible size"),
        ({**CONFIG, "block_config": "all"}, "sensible size"),
        ({**CONFIG, "in_channels": 3}, "sensible size"),
        ({**CONFIG, "op_threshs": [0.5]}, "one value for each of the 2"),
        ({**CONFIG, "growth_rate": 5}, "does not fit"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(folder: Path, config: object, words: str) -> None:
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    with pytest.raises(RefusedWeights, match=words):
        open_extractor("xrv-densenet", str(folder))


def test_truncated_weights_are_refused(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(RefusedWeights, match="damaged or does not fit"):
        open_extractor("xrv-densenet", str(folder))


def test_weights_that_overflowed_half_precision_are_refused(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    state["features.norm0.running_var"][0] = float("inf")
    save_file(state, folder / "model.safetensors")
    with pytest.raises(RefusedWeights, match=r"infinite.*norm0.running_var"):
        open_extractor("xrv-densenet", str(folder))


def test_unknown_names_and_missing_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match="Known: xrv-densenet"):
        open_extractor("alexnet")
    with pytest.raises(MissingWeights, match="no folder"):
        open_extractor("xrv-densenet", str(tmp_path / "nothing"))
    with pytest.raises(ExtractorError, match="whole number"):
        open_extractor("random-densenet", "seven")
    with pytest.raises(ExtractorError, match="no images"):
        gather(open_extractor("random-densenet"), [])


def test_every_extractor_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/extractors.md").read_text()
    assert [name for name in EXTRACTORS if f"`{name}`" not in text] == []


def test_a_folder_of_pictures_gives_its_rows_in_the_order_of_its_files(tmp_path: Path) -> None:
    for number, pixels in enumerate(images(3)):
        place = tmp_path / ("below" if number == 2 else ".")
        place.mkdir(exist_ok=True)
        (place / f"{3 - number}.png").write_bytes(encode_png(pixels))
    (tmp_path / "notes.txt").write_text("not a picture")
    extractor = open_extractor("random-densenet")
    made = extract_folder(tmp_path, extractor)
    assert [path.name for path in image_files(tmp_path)] == ["2.png", "3.png", "1.png"]
    second, first, third = (gather(extractor, [pixels]).features[0] for pixels in np.array(images(3))[[1, 0, 2]])
    assert made.features == pytest.approx(np.stack([second, first, third]), rel=1e-4, abs=1e-3)
    (tmp_path / "4.png").write_bytes(b"half a picture")
    with pytest.raises(ExtractorError, match="4.png cannot be read"):
        extract_folder(tmp_path, extractor)
    with pytest.raises(ExtractorError, match="no pictures in empty"):
        (tmp_path / "empty").mkdir()
        extract_folder(tmp_path / "empty", extractor)


def test_an_opened_extractor_says_what_it_does() -> None:
    extractor = open_extractor("random-densenet")
    assert extractor.input_size == 64 and "antialiased" in extractor.filter and "1024" in extractor.scaling
    assert extractor.precision == "float32" and extractor.engine == "torch" and extractor.how_to_get
    assert not extractor.reads_text


def test_the_page_of_extractors_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/extractors.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.png").write_bytes(encode_png(images(1)[0]))
    names: dict[str, object] = {}
    exec(code, names)
    assert names["extraction"].features.shape == (1, 32)
