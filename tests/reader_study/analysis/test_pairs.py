"""Two pictures side by side: accuracy over readers and pairs, and places on one scale."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reader_study.analysis import AnalysisError, plain
from reader_study.analysis.methods import METHODS
from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.analysis.pairs import PairTable, analyse_pairs
from reader_study.analysis.pairs.bradley_terry import BradleyTerry, Contests, bradley_terry, contests_of
from reader_study.analysis.pairs.forced_choice import forced_choice
from reader_study.analysis.pairs.reading import PairColumns, read_pairs

HEADER = PairColumns("reader", "pair", "left", "right", "chosen")


def comparisons(
    seed: int = 1, *, readers: int = 5, pairs: int = 60, skill: float = 0.8, ties: float = 0.1, side: float = 0.0
) -> PairTable:
    """Real beside genA or genB; genB is harder; `skill` and `side` in logits, readers and pairs differ."""
    rng = np.random.default_rng(seed)
    made_by = np.array(["genA", "genB"])[np.arange(pairs) % 2]
    real_left = rng.random(pairs) < 0.5
    hard = rng.normal(0, 0.5, pairs) + np.where(made_by == "genB", -0.6, 0.0)
    logits = skill + rng.normal(0, 0.3, (readers, 1)) + hard + side * np.where(real_left, 1, -1)
    right = (rng.random((readers, pairs)) < 1 / (1 + np.exp(-logits))).astype(float)
    right[rng.random((readers, pairs)) < ties] = 0.5
    chosen = np.where(real_left, right, 1 - right)
    reader, pair = (index.ravel() for index in np.indices(chosen.shape))
    return PairTable.build(
        reader=[f"R{index}" for index in reader],
        pair=[f"P{index:03d}" for index in pair],
        left=np.where(real_left, "real", made_by)[pair].tolist(),
        right=np.where(real_left, made_by, "real")[pair].tolist(),
        chosen=chosen.ravel(),
    )


def flipped(table: PairTable) -> PairTable:
    """The same comparisons with the sides exchanged."""
    return PairTable(table.reader, table.pair, table.right, table.left, 1 - table.chosen)


def contests(path: Path) -> Contests:
    with path.open(newline="") as file:
        rows = np.array(list(csv.reader(file))[1:])
    return Contests(rows[:, 0], rows[:, 1], rows[:, 2].astype(float), rows[:, 3].astype(float))


def check(found: BradleyTerry, expected: dict[str, Any], prefix: str) -> None:
    rows = {row["term"]: row for row in expected["coefficients"]}
    for ability in found.abilities:
        if ability.label != found.reference:
            row = rows[prefix + ability.label]
            assert ability.log_odds.value == pytest.approx(row["Estimate"], rel=1e-9)
            # R's glm leaves its standard errors one step behind its estimates.
            assert ability.log_odds.standard_error == pytest.approx(row["Std. Error"], rel=2e-6)
    assert found.deviance == pytest.approx(expected["deviance"], rel=1e-9)


@pytest.mark.real_data
def test_citations_of_journals(shared_data: Path) -> None:
    folder = shared_data / "reference-statistics"
    golden = json.loads((folder / "misc_expected.json").read_text())["results"]["bt_citations"]
    found = bradley_terry(contests(folder / "bt_citations.csv"), reference="Biometrika", side_effect=False)
    check(found, golden, "journal")
    assert found.df_residual == golden["df.residual"] == 3
    assert found.log_likelihood == pytest.approx(golden["logLik"], rel=1e-9)
    assert found.abilities[0].log_odds.value == 0.0 and found.abilities[0].beats_reference.value == 0.5


@pytest.mark.real_data
@pytest.mark.parametrize("home", [False, True])
def test_baseball_with_and_without_the_home_side(shared_data: Path, home: bool) -> None:
    folder = shared_data / "reference-statistics"
    golden = json.loads((folder / "misc_expected.json").read_text())["results"][
        "bt_baseball_home" if home else "bt_baseball"
    ]
    found = bradley_terry(contests(folder / "bt_baseball.csv"), reference="Baltimore", side_effect=home)
    check(found, golden, "team")
    assert (found.side is not None) == home
    if found.side is not None:
        row = next(row for row in golden["coefficients"] if row["term"] == "at.home")
        assert found.side.value == pytest.approx(row["Estimate"], rel=1e-9)
        assert found.side.p_value == pytest.approx(row["Pr(>|z|)"], rel=1e-5)


def test_citations_by_hand() -> None:
    """BradleyTerry2 1.1-2 on the citations between journals (Agresti 1990; Stigler 1994)."""
    rows = [("Biometrika", "Comm Statist", 730, 33), ("Biometrika", "JASA", 498, 320), ("Biometrika", "JRSS-B", 221, 284),
            ("Comm Statist", "JASA", 68, 813), ("Comm Statist", "JRSS-B", 17, 276), ("JASA", "JRSS-B", 142, 325)]  # fmt: skip
    left, right, wins, losses = (np.array(column) for column in zip(*rows, strict=True))
    found = bradley_terry(Contests(left, right, wins.astype(float), losses.astype(float)), side_effect=False)
    values = [ability.log_odds.value for ability in found.abilities]
    assert values == pytest.approx([0, -2.94907249684391, -0.479569769751992, 0.268954055819472], rel=1e-9)
    assert found.deviance == pytest.approx(4.29338396988906, rel=1e-9)


def test_accuracy_d_prime_and_verdict() -> None:
    table = comparisons()
    found = forced_choice(table, asked="real")
    right = np.where(table.left == "real", table.chosen, 1 - table.chosen)
    assert found.accuracy is not None and found.verdict is not None and found.accuracy.interval is not None
    assert found.accuracy.estimate == pytest.approx(right.mean())
    assert found.accuracy.method == "ustat_rrrc" and found.accuracy.n_readers == 5
    assert found.verdict.outcome is Outcome.DISTINGUISHABLE
    assert found.d_prime.value == pytest.approx(math.sqrt(2) * stats.norm.ppf(right.mean()))
    assert found.d_prime.interval is not None and found.d_prime.interval.low < found.d_prime.value
    assert found.n_ties == int((table.chosen == 0.5).sum())
    assert set(found.generators) == {"genA", "genB"}
    assert [row.reader for row in found.readers] == table.readers
    assert np.mean([row.accuracy.value for row in found.readers]) == pytest.approx(right.mean())
    wilson = found.readers[0].accuracy
    assert wilson.interval is not None and wilson.interval.low < wilson.value < wilson.interval.high


def test_what_was_asked_turns_the_answer_round() -> None:
    table = comparisons()
    real, synthetic = (forced_choice(table, asked=asked).accuracy for asked in ("real", "synthetic"))
    assert real is not None and synthetic is not None
    assert real.estimate == pytest.approx(1 - synthetic.estimate)
    assert real.standard_error == pytest.approx(synthetic.standard_error)
    first, second = (analyse_pairs(table, asked=asked).ranking.abilities for asked in ("real", "synthetic"))
    assert [a.log_odds.value for a in first] == pytest.approx([-a.log_odds.value for a in second], abs=1e-6)


def test_the_scale_and_its_probabilities() -> None:
    found = analyse_pairs(comparisons(pairs=200, ties=0.0), asked="real").ranking
    assert found.reference == "real" and found.side is not None
    places = {ability.label: ability for ability in found.abilities}
    assert places["genA"].log_odds.value < places["genB"].log_odds.value < 0 == places["real"].log_odds.value
    assert places["genA"].log_odds.method == "bradley_terry_clustered" and places["genA"].log_odds.df == 4
    odds, share = places["genB"].log_odds, places["genB"].beats_reference
    assert share.value == pytest.approx(1 / (1 + math.exp(-odds.value)))
    assert share.interval is not None and odds.interval is not None
    assert share.interval.low == pytest.approx(1 / (1 + math.exp(-odds.interval.low)))


def test_a_preference_for_a_side_is_seen() -> None:
    found = analyse_pairs(comparisons(side=1.2, pairs=120), asked="real")
    assert found.forced_choice.left.value > 0.6 and found.ranking.side is not None
    assert found.ranking.side.value == pytest.approx(1.2, abs=0.5)


def test_clusters_widen_the_intervals_of_like_minded_comparisons() -> None:
    table = comparisons(pairs=40)
    twice = PairTable.build(
        reader=[*table.reader, *(f"{name}b" for name in table.reader)],
        pair=[*table.pair, *table.pair],
        left=[*table.left, *table.left],
        right=[*table.right, *table.right],
        chosen=[*table.chosen, *table.chosen],
    )
    alone, clustered = (bradley_terry(contests_of(twice, clustered=flag), reference="real") for flag in (False, True))
    errors = [found.abilities[0].log_odds.standard_error for found in (alone, clustered)]
    assert errors[0] < errors[1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_sides_readers_and_doubled_pairs(seed: int) -> None:
    table = comparisons(seed, readers=3, pairs=20)
    first, second = (analyse_pairs(t, asked="real") for t in (table, flipped(table)))
    assert first.forced_choice.accuracy is not None and second.forced_choice.accuracy is not None
    assert first.forced_choice.accuracy.estimate == pytest.approx(second.forced_choice.accuracy.estimate)
    assert first.forced_choice.accuracy.standard_error == pytest.approx(second.forced_choice.accuracy.standard_error)
    if first.ranking.side is not None:
        assert first.ranking.side.value == pytest.approx(-second.ranking.side.value, abs=1e-6)
    doubled = PairTable.build(
        reader=[*table.reader, *table.reader],
        pair=[*table.pair, *(f"{name}'" for name in table.pair)],
        left=[*table.left, *table.left],
        right=[*table.right, *table.right],
        chosen=[*table.chosen, *table.chosen],
    )
    twice = analyse_pairs(doubled, asked="real")
    assert twice.forced_choice.accuracy.estimate == pytest.approx(first.forced_choice.accuracy.estimate)
    places = [[a.log_odds.value or 0.0 for a in found.ranking.abilities] for found in (first, twice)]
    assert places[0] == pytest.approx(places[1], abs=1e-6)


def test_everybody_always_right_is_exact_and_has_no_scale() -> None:
    table = PairTable.build(
        reader=["a", "b"] * 10,
        pair=[str(n // 2) for n in range(20)],
        left=["real"] * 20,
        right=["gen"] * 20,
        chosen=[1.0] * 20,
    )
    found = analyse_pairs(table, asked="real")
    assert found.forced_choice.accuracy is not None and found.forced_choice.accuracy.interval is not None
    assert found.forced_choice.accuracy.interval.low == pytest.approx(0.025 ** (1 / 10))
    assert found.forced_choice.d_prime.value == pytest.approx(math.sqrt(2) * stats.norm.ppf(1 - 1 / 40))
    assert "drawn in" in found.forced_choice.d_prime.warnings[0]
    assert "always win" in found.ranking.reason and found.ranking.abilities[0].log_odds.value is None
    json.dumps(plain(found), allow_nan=False)


def test_poor_data_have_answers() -> None:
    one = comparisons(readers=1)
    found = analyse_pairs(one)
    assert found.forced_choice.accuracy is not None and found.forced_choice.accuracy.method == "ustat_frrc"
    fixed_sides = comparisons()
    left = np.where(fixed_sides.left == "real", fixed_sides.chosen, 1 - fixed_sides.chosen)
    made_by = np.where(fixed_sides.left == "real", fixed_sides.right, fixed_sides.left)
    table = PairTable.build(
        reader=fixed_sides.reader.tolist(), pair=fixed_sides.pair.tolist(), left=["real"] * len(left),
        right=made_by.tolist(), chosen=left,
    )  # fmt: skip
    ranked = analyse_pairs(table, asked="real").ranking
    assert ranked.side is None and "not balanced" in ranked.warnings[0]
    silent = PairTable.build(reader=["a"], pair=["1"], left=["real"], right=["gen"], chosen=[math.nan])
    nothing = analyse_pairs(silent)
    assert nothing.forced_choice.accuracy is None and nothing.ranking.reason and nothing.forced_choice.reason
    among = PairTable.build(
        reader=["a", "b"] * 4,
        pair=[str(n // 2) for n in range(8)],
        left=["A"] * 8,
        right=["B"] * 8,
        chosen=[1, 1, 0, 0, 1, 0, 1, 0.5],
    )
    assert "no answered" in analyse_pairs(among).forced_choice.reason.lower()
    assert analyse_pairs(among, side_effect=False).ranking.abilities[1].log_odds.value is not None
    same = PairTable.build(reader=["a"], pair=["1"], left=["A"], right=["A"], chosen=[1])
    assert analyse_pairs(same).size.n_same == 1 and analyse_pairs(same).ranking.reason
    for outcome in (found, nothing):
        json.dumps(plain(outcome), allow_nan=False)


def test_contradictions_are_refused() -> None:
    good = {"reader": ["a"], "pair": ["1"], "left": ["x"], "right": ["y"], "chosen": [1]}
    for change, word in (
        ({"chosen": [2]}, "chosen must be"),
        ({"left": ["x", "y"]}, "one entry"),
        ({name: values * 2 for name, values in good.items()}, "two answers"),
    ):
        with pytest.raises(AnalysisError, match=word):
            PairTable.build(**{**good, **change})
    with pytest.raises(AnalysisError, match="no comparisons"):
        analyse_pairs(PairTable.build(reader=[], pair=[], left=[], right=[], chosen=[]))
    with pytest.raises(AnalysisError, match="among what was compared"):
        analyse_pairs(PairTable.build(**good), reference="z")
    with pytest.raises(AnalysisError, match="Unknown question"):
        analyse_pairs(PairTable.build(**good), asked="nicer")


def test_a_file_may_name_the_choice_in_several_ways() -> None:
    lines = ["reader,pair,left,right,chosen", "a,1,real,gen,real", "a,2,gen,real,RIGHT", "a,3,gen,real,Tie", "a,4,gen,real,",
             "a,5,gen,real,gen"]  # fmt: skip
    table = read_pairs(lines, HEADER)
    assert table.chosen.tolist()[:3] == [1, 0, 0.5] and math.isnan(table.chosen[3]) and table.chosen[4] == 1
    with pytest.raises(AnalysisError, match="Row 2: 'up'"):
        read_pairs(["reader,pair,left,right,chosen", "a,1,real,gen,up"], HEADER)
    with pytest.raises(AnalysisError, match="Row 3"):
        read_pairs([*lines[:2], "a,,real,gen,left"], HEADER)
    with pytest.raises(AnalysisError, match="no column 'pair'"):
        read_pairs(["reader,left,right,chosen"], HEADER)


def test_the_command_writes_the_whole_analysis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, source, out = comparisons(), tmp_path / "pairs.csv", tmp_path / "out.json"
    words = {1.0: "left", 0.0: "right", 0.5: "even"}
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["who", "pair", "left", "right", "chosen"])
        columns = (table.reader, table.pair, table.left, table.right, (words[c] for c in table.chosen.tolist()))
        writer.writerows(zip(*columns, strict=True))
    call_command("analyse_pairs", str(source), reader="who", tie="even", asked="real", json=out)
    document = json.loads(out.read_text())
    assert document["analysis"] == plain(analyse_pairs(table, asked="real"))
    assert "bradley_terry_clustered" in document["methods"] and set(document["methods"]) <= set(METHODS)
    assert "better than chance" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no column"):
        call_command("analyse_pairs", str(source), json=out)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("analyse_pairs", str(tmp_path / "absent.csv"), json=out)
