"""E-values and confidence sequences: closed forms (scipy's betaln), and what holds for any study."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from reader_study.analysis import RatingTable
from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.plain import plain
from reader_study.analysis.sequential.deck import deck_log_e_path
from reader_study.analysis.sequential.eprocess import confidence_sequence, log_e_value
from reader_study.analysis.sequential.section import POINTS, sequential_section
from tests.reader_study.analysis.tables import rows, turing_test

PRIORS = {"uniform": (1.0, 1.0), "jeffreys": (0.5, 0.5), "beta10_10": (10.0, 10.0)}


@pytest.mark.parametrize(
    ("n", "k", "log_e", "low", "high"),
    [(50, 31, -0.32012581598528556, 0.40302413289331623, 0.8081531958547593),
     (1000, 520, -2.429422423733797, 0.4642607757996394, 0.5754084423324592)],
)  # fmt: skip
def test_published_values(n: int, k: int, log_e: float, low: float, high: float) -> None:
    assert float(log_e_value(np.float64(k), np.float64(n))) == pytest.approx(log_e, rel=1e-9)
    ends = confidence_sequence(np.float64(k), np.float64(n))
    assert [float(end) for end in ends] == pytest.approx([low, high], rel=1e-9)


@pytest.mark.real_data
def test_every_reference_value(shared_data: Path) -> None:
    folder = shared_data / "reference-statistics"
    golden = json.loads((folder / "sequential_expected.json").read_text())["results"]
    for entry in golden["beta_mixture_eprocess"]:
        n, k = np.float64(entry["n"]), np.float64(entry["k"])
        for name, (a, b) in PRIORS.items():
            assert float(log_e_value(k, n, a=a, b=b)) == pytest.approx(entry[name]["logE_vs_0_5"], rel=1e-9)
            ends = confidence_sequence(k, n, a=a, b=b)
            assert [float(end) for end in ends] == pytest.approx(entry[name]["cs95"], rel=1e-9)
    bits = np.array([float(row["correct"]) for row in rows(folder / "sequential_bits.csv")])
    path = log_e_value(np.cumsum(bits), np.arange(1, bits.size + 1))
    expected = golden["seq_logE_uniform_vs_0.5"]
    np.testing.assert_allclose(path[: len(expected)], expected, rtol=1e-9, atol=1e-12)


def test_the_path_of_a_study() -> None:
    table = turing_test()
    found = sequential_section(table, margin=0.1)
    first = table.primary()
    right = float((first.call == first.truth).mean())
    assert found.accuracy.value == pytest.approx(right)
    assert found.accuracy.n == 600
    assert found.path[-1].log_e == found.log_e
    assert found.path[0].read == 1
    assert [point.read for point in found.path] == list(range(1, 101))
    values = [math.exp(reader.log_e) for reader in found.readers]
    assert math.exp(found.log_e) == pytest.approx(sum(values) / 6)
    assert found.p_value == pytest.approx(min(1, math.exp(-found.highest_log_e)))
    assert found.equivalent_at is None
    plain(found)


def test_strong_readers_cross_and_guessing_ones_become_equivalent() -> None:
    rng = np.random.default_rng(0)

    def study(share: float, n: int) -> RatingTable:
        truth = np.tile([0, 1], n // 2)
        call = np.where(rng.random(n) < share, truth, 1 - truth)
        cases = [str(index) for index in range(n)]
        return RatingTable.build(reader=["a"] * n, case=cases, truth=list(truth), call=call, position=list(range(n)))

    strong = sequential_section(study(0.9, 60), margin=0.1)
    assert strong.crossed_at is not None
    assert strong.p_value < 0.05
    guessing = sequential_section(study(0.5, 4000), margin=0.1)
    assert guessing.crossed_at is None
    assert guessing.equivalent_at is not None
    assert len(guessing.path) == POINTS


def test_readers_who_ended_early_keep_their_evidence() -> None:
    table = turing_test().primary()
    short = table.where((table.reader != "reader1") | (table.position <= 30))
    found = sequential_section(short)
    own = next(reader for reader in found.readers if reader.reader == "reader1")
    assert own.accuracy.n < 35
    assert found.path[-1].read == 100


def test_order_of_rows_and_names_do_not_matter() -> None:
    table = turing_test().primary()
    mixed = table.where(np.ones(len(table), bool))
    order = np.random.default_rng(1).permutation(len(table))
    names = ("reader", "case", "arm", "source", "truth", "rating", "call", "seconds", "replicate", "position")
    mixed = replace(table, **{name: getattr(table, name)[order] for name in names}, extra={})
    assert plain(sequential_section(mixed)) == plain(sequential_section(table))


def test_swapping_the_classes_changes_nothing() -> None:
    table = turing_test()
    flipped = replace(table, truth=1 - table.truth, call=1 - table.call)
    assert sequential_section(flipped).log_e == sequential_section(table).log_e


@pytest.mark.parametrize("calls", [[], [np.nan, np.nan]])
def test_without_calls_nothing_is_said(calls: list[float]) -> None:
    n = len(calls)
    table = RatingTable.build(reader=["a"] * n, case=["x", "y"][:n], truth=[0, 1][:n], call=calls)
    found = sequential_section(table)
    assert found.log_e is None
    assert found.reason == "There are no calls."
    assert plain(found)["accuracy"]["value"] is None


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(AnalysisError):
        sequential_section(turing_test(), null=0.0)
    with pytest.raises(AnalysisError):
        confidence_sequence(np.float64(1), np.float64(2), alpha=1.0)


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([0.01, 0.05, 0.3]))
@settings(max_examples=60, deadline=None)
def test_the_sequence_is_where_the_evidence_is_weak(right: int, wrong: int, alpha: float) -> None:
    k, n = np.float64(right), np.float64(right + wrong)
    low, high = (float(end) for end in confidence_sequence(k, n, alpha=alpha))
    assert 0 <= low <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert float(log_e_value(k, n, end)) == pytest.approx(-math.log(alpha), abs=1e-8)
    if right + wrong:
        assert low <= right / (right + wrong) <= high


def test_the_mean_of_e_values_under_the_null_is_at_most_one() -> None:
    n = 12
    k = np.arange(n + 1, dtype=float)
    probability = special.comb(n, k) * 0.3**k * 0.7 ** (n - k)
    assert float(probability @ np.exp(log_e_value(k, np.float64(n), 0.3))) == pytest.approx(1.0)


def test_a_deck_gives_the_same_as_coins_when_it_is_endless() -> None:
    rng = np.random.default_rng(5)
    truth = np.tile([0, 1], 20_000)
    call = np.full(truth.size, np.nan)
    call[:40] = rng.integers(0, 2, 40)
    right = np.cumsum(call[:40] == truth[:40])
    coins = log_e_value(right, np.arange(1, 41))
    np.testing.assert_allclose(deck_log_e_path(truth, call)[:40], coins, atol=0.03)


def test_counting_the_deck_is_no_evidence() -> None:
    """The mean over all orders of a small deck is 1 whatever the strategy: here, to call the class with more left."""
    from itertools import permutations

    values = []
    for order in set(permutations([0, 0, 0, 1, 1])):
        truth = np.array(order)
        left = np.array([[(truth[at:] == 0).sum(), (truth[at:] == 1).sum()] for at in range(5)])
        call = (left[:, 1] > left[:, 0]).astype(float)
        values.append(math.exp(float(deck_log_e_path(truth, call)[-1])))
    assert np.mean(values) == pytest.approx(1.0, rel=1e-9)
