"""Arms and generators beside each other."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

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
    """About the clearest difference where one was shown, else about the largest, on the first endpoint that has any."""
    found = next((one for one in (calls, ratings) if one is not None and one.differences), None)
    if found is None:
        return ""
    alpha, among = document.analysis.settings.alpha, found.differences
    shown = [one for one in among if _p(one) < alpha]
    one = min(shown, key=_p) if shown else max(among, key=lambda difference: abs(difference.estimate))
    higher, lower = (one.first, one.second) if one.estimate >= 0 else (one.second, one.first)
    turned = one if one.estimate >= 0 else _turned(one)
    points = cells.estimate(turned, factor=100.0, decimals=1, unit=cells.POINTS)
    size = f"{found.name} higher by {cells.in_words(points, 1 - alpha)}, {_tail(one, len(shown), len(among))}."
    if not shown:
        return f"No difference in {found.name} between {what}s was shown: {higher} against {lower}, {size}"
    if what == "arm":
        return f"Readers told synthetic from real images better in arm {higher} than in arm {lower}: {size}"
    return f"Images of {higher} were easier to tell from real ones than those of {lower}: {size}"


def _p(one: Any) -> float:
    """The p-value that decides: Holm's where there is one."""
    p_value = one.p_holm if one.p_holm is not None else one.p_value
    return 1.0 if p_value is None else float(p_value)


def _tail(one: Any, shown: int, among: int) -> str:
    words = cells.p_equals(_p(one)) if one.p_value is not None else "without a test"
    if among == 1:
        return words
    rank = "largest of" if not shown else "only one shown of" if shown == 1 else f"clearest of {shown} shown among"
    return f"{words}, the {rank} {among} differences (p by Holm)"


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
    degrees = f", df\N{NO-BREAK SPACE}{arm.df:.1f}" if arm.df else ""
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
