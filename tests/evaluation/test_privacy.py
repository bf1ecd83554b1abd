"""Copies of training images are found, and nothing is found where there are none."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.features import gather, open_extractor
from evaluation.metrics import MetricError, Sample, measure
from evaluation.metrics.membership import attack, distances_by_block
from evaluation.metrics.near_duplicates import thumbnail_vector
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.privacy import median_interval, ratio_of_medians
from evaluation.metrics.result import Comparison, MetricResult, Settings
from evaluation.metrics.training import unseen_rows
from images.pixels import decode_image, square, to_unit

NAMES = (
    "nearest_training_distance",
    "copies",
    "authenticity",
    "membership_auroc",
    "reidentification",
    "near_duplicates",
)
D = 16


def draw(seed: int, n: int, per_group: int = 2, likeness: float = 0.98, name: str = "") -> Sample:
    """n images of patients with `per_group` images each that are `likeness` alike; pixels follow from the features."""
    rng = np.random.default_rng(seed)
    own, noise = rng.normal(size=(n, D)), rng.normal(size=(n, D))
    codes = np.arange(n) // per_group
    features = np.sqrt(likeness) * own[codes] + np.sqrt(1 - likeness) * noise
    label = name or str(seed)
    return of_features(features, tuple(f"{label}-{c:04d}" for c in codes), label)


def of_features(features: np.ndarray, groups: tuple[str, ...], label: str) -> Sample:
    waves = np.random.default_rng(77).random((D, 64, 64)).repeat(2, axis=1).repeat(2, axis=2)

    def load_pixels(index: int) -> np.ndarray:
        return np.clip(0.5 + 0.15 * np.tensordot(features[index], waves - 0.5, 1), 0, 1).astype(np.float32)

    digests = tuple(f"{label}{i:06d}".rjust(64, "0") for i in range(len(features)))
    return Sample(features, groups, load_pixels=load_pixels, digests=digests)


TRAINING, REFERENCE = draw(1, 400), draw(2, 300)


def privacy(synthetic: Sample, training: Sample = TRAINING, reference: Sample = REFERENCE) -> dict[str, MetricResult]:
    return {r.metric: r for r in measure(synthetic, reference, names=NAMES, training=training)}


@pytest.fixture(scope="module")
def independent() -> dict[str, MetricResult]:
    return privacy(draw(3, 200))


@pytest.fixture(scope="module")
def memorised() -> dict[str, MetricResult]:
    """An overfit generator: 50 of 200 images are training images with a little noise."""
    made = draw(3, 200)
    features = made.features.copy()
    features[:50] = TRAINING.features[:100:2] + 0.02 * np.random.default_rng(9).normal(size=(50, D))
    return privacy(of_features(features, made.groups, "made"))


def test_independent_images_show_nothing(independent: dict[str, MetricResult]) -> None:
    for name, result in independent.items():
        assert not result.refused, (name, result.refused)
        assert result.low <= result.value <= result.high and result.n == (700 if name == "membership_auroc" else 200)
        assert result.extra["against"] == "training set" and result.extra["training_images"] == 400
        assert result.baseline and result.baseline.low <= result.baseline.value <= result.baseline.high
    assert independent["copies"].value <= 0.02 and independent["near_duplicates"].value == 0
    assert independent["reidentification"].low <= 0.04
    assert independent["nearest_training_distance"].low < 1 < independent["nearest_training_distance"].high
    assert independent["membership_auroc"].low < 0.5 < independent["membership_auroc"].high
    real = independent["authenticity"].baseline
    assert real and independent["authenticity"].low < real.value <= independent["authenticity"].high


def test_planted_copies_are_found(memorised: dict[str, MetricResult]) -> None:
    for name in ("copies", "near_duplicates", "reidentification"):
        assert memorised[name].low <= 0.25 <= memorised[name].high and memorised[name].low > 0.1, name
        assert memorised[name].baseline and memorised[name].low > memorised[name].baseline.value
    assert memorised["membership_auroc"].low > 0.5
    assert memorised["nearest_training_distance"].value < 1
    assert memorised["authenticity"].high < memorised["authenticity"].baseline.low  # type: ignore[union-attr]


def test_the_membership_test_varies_with_prompts_and_with_what_was_not_tried() -> None:
    """Prompts of eight much alike tell less than as many single images; a part of the training set less than all of it."""
    made = draw(5, 160, per_group=8, likeness=0.9)
    single = Sample(made.features, tuple(map(str, range(160))))
    errors = [
        attack(sample, TRAINING, REFERENCE, tried, Settings()).extra["se"]
        for sample, tried in ((made, 1.0), (single, 1.0), (made, 0.5))
    ]
    assert errors[0] > 1.1 * errors[1] and errors[2] > errors[0]
    blocks = np.arange(160) % 7
    nearest = distances_by_block(TRAINING, made, blocks)
    assert nearest.shape == (400, 7)
    np.testing.assert_allclose(nearest.min(axis=1), nearest_to(TRAINING.features, made.features, 1)[1][:, 0], rtol=1e-6)


def test_copies_come_as_pairs_with_the_image_that_was_copied(memorised: dict[str, MetricResult]) -> None:
    copied = dict(zip([f"made{i:06d}".rjust(64, "0") for i in range(50)], TRAINING.digests[:100:2]))
    for name in ("copies", "near_duplicates"):
        pairs = memorised[name].extra["pairs"]
        assert len(pairs) == 24 and all(p["copy"] for p in pairs)
        # Both images of the patient are about as near: either is right.
        found = [TRAINING.groups[TRAINING.digests.index(p["training"])] for p in pairs]
        assert found == [TRAINING.groups[TRAINING.digests.index(copied[p["synthetic"]])] for p in pairs]
    ratios = memorised["copies"].extra["per_image"]
    assert len(ratios) == 200 and max(ratios[:50]) < min(ratios[50:])


def test_exact_copies_are_copies_even_of_repeated_training_images() -> None:
    twice = of_features(np.repeat(TRAINING.features[:200], 2, axis=0), tuple(f"p{i}" for i in range(400)), "twice")
    found = privacy(of_features(twice.features[:40], tuple(f"s{i}" for i in range(40)), "made"), twice)
    assert found["copies"].value == 1 and found["authenticity"].value == 0
    assert found["nearest_training_distance"].value == 0


def test_each_metric_is_refused_with_its_reason() -> None:
    made = draw(3, 60)
    assert all("Name the training set" in r.refused for r in measure(made, REFERENCE, names=NAMES))
    assert all("at least 20 training images" in r.refused for r in privacy(made, TRAINING.take(np.arange(10))).values())
    seen = privacy(made, TRAINING, TRAINING)
    assert all("0 are of patients outside the training set" in r.refused for r in seen.values())
    single = privacy(made, draw(1, 400, per_group=1))
    assert [name for name, r in single.items() if r.refused] == ["reidentification"]
    assert "several images of at least 5 patients" in single["reidentification"].refused
    blind = privacy(made, draw(1, 400, likeness=0.0))
    assert "does not tell patients apart" in blind["reidentification"].refused


def test_images_of_training_patients_are_no_yardstick() -> None:
    mixed = Sample(
        np.vstack([REFERENCE.features, TRAINING.features]),
        REFERENCE.groups + TRAINING.groups,
        digests=REFERENCE.digests + TRAINING.digests,
    )
    assert list(unseen_rows(mixed, TRAINING)) == list(range(300))
    found = measure(draw(3, 60), mixed, names=["copies"], training=TRAINING)[0]
    plain = measure(draw(3, 60), REFERENCE, names=["copies"], training=TRAINING)[0]
    assert (found.value, found.low, found.high) == (plain.value, plain.low, plain.high)
    assert found.extra["reference_images_of_training_patients"] == 400


def test_thumbnails_correlate_whatever_the_exposure() -> None:
    image = np.random.default_rng(0).random((256, 256)) * 0.5
    assert thumbnail_vector(image) @ thumbnail_vector(0.2 + 1.5 * image) == pytest.approx(1)
    assert not thumbnail_vector(np.full((64, 64), 0.3)).any()
    with pytest.raises(MetricError, match="too small"):
        thumbnail_vector(np.zeros((32, 32)))


def test_the_intervals_of_median_and_ratio_hold_the_truth() -> None:
    inside = {"median": 0, "ratio": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        codes = [np.arange(n) // 4 for n in (120, 80)]
        x, y = (np.exp(0.4 * (rng.normal(size=c.max() + 1)[c] + rng.normal(size=len(c)))) for c in codes)
        groups = [[f"g{i}" for i in c] for c in codes]
        _, low, high = median_interval(x, groups[0], 0.95)
        inside["median"] += low <= 1 <= high
        _, low, high = ratio_of_medians(x, groups[0], 1.5 * y, groups[1], 0.95)
        inside["ratio"] += low <= 1 / 1.5 <= high
    assert all(180 <= count <= 199 for count in inside.values()), inside


def test_a_comparison_without_training_cannot_be_split() -> None:
    from evaluation.metrics.training import split_sides

    with pytest.raises(MetricError, match="Name the training set"):
        split_sides(Comparison(REFERENCE, REFERENCE, Settings()))


@pytest.mark.real_data
def test_noisy_copies_of_real_radiographs_are_found_among_other_real_ones(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 training radiographs re-exposed, blurred and with noise, beside 20 of unseen patients: the 20 are found."""
    folder = shared_data / "nih-cxr14-sample"
    with (folder / "metadata.csv").open() as file:
        lines = sorted(csv.DictReader(file), key=lambda line: (line["patient"][::-1], line["path"]))
    pixels = [square(decode_image((folder / line["path"]).read_bytes()), 256) for line in lines]
    extractor, rng = open_extractor("random-densenet"), np.random.default_rng(0)
    cut = [
        next(i for i in range(at, len(lines)) if lines[i]["patient"] != lines[i - 1]["patient"]) for at in (140, 260)
    ]

    def noisy(image: np.ndarray) -> np.ndarray:
        changed = 12 + 0.9 * gaussian_filter(image.astype(float), 0.7) + rng.normal(0, 3, image.shape)
        return np.clip(changed, 0, 255).astype(np.uint8)

    def sample(images: list[np.ndarray], names: list[str], label: str) -> Sample:
        features = gather(extractor, images).features
        digests = tuple(f"{label}{i:05d}" for i in range(len(images)))
        return Sample(features, tuple(names), load_pixels=lambda i: to_unit(images[i]), digests=digests)

    patients = [line["patient"] for line in lines]
    training = sample(pixels[: cut[0]], patients[: cut[0]], "training")
    reference = sample(pixels[cut[0] : cut[1]], patients[cut[0] : cut[1]], "reference")
    others = pixels[cut[1] : cut[1] + 20]
    made = sample([*map(noisy, pixels[:20]), *others], [f"prompt-{i}" for i in range(20 + len(others))], "made")
    found = privacy(made, training, reference)
    assert found["near_duplicates"].value == pytest.approx(20 / made.n, abs=1.5 / made.n)
    pairs = found["near_duplicates"].extra["pairs"][:20]
    assert {(p["synthetic"], p["training"]) for p in pairs} == {(f"made{i:05d}", f"training{i:05d}") for i in range(20)}
    monkeypatch.setattr("evaluation.metrics.near_duplicates.SEARCHED", 30)
    narrow = privacy(made, training, reference)["near_duplicates"]
    assert narrow.extra["searched"] == "the 3 nearest in features" and narrow.extra["looked_at"] == 30
    # A network with random weights does not find them, but never more than there are.
    assert narrow.value <= found["near_duplicates"].value
