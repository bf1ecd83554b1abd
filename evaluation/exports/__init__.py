"""A score card as a file. A new format is a function and its entry here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.exports.model_index import to_model_index
from evaluation.exports.report import to_pdf
from evaluation.exports.tables import to_csv, to_json, to_markdown
from evaluation.models import Score, ScoreCard


@dataclass(frozen=True)
class Export:
    """``title``: in the menu; ``make``: the bytes of the file."""

    title: str
    extension: str
    content_type: str
    make: Callable[[ScoreCard, Sequence[Score]], bytes]


EXPORTS: dict[str, Export] = {
    "pdf": Export("PDF report", "pdf", "application/pdf", to_pdf),
    "csv": Export("CSV, one line a score", "csv", "text/csv; charset=utf-8", to_csv),
    "json": Export("JSON, everything", "json", "application/json", to_json),
    "markdown": Export("Markdown table", "md", "text/markdown; charset=utf-8", to_markdown),
    "model-index": Export("Hugging Face model-index", "yaml", "application/yaml", to_model_index),
}
