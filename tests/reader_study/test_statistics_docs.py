"""Methods, columns and files of an export are written down."""

from pathlib import Path

from reader_study.analysis.methods import METHODS
from reader_study.bundle import _FILES
from reader_study.export.columns import AFTER, BEFORE
from reader_study.figures import FIGURES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_method_is_explained() -> None:
    text = (DOCS / "statistics.md").read_text()
    assert [name for name in METHODS if f"| `{name}` |" not in text] == []
    assert all(method.text and method.citation and method.title for method in METHODS.values())


def test_every_column_file_and_figure_is_explained() -> None:
    text = (DOCS / "exports.md").read_text()
    columns = [column.name for column in (*BEFORE, *AFTER)]
    assert [name for name in (*columns, *(name for name, _, _ in _FILES)) if f"`{name}`" not in text] == []
    assert [name for name in FIGURES if name not in text] == []
