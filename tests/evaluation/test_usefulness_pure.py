"""The recipe, the split and the comparison of trainings, without a database."""

import numpy as np
import pytest

from evaluation.usefulness.analysis import MIXED, REAL, SYNTHETIC, compare_trainings
from evaluation.usefulness.labels import (
    NothingToLearn,
    known_rows,
    label_matrix,
    shared_findings,
    split_patients,
)
from evaluation.usefulness.recipe import Labelled, Recipe, train_and_predict

SMALL = Recipe(side=32, steps=40, batch=16, growth=8, blocks=(2, 2), stem=8, rate=3e-3)


def squares(seed: int, n: int, told: bool = True) -> Labelled:
    """Noise; a bright square at the top for the first finding, at the bottom for the second."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(60, 120, size=(n, 32, 32), dtype=np.uint8)
    labels = rng.integers(0, 2, size=(n, 2)).astype(np.int8)
    for column, top in enumerate((4, 20)):
        rows = labels[:, column] == 1
        pixels[rows, top : top + 8, 12:20] += 90
    return Labelled(pixels, labels if told else rng.permutation(labels))


def test_a_difference_that_no_patient_moves_still_has_an_interval() -> None:
    """Two perfect trainings: leaving patients out changes nothing, which is no certainty about other patients."""
    labels = np.tile([[0], [1]], (20, 1)).astype(np.int8)
    perfect = labels.astype(np.float64)
    found = compare_trainings(
        {REAL: [perfect], SYNTHETIC: [perfect], MIXED: [1 - perfect]}, labels, [f"p{i}" for i in range(40)], ("top",), 0
    )
    same, opposite = (found["findings"][0]["differences"][arm] for arm in (SYNTHETIC, MIXED))
    assert same["low"] < -0.05 and same["high"] > 0.05 and same["value"] == 0 and same["p"] == 1
    assert opposite["value"] == -1 and opposite["high"] < -0.5


def test_training_learns_what_its_images_teach_and_nothing_else() -> None:
    test = squares(9, 200)
    groups = [f"p{i // 2}" for i in range(200)]
    real, made, wrong = squares(1, 200), squares(2, 200), squares(3, 200, told=False)
    arms = {REAL: [real], SYNTHETIC: [wrong], MIXED: [real, made]}
    predictions = {
        arm: [train_and_predict(sources, test.pixels, SMALL, seed) for seed in (0, 1)] for arm, sources in arms.items()
    }
    found = compare_trainings(predictions, test.labels, groups, ("top", "bottom"), 0)
    assert (found["n"], found["patients"]) == (200, 100)
    areas = found["macro"]["arms"]
    assert areas[REAL]["low"] > 0.85 and areas[MIXED]["low"] > 0.85 and areas[SYNTHETIC]["value"] < 0.75
    worse, same = (found["macro"]["differences"][arm] for arm in (SYNTHETIC, MIXED))
    assert worse["high"] < 0 and worse["p"] < 0.01 and abs(same["value"]) < 0.1
    for row in found["findings"]:
        assert row["positives"] + row["negatives"] == 200 and len(row["arms"][REAL]["repeats"]) == 2
        for estimate in (*row["arms"].values(), *row["differences"].values()):
            assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert areas[REAL]["value"] == pytest.approx(np.mean([r["arms"][REAL]["value"] for r in found["findings"]]))


def test_the_same_seed_gives_the_same_network_and_leaves_the_global_one_alone() -> None:
    import torch

    recipe = Recipe(side=32, steps=4, batch=8, growth=4, blocks=(2,), stem=8)
    test = squares(9, 20).pixels
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first, again, other = (train_and_predict([squares(1, 40)], test, recipe, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert first.shape == (20, 2) and (first >= 0).all() and (first <= 1).all()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_every_step_is_told_and_can_end_the_training() -> None:
    recipe = Recipe(side=32, steps=5, batch=4, growth=4, blocks=(2,), stem=8)
    steps: list[int] = []
    train_and_predict([squares(1, 10)], squares(2, 3).pixels, recipe, 0, steps.append)
    assert steps == list(range(5))

    def stop(step: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_and_predict([squares(1, 10)], squares(2, 3).pixels, recipe, 0, stop)


def test_patients_stay_on_one_side_whatever_the_order() -> None:
    groups = [f"p{i // 3}" for i in range(300)]
    mask = split_patients(groups, 0.3, 1)
    assert 0.28 <= mask.mean() <= 0.32
    assert not {g for g, m in zip(groups, mask) if m} & {g for g, m in zip(groups, mask) if not m}
    order = np.random.default_rng(0).permutation(300)
    assert (split_patients([groups[i] for i in order], 0.3, 1) == mask[order]).all()
    assert (split_patients(groups, 0.3, 2) != mask).any()


def test_findings_are_shared_in_one_spelling_and_counted() -> None:
    real = [["Effusion"]] * 20 + [["No Finding"]] * 20 + [["Mass"]] * 12
    made = [["Pleural Effusion"]] * 15 + [["normal"]] * 30 + [["Mass"]] * 3
    assert shared_findings({"real": real, "made": made}) == ("effusion",)
    assert label_matrix(made, ["effusion"])[:, 0].sum() == 15
    assert list(known_rows([["a"], [], ["b"]])) == [0, 2]
    with pytest.raises(NothingToLearn, match="mass: 12 of 52 in the real, 3 of 48 in the made"):
        shared_findings({"real": real, "made": made}, ["Mass"])
    with pytest.raises(NothingToLearn, match="no finding in common"):
        shared_findings({"real": real, "made": [["Hernia"]] * 50})


def test_paired_differences_hold_the_truth() -> None:
    """Two noisy readings of one truth, of equal worth: the true difference is 0."""
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        codes = np.arange(160) // 2
        truth = (codes % 2)[:, None]
        shared = rng.normal(size=(160, 1)) + rng.normal(size=81)[codes][:, None]
        arms = {arm: [truth + shared + rng.normal(size=(160, 1))] for arm in (REAL, SYNTHETIC)}
        found = compare_trainings(arms, truth, [f"p{c}" for c in codes], ("x",), 0)
        difference = found["findings"][0]["differences"][SYNTHETIC]
        inside += difference["low"] <= 0 <= difference["high"]
    assert 52 <= inside <= 60
