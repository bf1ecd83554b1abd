"""Methods, columns and figures of an export are written down."""

from pathlib import Path

from reader_study.analysis.methods import METHODS
from reader_study.export.columns import AFTER, AUDIT, BEFORE, DESIGN
from reader_study.export.scores import CODE_COLUMNS, MRMCAOV_COLUMNS
from reader_study.export.wide import BY_READER_COLUMNS, WIDE_COLUMNS
from reader_study.figures import FIGURES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_method_is_explained() -> None:
    text = (DOCS / "statistics.md").read_text()
    assert [name for name in METHODS if f"| `{name}` |" not in text] == []
    assert all(method.text and method.citation and method.title for method in METHODS.values())


def test_every_column_and_figure_is_explained() -> None:
    text = (DOCS / "exports.md").read_text()
    tables = (BEFORE, AFTER, DESIGN, AUDIT, CODE_COLUMNS, MRMCAOV_COLUMNS, WIDE_COLUMNS, BY_READER_COLUMNS)
    assert [column.name for columns in tables for column in columns if f"`{column.name}`" not in text] == []
    assert [name for name in FIGURES if name not in text] == []
