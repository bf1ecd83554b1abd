"""Arms and generators beside each other."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.record import Record

_EACH = ("Endpoint", "{what}", "Readers and cases random", "0 to 1", "p, chance", "Method")
_DIFFERENCES = ("Endpoint", "Difference", "Value", "p", "p, Holm", "Not worse by the margin")


def arms(document: Record) -> Section | None:
    """None where there is one arm."""
    found = document.analysis.arms
    compared = [one for one in (found.balanced_accuracy, found.auc) if one is not None]
    words = (
        "Every arm against chance, and the arms two by two. A positive difference: the first arm's readers tell more."
    )
    return _section("arms", "Arms compared", "Arm", words, compared, document) if len(found.arms) > 1 else None


def generators(document: Record) -> Section | None:
    """None where there is one generator, or where arms would be mixed."""
    found = document.analysis.generators
    if len(found.balanced_accuracy.sources) < 2:
        return None
    compared = [one for one in _of_generators(document) if one is not None]
    words = (
        "Every generator's images against the same real ones; the lower, the more realistic. The real reads enter both "
        "sides of a difference, and its interval knows it."
    )
    if not compared:
        words = found.balanced_accuracy.reason or found.auc.reason
    return _section("generators", "Generators compared", "Generator", words, compared, document)


def comparison_sentences(document: Record) -> list[str]:
    """One sentence for the arms and one for the generators, where there are several and they could be compared."""
    made = [
        _sentence("arm", document.analysis.arms.balanced_accuracy, document.analysis.arms.auc, document),
        _sentence("generator", *_of_generators(document), document),
    ]
    return [sentence for sentence in made if sentence]


def _of_generators(document: Record) -> tuple[Any, Any]:
    found = document.analysis.generators
    return found.balanced_accuracy.comparison, found.auc.comparison


def _sentence(what: str, calls: Any, ratings: Any, document: Record) -> str:
    """About the pair that differs most, on the first endpoint that has differences."""
    found = next((one for one in (calls, ratings) if one is not None and one.differences), None)
    if found is None:
        return ""
    one = max(found.differences, key=lambda difference: abs(difference.estimate))
    first, second = (one.first, one.second) if one.estimate >= 0 else (one.second, one.first)
    estimate = Record(one) if one.estimate >= 0 else _turned(one)
    level = 1 - document.analysis.settings.alpha
    size = cells.in_words(cells.estimate(estimate, factor=100.0, decimals=1, unit=cells.POINTS), level)
    adjusted = one.p_holm if one.p_holm is not None else one.p_value
    shown = adjusted is not None and adjusted < document.analysis.settings.alpha
    many = f", the largest of {len(found.differences)} differences (p by Holm)" if len(found.differences) > 1 else ""
    tail = f"{found.name} higher by {size}, {cells.p_equals(adjusted)}{many}."
    if what == "arm":
        start = f"Readers told synthetic from real images better in arm {first} than in arm {second}" if shown else (
            f"No difference between arms was shown: {first} against {second}")  # fmt: skip
    else:
        start = f"Images of {first} were easier to tell from real ones than those of {second}" if shown else (
            f"No difference between generators was shown: {first} against {second}")  # fmt: skip
    return f"{start}, {tail}" if not shown else f"{start}: {tail}"


def _turned(one: Any) -> Record:
    inside = one.interval
    interval = {**inside, "low": -inside.high, "high": -inside.low} if inside else None
    return Record({**one, "estimate": -one.estimate, "interval": interval})


def _section(slug: str, title: str, what: str, words: str, compared: list[Any], document: Record) -> Section:
    each = tuple(_arm(found, name, arm) for found in compared for name, arm in found.arms)
    pairs = tuple(_pair(found, one) for found in compared for one in found.differences)
    header = tuple(column.format(what=what) for column in _EACH)
    reasons = tuple(dict.fromkeys(found.reason for found in compared if found.reason))
    tests = " ".join(filter(None, (_overall(found) for found in compared)))
    tables: tuple[Table, ...] = (Table(f"Each {what.lower()} on its own.", header, each, (4,)),) if each else ()
    if pairs:
        caption = f"Differences between {what.lower()}s; of balanced accuracy in percentage points. {tests}".strip()
        width = len(_DIFFERENCES) if any(one.noninferiority for found in compared for one in found.differences) else 5
        tables += (Table(caption, _DIFFERENCES[:width], tuple(row[:width] for row in pairs), (3, 4)),)
    figures = (slug,) if slug in document.figures else ()
    return Section(slug, title, (words, *reasons), figures, tables)


def _arm(found: Any, name: str, arm: Any) -> tuple[Cell, ...]:
    show = cells.estimate if found.name == "AUC" else cells.share
    degrees = f", df {arm.df:.1f}" if arm.df else ""
    return (Cell(cells.first_upper(found.name)), Cell(name), show(arm), cells.bar(arm, 0, 1, arm.null),
            cells.p(arm.p_value), Cell(f"{cells.method_title(arm.method)}{degrees}", muted=True))  # fmt: skip


def _pair(found: Any, one: Any) -> tuple[Cell, ...]:
    show = cells.estimate if found.name == "AUC" else cells.points
    judged = one.noninferiority
    words = Cell("shown" if judged.shown else "not shown", note=cells.p_equals(judged.p_value)) if judged else Cell("")
    pair = Cell(f"{one.first} \N{MINUS SIGN} {one.second}")
    return (Cell(cells.first_upper(found.name)), pair, show(one), cells.p(one.p_value), cells.p(one.p_holm), words)


def _overall(found: Any) -> str:
    test = found.overall
    if test is None:
        return ""
    name = f"F({test.df1}, {test.df2:.1f})" if test.df2 is not None else f"chi-square({test.df1})"
    return f"All equal in {found.name}: {name} = {test.statistic:.2f}, {cells.p_equals(test.p_value)}."
