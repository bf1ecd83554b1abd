"""Answers about findings as columns of the analysis: what was seen, and whether it is there."""

from collections.abc import Iterable, Mapping

from reader_study.export.cells import Cell
from reader_study.models import CaseKey, Study
from reader_study.questions import FINDING, finding_slug

Row = Mapping[str, Cell]
NOT_KNOWN = float("nan")


def findings_left_open(study: Study) -> dict[str, str]:
    """By case code, the findings that its source left open, separated by |. For unsealed studies only."""
    if study.is_imported:
        key = (study.revealed_key or {})["key"]
        return {code: "|".join(case["left_open"]) for code, case in key.items() if case["left_open"]}
    told = CaseKey.objects.filter(case__study=study).values_list("case__code", "item__uncertain")
    return {code: "|".join(names) for code, names in told if names}


def finding_columns(rows: list[Row] | list[dict[str, Cell]]) -> dict[str, list[float]]:
    """The columns "seen:NAME" and "correct:NAME" of every finding that some row has an answer for; NaN = not known."""
    slugs = sorted(
        {name for row in rows for name, value in row.items() if name.startswith(FINDING) and value is not None}
    )
    names = _names(rows)
    columns: dict[str, list[float]] = {}
    for slug in slugs:
        name = names.get(slug, slug.removeprefix(FINDING).replace("_", " ").capitalize())
        columns[f"seen:{name}"] = [_answer(row, slug) for row in rows]
        columns[f"correct:{name}"] = [_right(row, slug) for row in rows]
    return columns


def _names(rows: Iterable[Row]) -> dict[str, str]:
    """Findings as the cases' sources spell them, by slug."""
    told = {str(row[column]) for row in rows for column in ("findings", "findings_open") if row.get(column)}
    return {finding_slug(name): name for names in sorted(told) for name in names.split("|")}


def _answer(row: Row, slug: str) -> float:
    return NOT_KNOWN if row.get(slug) is None else float(str(row[slug]))


def _right(row: Row, slug: str) -> float:
    """1 or 0; not known where nobody said what the picture shows, or the finding was left open."""
    answer = _answer(row, slug)
    if answer != answer or not row.get("findings") or slug in _slugs(row.get("findings_open")):
        return NOT_KNOWN
    return float((slug in _slugs(row["findings"])) == (answer == 1.0))


def _slugs(names: Cell) -> set[str]:
    return {finding_slug(name) for name in str(names).split("|")} if names else set()
