"""Reports have sections, and prompts have lengths: the parts by which alignment is broken down."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evaluation.metrics.result import BoolArray

_HEADING = re.compile(
    r"(?:^|[\n.;]\s*|\s)(findings|impression|indication|history|comparison|technique)\s*:", re.IGNORECASE
)
SECTIONS = ("findings", "impression")
LENGTHS = ("short", "medium", "long")


def report_sections(caption: str) -> dict[str, str]:
    """The text of every headed section ("Findings: ... Impression: ..."), by its name in lower case; {} without headings."""
    marks = list(_HEADING.finditer(caption))
    ends = [*(mark.start() for mark in marks[1:]), len(caption)]
    found = {mark.group(1).lower(): caption[mark.end() : end].strip(" \n.;") for mark, end in zip(marks, ends)}
    return {name: text for name, text in found.items() if text}


def words(caption: str) -> int:
    """Words as separated by white space."""
    return len(caption.split())


def caption_parts(captions: Sequence[str]) -> dict[str, BoolArray]:
    """Label of each part ("length=short", "section=impression") -> (n,) the rows in it.

    Lengths are thirds of the images by words, with cuts at word counts, so that equal captions fall together; sections are
    the rows whose caption has that section. A part that is empty, or everything, is left out.
    """
    counts = np.array([words(caption) for caption in captions])
    cuts = np.quantile(counts, [1 / 3, 2 / 3], method="inverted_cdf")
    third = np.searchsorted(cuts, counts, side="left")
    parts = {f"length={name}": third == i for i, name in enumerate(LENGTHS)}
    sections = [report_sections(caption) for caption in captions]
    parts |= {f"section={name}": np.array([name in s for s in sections], dtype=np.bool_) for name in SECTIONS}
    return {name: rows for name, rows in parts.items() if rows.any() and (not rows.all() or name.startswith("section"))}
