"""The text that explains a bundle to someone who has nothing else."""

from collections.abc import Sequence

from reader_study.export.bundle import MANIFEST

_TABLES = """
How to read it

- reads.csv has one row a read; codebook.csv explains every column of every table. UTF-8, commas, CRLF line ends. A text
  cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or an apostrophe) has one more
  apostrophe in front. reads.parquet has the same rows with types, and no apostrophes.
- Hidden repeats have is_repeat 1. They serve the agreement of readers with themselves; leave them out elsewhere. The
  wide tables and the files for other programs hold first readings only.
- wide/NAME.csv has one row a case and one column a reader (irr, irrCAC); wide/NAME_by_reader.csv has readers as rows
  (krippendorff).
"""

_UNBLINDED = """- Positive means synthetic everywhere: truth 1, call 1, and a high rating mean synthetic.
- results.json holds every number of the results page with its method, degrees of freedom and counts. A value that the
  data do not allow is null, and the reason stands beside it. Degrees of freedom of null mean the normal distribution.
- reads.imrmc opens in iMRMC (R, version 2 or later). RJafroc reads rjafroc.xlsx (newExcelFileFormat = TRUE) and
  rjafroc.imrmc; both number readers, cases and arms, and rjafroc_codes.csv says which number is which. mrmcaov.csv is
  for MRMCaov, and for anything else that takes one row a score. reanalyse.R does it all: Rscript reanalyse.R
- protocol.json is what was locked before the first read (or what was imported). Its SHA-256 in canonical form is the
  protocol hash.
"""

_BLINDED = """- This is a blinded export: nothing in it says which case is real, where a case comes from, or what it shows. The
  same study exported after unsealing has all of it, and the results.
- protocol.json is the part of the locked protocol that says nothing of the cases; the protocol hash and the commitment
  to the key are those of the whole.
"""

_LATER = "- {manifest} lists the SHA-256 of every file.\n"


def readme(
    title: str,
    notes: Sequence[str],
    files: Sequence[tuple[str, str]],
    *,
    left_out: Sequence[tuple[str, str]] = (),
    blinded: bool = False,
) -> str:
    """README.txt: title, notes (one line each, such as "Phantom images"), the files, those left out with the reason, and
    how to read them."""
    lines = [title, "=" * len(title), "", *notes, "", "Files", ""]
    lines += [f"- {name}: {description}" for name, description in files]
    if left_out:
        lines += ["", "Left out", ""] + [f"- {name}: {reason}" for name, reason in left_out]
    return "\n".join(lines) + "\n" + _TABLES + (_BLINDED if blinded else _UNBLINDED) + _LATER.format(manifest=MANIFEST)
