"""What the report's template sets: plain text, tables and drawings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from accounts.numerals import number_text
from jobs.typesetting import svg_size
from reader_study.presentation import (
    Cell,
    Section,
    Table,
    appendix,
    methods_of,
    outcome_of,
    sections_of,
    verdict_sentences,
)
from reader_study.results.record import Record
from reader_study.results.selection import words_of

# Of the text, in points; and the size of a figure's letters relative to those on the screen.
TEXT_WIDTH, LARGEST, SMALLEST = 493.0, 0.76, 0.66


def report_content(document: Record, drawings: Mapping[str, bytes]) -> dict[str, Any]:
    """Everything that report.typ sets."""
    analysis, methods = document.analysis, methods_of(document)
    verdict = analysis.primary.verdict
    return {
        "title": document.provenance.title,
        "lede": _lede(analysis),
        "made": f"{'Imported' if document.provenance.is_imported else 'Unsealed'} {made_at(document).strftime('%-d %B %Y')}",
        "notices": _notices(document),
        "outcome": outcome_of(document),
        "verdict": verdict_sentences(document),
        "remark": verdict.remark,
        "warnings": list(analysis.warnings),
        "sections": [_section(section, document, drawings) for section in sections_of(document)],
        "deviations": document["deviations"],
        "design": methods.design,
        "methods": list(methods.paragraphs),
        "references": list(methods.references),
        "appendix": appendix(document),
        "provenance": _provenance(document),
    }


def made_at(document: Record) -> datetime:
    """When the study was unsealed: the report says nothing that is younger."""
    unsealed = document.provenance.unsealed_at
    return datetime.fromisoformat(unsealed) if unsealed else datetime(2000, 1, 1, tzinfo=UTC)


def _lede(analysis: Any) -> str:
    size = analysis.size
    readers = f"{size.n_readers} reader{'' if size.n_readers == 1 else 's'}"
    return f"{readers}, {size.n_real} real and {size.n_synthetic} synthetic images, {number_text(size.n_reads)} first readings"


def _notices(document: Record) -> list[str]:
    provenance, words = document.provenance, words_of(document.selection)
    found = []
    if words:
        found.append(f"Narrowed to {words}: an exploratory analysis, whose verdict does not stand for the study.")
    if provenance.n_simulated:
        found.append(
            f"The answers of {provenance.n_simulated} of {document.analysis.size.n_readers} readers were made by a program: "
            "they say nothing about the images."
        )
    if provenance.is_phantom:
        found.append("The images are drawn phantoms, not radiographs of people.")
    return found


def _section(section: Section, document: Record, drawings: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "title": section.title,
        "paragraphs": [*section.paragraphs, *section.notices],
        "beside": section.beside and len(section.figures) == 1 and len(section.tables) == 1,
        "figures": _figures(section, document, drawings),
        "tables": [_table(table) for table in section.tables],
    }


def _figures(section: Section, document: Record, drawings: Mapping[str, bytes]) -> list[list[dict[str, Any]]]:
    """Rows of figures: two stand side by side where their letters stay large enough."""
    made = [_figure(name, document, drawings[name].decode()) for name in section.figures]
    together = sum(one["width"] for one in made) + 10
    if len(made) == 2 and together * SMALLEST <= TEXT_WIDTH:
        scale = min(LARGEST, (TEXT_WIDTH - 10) / (together - 10))
        return [[one | {"width": one["width"] * scale} for one in made]]
    scale = SMALLEST if section.beside else LARGEST
    return [[one | {"width": min(one["width"] * scale, TEXT_WIDTH)}] for one in made]


def _figure(name: str, document: Record, svg: str) -> dict[str, Any]:
    shown = document.figures[name]
    return {"title": shown.title, "alt": shown.alt, "svg": svg, "width": svg_size(svg)[0]}


def _table(table: Table) -> dict[str, Any]:
    """Columns of bars are left out: beside a printed interval they say nothing more."""
    kept = [index for index in range(len(table.header)) if not any(row[index].bar for row in table.rows)]
    return {
        "caption": table.caption,
        "header": [table.header[index] for index in kept],
        "numeric": [index in table.numeric for index in kept],
        "rows": [[_cell(row[index]) for index in kept] for row in table.rows],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": cell.text, "bounds": cell.bounds, "note": cell.note, "muted": cell.muted}


def _provenance(document: Record) -> list[list[str]]:
    found, size = document.provenance, document.analysis.size
    checks = {True: "matches", False: "DOES NOT MATCH"}
    dates = (("locked", found.locked_at), ("closed", found.closed_at), ("unsealed", found.unsealed_at))
    days = ", ".join(f"{name} {_day(value)}" for name, value in dates if value)
    return [
        ["Study", found.study],
        ["Protocol, SHA-256", f"{found.protocol_hash} ({checks[found.protocol_matches]} the protocol)"],
        ["Key commitment", f"{found.key_commitment} ({checks[found.key_matches]} the key)"],
        ["Reads, SHA-256", f"{found.data_sha256} ({size.n_reads} first readings, {size.n_repeats} repeats)"],
        ["Dates", days],
        ["Software", ", ".join(f"{name} {version}" for name, version in sorted(found.software.items()))],
    ]


def _day(value: str) -> str:
    return datetime.fromisoformat(value).strftime("%-d %B %Y, %H:%M UTC")
