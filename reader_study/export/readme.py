"""The text that explains a bundle to someone who has nothing else."""

from collections.abc import Sequence

from reader_study.export.bundle import MANIFEST

_HOW = """
How to read it

- reads.csv has one row a read; codebook.csv explains every column. UTF-8, commas, CRLF line ends. A text cell that a
  spreadsheet would take for a formula (it begins with = + - @, a tab or an apostrophe) has one more apostrophe in front.
- Positive means synthetic everywhere: truth 1, call 1, and a high rating mean synthetic.
- Hidden repeats have is_repeat 1. They serve the agreement of readers with themselves; leave them out elsewhere.
- results.json holds every number of the results page with its method, degrees of freedom and counts. A value that the
  data do not allow is null, and the reason stands beside it. Degrees of freedom of null mean the normal distribution.
- reads.imrmc opens in iMRMC (R, version 2 or later): after the line BEGIN DATA: it has readerID, caseID, modalityID and
  score without a header; first readings only.
- protocol.json is what was locked before the first read. Its SHA-256 in canonical form is the protocol hash.
"""

_HOW_LATE = "- {manifest} lists the SHA-256 of every file.\n"


def readme(title: str, notes: Sequence[str], files: Sequence[tuple[str, str]]) -> str:
    """README.txt: title, notes (one line each, such as "Phantom images"), the files, and how to read them."""
    lines = [title, "=" * len(title), "", *notes, "", "Files", ""]
    lines += [f"- {name}: {description}" for name, description in files]
    return "\n".join(lines) + "\n" + _HOW + _HOW_LATE.format(manifest=MANIFEST)
