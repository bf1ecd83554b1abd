"""Published files, with random weights in their place: torchxrayvision's other networks and the Inception of FID."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
import torchxrayvision as xrv
from cleanfid.resize import build_resizer
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.utils import create_feature_extractor

from evaluation.features import (
    ExtractorError,
    MissingWeights,
    RefusedWeights,
    extract_folder,
    gather,
    open_extractor,
)
from evaluation.features.inception import FILE, inception_path
from evaluation.features.options import split_options
from evaluation.features.preprocessing import to_roentgen_input, to_xrv_input
from evaluation.features.xrv_files import FILES, hub_path, weights_url
from evaluation.metrics import frechet_distance
from images.pixels import encode_png


def images(count: int, shape: tuple[int, int] = (80, 64)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(count)]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, with nothing in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path


def place_of(weights: str) -> Path:
    path = hub_path(weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_names_and_places_of_published_files_are_the_librarys(home: Path) -> None:
    urls = {**xrv.models.model_urls, **xrv.autoencoders.model_urls}
    assert set(FILES) == {name for name in urls if "-" in name}
    for weights, file in FILES.items():
        assert weights_url(weights).endswith("/" + file)
        assert hub_path(weights) == Path(xrv.utils.get_cache_dir()) / file


def test_a_published_densenet_is_the_librarys_with_its_operating_points(home: Path) -> None:
    torch.manual_seed(0)
    network = xrv.models.DenseNet(weights=None)
    torch.save(network, place_of("densenet121-res224-all"))
    extractor = open_extractor("xrv-densenet", "densenet121-res224-all")
    made = gather(extractor, images(1))
    inputs = torch.stack([to_xrv_input(p, 224) for p in images(1)])
    with torch.inference_mode():
        expected = extractor.network(inputs)
    assert made.features.shape == (1, 1024) and len(extractor.classes) == 18
    assert made.probabilities == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-6)
    published = open_extractor("xrv-densenet", "densenet121-res224-all+roentgen-xrv-v1")
    assert published.preprocessing == "roentgen-xrv-v1" and published.weights.endswith("-all+roentgen-xrv-v1")
    assert published.fingerprint != extractor.fingerprint
    assert np.abs(gather(published, images(1)).features - made.features).max() > 0


def test_roentgens_preprocessing_is_that_of_its_script() -> None:
    for shape in ((300, 300), (512, 400)):
        pixels = images(1, shape)[0]
        clean = build_resizer("clean")(np.repeat(pixels[:, :, None], 3, axis=2))
        colour = torch.from_numpy(clean.transpose(2, 0, 1))[None]
        gray = torchvision.transforms.functional.rgb_to_grayscale(colour)
        expected = torchvision.transforms.functional.resize(2048 * (gray / 255) - 1024, [224], antialias=False)
        assert torch.allclose(to_roentgen_input(pixels), expected[0], atol=2e-3)


def test_options_are_for_networks_that_have_them() -> None:
    assert split_options("a+b/c+bf16") == ("a+b/c", ("bf16",))
    assert split_options("all+roentgen-xrv-v1+bf16") == ("all", ("roentgen-xrv-v1", "bf16"))
    assert split_options("nothing+else") == ("nothing+else", ())
    with pytest.raises(ExtractorError, match="at 224 pixels only"):
        open_extractor("random-densenet", "+roentgen-xrv-v1")
    with pytest.raises(ExtractorError, match="precision"):
        open_extractor("random-densenet", precision="fp8")


def test_bf16_is_asked_for_and_named() -> None:
    full, half = open_extractor("random-densenet"), open_extractor("random-densenet", precision="bf16")
    assert (full.precision, half.precision, half.weights) == ("float32", "bf16", "0+bf16")
    assert half.fingerprint != full.fingerprint
    assert half.fingerprint == open_extractor("random-densenet", "0+bf16").fingerprint
    one, other = gather(full, images(9)), gather(half, images(9))
    assert other.features.dtype == np.float32
    assert 0 < np.abs(one.features - other.features).max() < 0.1 * one.features.max()


def test_a_resnet_gives_features_and_probabilities_of_the_librarys(home: Path) -> None:
    torch.manual_seed(0)
    network = torchvision.models.resnet50(num_classes=18, weights=None)
    network.conv1 = torch.nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    torch.save(network.state_dict(), place_of("resnet50-res512-all"))
    extractor = open_extractor("xrv-resnet")
    made = gather(extractor, images(1))
    inputs = torch.stack([to_xrv_input(p, 512) for p in images(1)])
    with torch.inference_mode():
        expected = extractor.network(inputs)
    assert made.features.shape == (1, 2048) and extractor.preprocessing == "xrv512-v1"
    assert made.probabilities == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-6)


def test_an_autoencoder_gives_the_mean_of_its_latents(home: Path) -> None:
    torch.manual_seed(0)
    torch.save(xrv.autoencoders.ResNetAE101().state_dict(), place_of("101-elastic"))
    extractor = open_extractor("xrv-autoencoder")
    made = gather(extractor, images(1))
    with torch.inference_mode():
        expected = extractor.network.encode(torch.stack([to_xrv_input(images(1)[0], 224)])).mean(dim=(2, 3))
    assert made.features == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5) and made.features.shape == (1, 512)


class Trap:
    """A pickle that would do something."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("opened",)


