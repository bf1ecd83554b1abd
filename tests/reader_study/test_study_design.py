"""Selection and order: what is kept, whatever the numbers."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.design import Candidate, NotEnoughCases, pick, plan_deck, select_cases, shuffled
from reader_study.design.order import longest_run

sizes = st.integers(min_value=1, max_value=60)


def classes(real: int, synthetic: int) -> dict[str, str]:
    names = [f"C{number:03d}" for number in range(real + synthetic)]
    return {name: "real" if place < real else "synthetic" for place, name in enumerate(names)}


def candidates(prefix: str, *findings: tuple[str, int]) -> list[Candidate]:
    rows = [(finding, number) for finding, count in findings for number in range(count)]
    return [
        Candidate(f"{prefix}-{finding}-{number}", f"{prefix}-{number // 2}", (finding,) if finding else ())
        for finding, number in rows
    ]


@settings(max_examples=60, deadline=None)
@given(real=sizes, synthetic=sizes, seed=st.text(max_size=8))
def test_deck_shows_every_case_keeps_the_run_limit_and_the_lag(real: int, synthetic: int, seed: str) -> None:
    truth = classes(real, synthetic)
    deck = plan_deck(truth, seed=seed)
    shown = Counter(slot.code for slot in deck.slots)
    repeats = [(place, slot) for place, slot in enumerate(deck.slots) if slot.repeat_of is not None]
    assert set(shown) == set(truth) and max(shown.values()) <= 2
    assert longest_run([truth[slot.code] for slot in deck.slots]) <= deck.max_run
    assert all(deck.slots[slot.repeat_of].code == slot.code for _, slot in repeats)
    assert all(place - slot.repeat_of >= deck.min_lag for place, slot in repeats)


@pytest.mark.parametrize("cases, lag", [(200, 25), (60, 25), (50, 25), (30, 15), (4, 2)])
def test_a_share_of_the_cases_is_shown_again_as_late_as_the_deck_allows(cases: int, lag: int) -> None:
    deck = plan_deck(classes(cases // 2, cases - cases // 2), seed="s")
    assert deck.min_lag == lag
    assert sum(slot.is_repeat for slot in deck.slots) == int(0.15 * cases + 0.5)


def test_run_limit_is_four_unless_the_classes_are_too_unequal() -> None:
    assert plan_deck(classes(30, 30), seed="s").max_run == 4
    assert plan_deck(classes(30, 2), seed="s", repeats=0).max_run == 10


def test_calling_the_classes_by_other_names_does_not_change_the_order() -> None:
    truth = classes(30, 30)
    swapped = {code: "synthetic" if value == "real" else "real" for code, value in truth.items()}
    assert plan_deck(truth, seed="s") == plan_deck(swapped, seed="s")


def test_without_a_run_limit_the_classes_play_no_part_at_all() -> None:
    truth, other = classes(30, 30), {f"C{n:03d}": "real" if n % 7 else "synthetic" for n in range(60)}
    assert plan_deck(truth, seed="s", max_run=0).slots == plan_deck(other, seed="s", max_run=0).slots


def test_another_seed_gives_another_order_and_the_same_seed_the_same() -> None:
    truth = classes(30, 30)
    assert (
        plan_deck(truth, seed="a") == plan_deck(dict(reversed(truth.items())), seed="a") != plan_deck(truth, seed="b")
    )


def test_order_says_nothing_of_the_class_by_position() -> None:
    truth = classes(20, 20)
    early = Counter(
        truth[slot.code] for number in range(300) for slot in plan_deck(truth, seed=str(number), repeats=0).slots[:10]
    )
    assert abs(early["real"] / early.total() - 0.5) < 0.03


@pytest.mark.parametrize("bad", [{"repeats": 0.9}, {"min_lag": 0}, {"max_run": -1}])
def test_settings_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="share from 0 to 0.5"):
        plan_deck(classes(3, 3), seed="s", **bad)  # type: ignore[arg-type]


def test_permutation_is_the_documented_one() -> None:
    # Recomputed with: printf 's\norder\nC001' | sha256sum, and so on.
    import hashlib

    codes = ["C001", "C002", "C003", "C004"]
    digests = {code: hashlib.sha256(f"s\norder\n{code}".encode()).hexdigest() for code in codes}
    assert shuffled(codes, seed="s", purpose="order") == sorted(codes, key=digests.__getitem__)
    assert 0 <= pick(7, seed="s", purpose="gap", name="x") < 7


def test_matching_gives_both_sides_the_same_findings() -> None:
    real = candidates("r", ("Effusion", 20), ("Nodule", 40), ("Hernia", 5))
    synthetic = candidates("s", ("Effusion", 30), ("Nodule", 15), ("Fibrosis", 9))
    chosen = select_cases(real, synthetic, n_real=20, n_synthetic=20, match=True, seed="s")
    table = {row.findings: (row.real, row.synthetic) for row in chosen.strata}
    assert table == {"Effusion": (11, 11), "Nodule": (9, 9)} or table == {"Effusion": (12, 12), "Nodule": (8, 8)}
    assert chosen.unmatched == 0
    assert len(set(chosen.real)) == len(set(chosen.synthetic)) == 20


def test_what_cannot_be_matched_is_drawn_from_the_rest_and_counted() -> None:
    real = candidates("r", ("Effusion", 4), ("Hernia", 10))
    synthetic = candidates("s", ("Effusion", 10), ("Fibrosis", 10))
    chosen = select_cases(real, synthetic, n_real=8, n_synthetic=8, match=True, seed="s")
    effusions = next(row for row in chosen.strata if row.findings == "Effusion")
    assert effusions.real == 4 and effusions.synthetic >= 4
    assert chosen.unmatched == 8
    assert len(chosen.real) == len(chosen.synthetic) == 8


@settings(max_examples=60, deadline=None)
@given(a=st.integers(1, 30), b=st.integers(1, 30), n=st.integers(1, 30), m=st.integers(1, 30), match=st.booleans())
def test_as_many_cases_as_asked_or_a_refusal(a: int, b: int, n: int, m: int, match: bool) -> None:
    real, synthetic = candidates("r", ("Nodule", a), ("", b)), candidates("s", ("Nodule", b), ("", a))
    if max(n, m) > a + b:
        with pytest.raises(NotEnoughCases, match="has only"):
            select_cases(real, synthetic, n_real=n, n_synthetic=m, match=match, seed="s")
        return
    chosen = select_cases(real, synthetic, n_real=n, n_synthetic=m, match=match, seed="s")
    assert (len(set(chosen.real)), len(set(chosen.synthetic))) == (n, m)
    assert all(row.real <= row.real_available and row.synthetic <= row.synthetic_available for row in chosen.strata)


def test_no_patient_gives_a_second_picture_before_every_patient_gave_one() -> None:
    pool = [Candidate(f"{patient}-{n}", patient) for patient in "abcdef" for n in range(5)]
    chosen = select_cases(pool, pool, n_real=6, n_synthetic=12, match=False, seed="s")
    assert len({name[0] for name in chosen.real}) == 6
    assert set(Counter(name[0] for name in chosen.synthetic).values()) == {2}
