"""Phantoms show what their specification says, where it says so, and always the same."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from images.phantom import FINDINGS, NO_FINDING, Finding, PhantomSpec, draw, prompts, sample_spec, sentence
from images.phantom.outlines import draw_outline, outline_names, read_outline

SIZE = 128
SEEDS = (3, 11, 29)


def change(finding: Finding, seed: int) -> NDArray[np.float64]:
    """Grey levels that the finding adds to the same healthy patient, [SIZE, SIZE]."""
    ill = draw(PhantomSpec((finding,)), size=SIZE, seed=seed).pixels
    healthy = draw(PhantomSpec(), size=SIZE, seed=seed).pixels
    return ill.astype(float) - healthy


def half(picture: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """The patient's right is picture left."""
    return picture[:, : SIZE // 2] if side == "right" else picture[:, SIZE // 2 :]


def test_same_arguments_give_same_bytes_and_other_seeds_other_patients() -> None:
    spec = sample_spec(np.random.default_rng(1), "Effusion")
    first, again, other = (draw(spec, size=SIZE, seed=seed) for seed in (5, 5, 6))
    assert first.pixels.tobytes() == again.pixels.tobytes()
    assert first.sentence == again.sentence
    assert first.pixels.tobytes() != other.pixels.tobytes()


@pytest.mark.parametrize("size", [96, 128, 256, 512])
def test_any_size_shows_the_same_patient(size: int) -> None:
    phantom = draw(PhantomSpec(), size=size, seed=8)
    assert phantom.pixels.shape == (size, size) and phantom.pixels.dtype == np.uint8
    small = phantom.pixels.reshape(16, size // 16, 16, size // 16).mean((1, 3))
    reference = draw(PhantomSpec(), size=64, seed=8).pixels.reshape(16, 4, 16, 4).mean((1, 3))
    assert np.corrcoef(small.ravel(), reference.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("seed", SEEDS)
def test_lungs_are_dark_and_abdomen_and_mediastinum_bright(seed: int) -> None:
    pixels = draw(PhantomSpec(), size=SIZE, seed=seed).pixels.astype(float)
    right, left = pixels[50:62, 30:42].mean(), pixels[50:62, 86:98].mean()
    assert max(right, left) + 60 < pixels[70:82, 60:68].mean()
    assert max(right, left) + 60 < pixels[115:122, 50:78].mean()


def test_cardiothoracic_ratio_separates_cardiomegaly() -> None:
    for seed in range(12):
        assert draw(PhantomSpec((Finding("Cardiomegaly"),)), size=64, seed=seed).cardiothoracic_ratio > 0.55
        assert draw(PhantomSpec(), size=64, seed=seed).cardiothoracic_ratio < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_an_enlarged_heart_reaches_further_to_the_patients_left(seed: int) -> None:
    added = change(Finding("Cardiomegaly"), seed)
    assert half(added, "left")[60:95].clip(0).sum() > 1.3 * half(added, "right")[60:95].clip(0).sum()


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seed", SEEDS)
def test_effusion_whitens_its_side_and_grows_with_its_size(side: str, seed: int) -> None:
    added = [
        half(change(Finding("Effusion", side, size=size), seed), side).clip(0).sum()
        for size in ("small", "moderate", "large")
    ]
    assert 0 < added[0] < added[1] < added[2]
    other = {"right": "left", "left": "right"}[side]
    assert half(change(Finding("Effusion", side, size="moderate"), seed), other).clip(0).sum() < 0.1 * added[1]


@pytest.mark.parametrize("side", ["right", "left"])
def test_effusion_surface_rises_towards_the_chest_wall(side: str) -> None:
    added = half(change(Finding("Effusion", side, size="moderate"), 11), side)
    lung = added if side == "left" else added[:, ::-1]
    medial, lateral = (int(np.argmax(lung[:, column : column + 4].mean(1) > 25)) for column in (24, 35))
    assert lateral < medial


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seed", SEEDS)
def test_pneumothorax_darkens_its_side_and_draws_a_fine_line(side: str, seed: int) -> None:
    added = change(Finding("Pneumothorax", side, size="moderate"), seed)
    other = {"right": "left", "left": "right"}[side]
    gas = (-half(added, side)).clip(0)
    assert gas.sum() > 10 * (-half(added, other)).clip(0).sum() + 1000
    line = half(added, side) > 8
    assert 20 < line.sum() < 0.05 * SIZE**2


@pytest.mark.parametrize(
    ("name", "side", "place", "rows"),
    [
        ("Nodule", "right", "upper", (10, 70)),
        ("Nodule", "left", "lower", (50, 110)),
        ("Mass", "left", "upper", (5, 75)),
        ("Mass", "right", "mid", (30, 95)),
        ("Consolidation", "right", "upper", (5, 75)),
        ("Consolidation", "left", "lower", (50, 120)),
        ("Consolidation", "right", "middle", (40, 110)),
    ],
)
def test_a_focal_finding_lies_on_its_side_and_in_its_zone(
    name: str, side: str, place: str, rows: tuple[int, int]
) -> None:
    for seed in SEEDS:
        added = change(Finding(name, side, place=place), seed).clip(0)
        added[added < 12] = 0
        assert added.sum() > (250 if name == "Nodule" else 1500)
        assert half(added, side)[rows[0] : rows[1]].sum() > 0.95 * added.sum()


def test_masses_are_larger_than_nodules() -> None:
    area = {
        name: np.mean([(change(Finding(name, "right", place="mid"), s) > 15).sum() for s in SEEDS])
        for name in ("Nodule", "Mass")
    }
    assert area["Mass"] > 3 * area["Nodule"]


def test_labels_use_torchxrayvision_names_and_no_finding() -> None:
    both = PhantomSpec((Finding("Effusion", "right", size="small"), Finding("Effusion", "left", size="large")))
    assert both.labels == ("Effusion",)
    assert PhantomSpec().labels == (NO_FINDING,)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_sentence_names_the_finding_and_its_side(name: str) -> None:
    words = {"Cardiomegaly": ("cardiomegaly", "enlarged")}.get(name, (name.lower(),))
    for seed in range(10):
        spec = sample_spec(np.random.default_rng(seed), name, combine=0)
        text = sentence(spec, seed).lower()
        assert any(word in text for word in words)
        assert spec.findings[0].side in text


def test_sentences_are_worded_in_several_ways() -> None:
    spec = PhantomSpec((Finding("Effusion", "right", size="large"),))
    assert len({sentence(spec, seed) for seed in range(40)}) >= 6


def test_prompts_go_through_the_findings_in_turn() -> None:
    rows = prompts(14, seed=4)
    assert rows == prompts(14, seed=4)
    assert [row.findings[0] for row in rows[:7]] == [NO_FINDING, *FINDINGS]
    assert {row.sex for row in rows} == {"M", "F"}


def test_sampling_combines_findings_on_opposite_sides_only() -> None:
    specs = [sample_spec(np.random.default_rng(seed), "Effusion", combine=1.0) for seed in range(30)]
    assert all(len(spec.findings) == 2 for spec in specs)
    assert all(spec.findings[0].side != spec.findings[1].side for spec in specs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Fracture"},
        {"name": "Effusion", "side": "middle", "size": "small"},
        {"name": "Effusion", "side": "left"},
        {"name": "Nodule", "side": "left", "place": "lingula"},
        {"name": "Consolidation", "side": "left", "place": "middle"},
    ],
)
def test_an_impossible_finding_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=wrong["name"]):
        Finding(**wrong)


def test_an_impossible_patient_or_size_is_refused() -> None:
    with pytest.raises(ValueError, match="age"):
        PhantomSpec(age=0)
    with pytest.raises(ValueError, match="pixels"):
        draw(PhantomSpec(), size=8, seed=1)


def test_outlines_are_two_lungs_about_a_midline() -> None:
    outline = draw_outline(np.random.default_rng(2))
    columns = [np.nonzero(lung > 0)[1].mean() for lung in (outline.right, outline.left)]
    assert columns[0] < outline.right.shape[1] / 2 < columns[1]
    assert any(read_outline(name) is None for name in outline_names()[:12])


def test_drawing_needs_no_torch() -> None:
    code = "import sys; from images.phantom import *; draw(PhantomSpec(), size=64, seed=1); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
