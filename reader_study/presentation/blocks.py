"""Sections, tables and cells: what a page and a report are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """An estimate with its interval on an axis from `start` to `end`, and a reference on it."""

    value: float
    low: float | None
    high: float | None
    start: float
    end: float
    reference: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """text, with bounds beside it and a note beneath. badge: the look of a label ("" none). muted: there is no number."""

    text: str
    bounds: str = ""
    note: str = ""
    badge: str = ""
    muted: bool = False
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """header: a title a column; numeric: numbers of the columns that are set flush right. The first column names the row.

    folded: the words under which the page folds the table away; "" for one that stands open.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[int, ...] = ()
    folded: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether its intervals stand beneath the numbers, so that all columns are seen together."""
        return len(self.header) > 9


@dataclass(frozen=True, slots=True)
class Section:
    """slug: its address on the page. figures: names. notices: what must not be overlooked. beside: tables beside figures."""

    slug: str
    title: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notices: tuple[str, ...] = ()
    beside: bool = False
