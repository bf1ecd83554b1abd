"""What the machine says beside what readers saw."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reader_study.analysis import RatingTable, plain
from reader_study.analysis.concordance.across import Checkpoint, across_checkpoints
from reader_study.analysis.concordance.clustered import clustered_auc, clustered_spearman
from reader_study.analysis.concordance.exact import exact_spearman
from reader_study.analysis.concordance.section import ALL, SYNTHETIC, MachineScore, concordance_section


def test_rho_is_spearmans_and_p_close_to_the_t_approximation() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    y = np.round(2 * (0.4 * x + rng.normal(size=300)))
    found = clustered_spearman(x, y, np.arange(300).astype(str))
    expected = stats.spearmanr(x, y)
    assert found.value == pytest.approx(expected.statistic, rel=1e-12)
    assert found.interval is not None
    # Bonett and Wright's closed form, for independent images.
    half = 1.96 * np.sqrt((1 + expected.statistic**2 / 2) / 297)
    assert np.arctanh(found.interval.low) == pytest.approx(np.arctanh(expected.statistic) - half, abs=0.02)
    assert (found.n, found.n_cases, found.df) == (300, 300, 299.0)


def test_clusters_widen_the_interval_by_what_they_share() -> None:
    rng = np.random.default_rng(5)
    patients = np.repeat(np.arange(60).astype(str), 5)
    shared = np.repeat(rng.normal(size=(60, 2)) @ np.array([[1.0, 0.5], [0.0, 0.9]]), 5, axis=0)
    x, y = (shared + 0.2 * rng.normal(size=(300, 2))).T
    apart, together = clustered_spearman(x, y, np.arange(300).astype(str)), clustered_spearman(x, y, patients)
    assert apart.value == together.value
    assert together.standard_error is not None
    assert apart.standard_error is not None
    assert together.standard_error > 1.7 * apart.standard_error


def test_coverage_of_rho_and_of_the_area_with_clusters() -> None:
    rng, held = np.random.default_rng(11), np.zeros(2)
    repeats, names = 200, np.repeat(np.arange(60).astype(str), 3)
    # Truth: of the same model with 400,000 clusters.
    truths = _truth(np.random.default_rng(1))
    for _ in range(repeats):
        x, y, yes = _clustered(rng, 60)
        found = clustered_spearman(x, y, names), clustered_auc(x, yes, names)
        held += [
            one.interval is not None and not one.interval.excludes(t) for one, t in zip(found, truths, strict=True)
        ]
    # A nominal 95 % interval holds in 179 or more of 200 with probability .9995.
    assert (held >= 179).all()


def _clustered(rng: np.random.Generator, clusters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shared = np.repeat(rng.normal(size=clusters), 3)
    x = shared + rng.normal(size=3 * clusters)
    y = 0.7 * shared + rng.normal(size=3 * clusters)
    return x, y, (y + rng.normal(size=y.size) > 0.3).astype(float)


def _truth(rng: np.random.Generator) -> tuple[float, float]:
    x, y, yes = _clustered(rng, 400_000)
    area = stats.mannwhitneyu(x[yes == 1], x[yes == 0]).statistic / (yes.sum() * (1 - yes).sum())
    return float(stats.spearmanr(x, y).statistic), float(area)


def test_an_area_without_clusters_has_delongs_variance() -> None:
    rng = np.random.default_rng(2)
    score, yes = rng.normal(size=80), (rng.random(80) < 0.4).astype(float)
    score += yes
    found = clustered_auc(score, yes, np.arange(80).astype(str))
    high, low = score[yes == 1], score[yes == 0]
    psi = np.heaviside(np.subtract.outer(high, low), 0.5)
    delong = psi.mean(axis=1).var(ddof=1) / high.size + psi.mean(axis=0).var(ddof=1) / low.size
    assert found.value == pytest.approx(psi.mean(), rel=1e-12)
    assert found.standard_error is not None
    assert found.standard_error**2 == pytest.approx(delong, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_and_monotone_scales_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y, names = rng.normal(size=30), rng.integers(0, 4, 30).astype(float), rng.integers(0, 12, 30).astype(str)
    order = rng.permutation(30)
    plain_one, moved = clustered_spearman(x, y, names), clustered_spearman(np.exp(x)[order], 3 * y[order], names[order])
    assert moved.value == pytest.approx(plain_one.value, abs=1e-12)
    assert moved.standard_error == pytest.approx(plain_one.standard_error, abs=1e-9)


def test_what_cannot_be_said_is_not() -> None:
    names = np.arange(20).astype(str)
    line = np.arange(20.0)
    assert clustered_spearman(line, np.ones(20), names).value is None
    assert clustered_spearman(line[:3], line[:3], names[:3]).value is None
    same = clustered_spearman(line, line, names)
    assert (same.value, same.interval) == (pytest.approx(1.0), None)
    assert clustered_auc(line, (line > 9).astype(float), names).interval is None
    assert clustered_auc(line, np.ones(20), names).value is None
    assert clustered_spearman(np.full(20, np.nan), line, names).n == 0


def test_p_over_checkpoints_counts_every_order() -> None:
    x, y = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 3, 4, 5])
    found = exact_spearman(x, y)
    # R 4.2.2 cor.test(1:5, c(2,1,3,4,5), method = "spearman"): rho 0.9, p-value = 0.08333
    assert found.value == pytest.approx(0.9)
    assert found.p_value == pytest.approx(10 / 120)
    perfect = exact_spearman(x, x)
    assert (perfect.p_value, perfect.interval) == (pytest.approx(2 / 120), None)
    assert exact_spearman(x[:3], y[:3]).value is None


def _study() -> tuple[RatingTable, MachineScore, MachineScore]:
    rng = np.random.default_rng(8)
    truth = np.repeat([0, 1], 20)
    quality = rng.normal(size=40)
    reader, case, rating, realism, seen = [], [], [], [], []
    for r in range(4):
        for c in range(40):
            reader.append(f"R{r}")
            case.append(f"C{c:02d}")
            rating.append(float(np.clip(round(3.5 - quality[c] + truth[c] + rng.normal(0, 0.5)), 1, 6)))
            realism.append(float(np.clip(round(3 + quality[c]), 1, 5)))
            seen.append(float(c % 3 == 0))
    calls = [float(value >= 4) for value in rating]
    table = RatingTable.build(
        reader=reader, case=case, truth=[int(truth[int(c[1:])]) for c in case], rating=rating, call=calls,
        extra={"realism": realism, "seen:Effusion": seen},
    )  # fmt: skip
    distance = MachineScore("distance", "Distance", {f"C{c:02d}": -quality[c] for c in range(40)})
    chance = MachineScore(
        "p", "P(Effusion)", {f"C{c:02d}": 0.9 if c % 3 == 0 else 0.1 + c / 100 for c in range(40)}, "Effusion"
    )
    return table, distance, chance


def test_the_table_says_what_goes_with_what() -> None:
    table, distance, chance = _study()
    found = concordance_section(table, [distance, chance])
    rows = {(row.score, row.asked, row.images): row for row in found.rows}
    realism = rows["distance", "realism", SYNTHETIC]
    assert realism.rho.value is not None
    assert realism.rho.value < -0.85
    assert realism.auc is None
    assert (realism.rho.n, realism.rho.n_readers) == (20, 4)
    saw = rows["p", "saw Effusion", ALL]
    assert saw.auc is not None
    assert saw.auc.value == 1.0
    assert ("p", "called synthetic", ALL) not in rows
    assert all(row.p_adjusted is None or row.p_adjusted >= (row.rho.p_value or 0) for row in found.rows)
    strengths = [abs(row.rho.value or 0) for row in found.rows]
    assert strengths == sorted(strengths, reverse=True)
    json.dumps(plain(found), allow_nan=False)


def test_without_scores_there_is_a_reason() -> None:
    table, *_ = _study()
    assert concordance_section(table, []).reason
    empty = concordance_section(table, [MachineScore("x", "X", {})])
    assert empty.rows == () and empty.reason


def test_what_is_known_of_synthetic_images_alone_is_not_shown_twice() -> None:
    table, *_ = _study()
    made = np.unique(table.case[table.truth == 1]).tolist()
    found = concordance_section(table, [MachineScore("x", "X", {case: float(i) for i, case in enumerate(made)})])
    assert {row.images for row in found.rows} == {SYNTHETIC}


def test_across_checkpoints_the_metric_that_orders_as_readers_do_comes_first() -> None:
    rng = np.random.default_rng(4)
    areas = [0.9, 0.8, 0.7, 0.6, 0.55, 0.5]
    known = [
        Checkpoint(
            f"c{i}",
            {"fd": 100 * area**2, "noise": float(rng.normal())} | ({"rare": 1.0} if i < 2 else {}),
            {"AUC": area},
        )
        for i, area in enumerate(areas)
    ]
    found = across_checkpoints(known)
    assert [one.metric for one in found.predictions] == ["fd", "noise"]
    assert found.predictions[0].rho.value == pytest.approx(1.0)
    assert found.predictions[0].rho.p_value == pytest.approx(2 / 720)
    assert "needs 4" in across_checkpoints(known[:3]).reason
