"""The report of a study on A4, made from the stored results: what one attaches to a submission."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from jobs.typesetting import typeset
from reader_study.report.content import made_at, report_content
from reader_study.results.record import Record

TEMPLATE = Path(__file__).with_name("report.typ")


def to_pdf(document: dict[str, Any], drawings: Mapping[str, bytes]) -> bytes:
    """The report as PDF; document: as `results_document` gives it; drawings: the SVG of every figure by name."""
    return _set(document, drawings, "pdf")[0]


def to_pages(document: dict[str, Any], drawings: Mapping[str, bytes]) -> list[bytes]:
    """The pages of the same report as PNG."""
    return _set(document, drawings, "png")


def _set(document: dict[str, Any], drawings: Mapping[str, bytes], kind: Literal["pdf", "png"]) -> list[bytes]:
    record = Record(document)
    timestamp = int(made_at(record).timestamp())
    return typeset(TEMPLATE, report_content(record, drawings), timestamp=timestamp, file_format=kind)


__all__ = ["to_pages", "to_pdf"]