@pytest.mark.parametrize("name", ["xrv-resnet", "xrv-autoencoder"])
def test_files_that_hold_more_than_tensors_are_refused(
    name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = {"xrv-resnet": "resnet50-res512-all", "xrv-autoencoder": "101-elastic"}[name]
    place_of(weights).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(RefusedWeights, match="tensors only"):
        open_extractor(name)
    assert "opened" not in capsys.readouterr().out


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inception with random weights, as torch-fidelity's file has it."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("inception")
    empty = FeatureExtractorInceptionV3.__new__(FeatureExtractorInceptionV3)
    real_load, real_state = torch.load, FeatureExtractorInceptionV3.load_state_dict
    torch.load, FeatureExtractorInceptionV3.load_state_dict = lambda *a, **k: {}, lambda *a, **k: None  # type: ignore
    try:
        empty.__init__("random", ["2048"], feature_extractor_weights_path="random")  # type: ignore[misc]
    finally:
        torch.load, FeatureExtractorInceptionV3.load_state_dict = real_load, real_state  # type: ignore[method-assign]
    torch.save(empty.state_dict(), folder / "random-inception.pth")
    return folder / "random-inception.pth"


def test_inception_features_are_torch_fidelitys(inception_file: Path) -> None:
    extractor = open_extractor("inception", str(inception_file))
    mixed = [*images(2, (64, 64)), *images(1, (100, 70))]
    made = gather(extractor, mixed)
    peer = create_feature_extractor(
        "inception-v3-compat", ["2048"], cuda=False, feature_extractor_weights_path=str(inception_file)
    )
    for row, pixels in zip(made.features, mixed, strict=True):
        colour = torch.from_numpy(np.repeat(pixels[None, None], 3, axis=1))
        with torch.inference_mode():
            expected = peer(colour)[0][0]
        assert row == pytest.approx(expected.numpy(), rel=1e-4, abs=1e-5)
    assert made.features.shape == (3, 2048) and extractor.weights == "random-inception.pth"
    assert extractor.preprocessing == "inception-tf1-299-v1" and len(extractor.weights_digest) == 64


def test_missing_inception_says_where_its_file_goes(home: Path) -> None:
    with pytest.raises(MissingWeights, match=r"no weights-inception-2015.*torch-fidelity on GitHub.*hub/checkpoints"):
        open_extractor("inception")
    assert inception_path() == home / ".cache/torch/hub/checkpoints" / FILE


def test_a_damaged_inception_is_refused(home: Path, tmp_path: Path) -> None:
    path = inception_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half a file")
    with pytest.raises(RefusedWeights, match="SHA-256 begins with"):
        open_extractor("inception")
    other = tmp_path / "own.pth"
    other.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(RefusedWeights, match="not torch-fidelity's file"):
        open_extractor("inception", str(other))


@pytest.mark.parametrize("name", ["xrv-densenet", "xrv-resnet", "xrv-autoencoder"])
def test_missing_published_files_say_how_to_get_them(name: str, home: Path) -> None:
    with pytest.raises(MissingWeights, match=r"is missing from the folder ~/.torchxrayvision/models_data.*--download"):
        open_extractor(name)


def test_fid_of_two_folders_is_torch_fidelitys(inception_file: Path, tmp_path: Path) -> None:
    from torch_fidelity import calculate_metrics

    rng = np.random.default_rng(0)
    for name, low in (("synthetic", 0), ("real", 90)):
        (tmp_path / name).mkdir()
        for number in range(5):
            pixels = rng.integers(low, 256, (48, 48), dtype=np.uint8)
            (tmp_path / name / f"{number}.png").write_bytes(
                encode_png(np.kron(pixels[:8, :8], np.ones((6, 6), np.uint8)))
            )
    theirs = calculate_metrics(
        input1=str(tmp_path / "synthetic"),
        input2=str(tmp_path / "real"),
        fid=True,
        cuda=False,
        cache=False,
        verbose=False,
        feature_extractor_weights_path=str(inception_file),
    )
    extractor = open_extractor("inception", str(inception_file))
    synthetic, real = (extract_folder(tmp_path / name, extractor).features for name in ("synthetic", "real"))
    assert frechet_distance(synthetic, real) == pytest.approx(theirs["frechet_inception_distance"], rel=1e-4)
