"""The two layouts that RJafroc reads: its dialect of `.imrmc`, and its Excel file in the new format.

Both number readers, cases and modalities with integers (`scores.number_codes`), and neither can say that a score is
missing: a case without a mark counts as rated lowest. So only fully crossed designs are written.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from reader_study.export.errors import ExportError
from reader_study.export.imrmc import BEGIN, TRUTH, split_imrmc
from reader_study.export.scores import Score, ScoreFile, number_codes, number_text

_TRUTH_READER = "-1"
_FP = ("ReaderID", "ModalityID", "CaseID", "FP_Rating")
_TP = ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating")
_TRUTH = ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm")
# RJafroc takes the sheets by the order of their names: FP, TP and TRUTH.
_SHEETS = {"FP": _FP, "TP": _TP, "TRUTH": _TRUTH}
_PARADIGM = ("ROC", "FCTRL")

Sheets = dict[str, list[tuple[Any, ...]]]


def write_rjafroc_imrmc(file: ScoreFile) -> Iterator[bytes]:
    """The dialect of `.imrmc`: counts required, integers only, truth reader -1.

    Raises ExportError as `ScoreFile.check_fully_crossed`.
    """
    file.check_fully_crossed()
    codes = number_codes(file)
    yield ("\n".join([*file.front(), BEGIN]) + "\n").encode()
    for case, truth in file.truth.items():
        yield f"{_TRUTH_READER},{codes.cases[case]},{TRUTH},{truth}\n".encode()
    for row in file.scores:
        who, what, how = codes.readers[row.reader], codes.cases[row.case], codes.modalities[row.modality]
        yield f"{who},{what},{how},{number_text(row.score)}\n".encode()


def read_rjafroc_imrmc(data: bytes) -> ScoreFile:
    """Read such a file back; the labels are its integers. Raises ExportError where it is not one."""
    title, rows = split_imrmc(data)
    truth = {case: int(score) for reader, case, _, score in rows if reader == _TRUTH_READER}
    scores = [Score(who, what, how, float(score)) for who, what, how, score in rows if who != _TRUTH_READER]
    return ScoreFile(title, truth, scores)


def write_rjafroc_excel(file: ScoreFile) -> Iterator[bytes]:
    """The Excel file (`newExcelFileFormat = TRUE`) with the sheets FP, TP and TRUTH.

    Raises ExportError as `ScoreFile.check_fully_crossed`.
    """
    import xlsxwriter

    sheets = rjafroc_sheets(file)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False}) as book:
        # Equal contents give equal bytes, so the file does not say when it was made.
        book.set_properties({"created": datetime(1980, 1, 1)})  # noqa: DTZ001
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    yield out.getvalue()


def rjafroc_sheets(file: ScoreFile) -> Sheets:
    """The rows of every sheet, header first."""
    file.check_fully_crossed()
    codes = number_codes(file)
    readers, modalities = (",".join(map(str, of.values())) for of in (codes.readers, codes.modalities))
    sheets: Sheets = {name: [header] for name, header in _SHEETS.items()}
    for number, (case, truth) in enumerate(file.truth.items()):
        paradigm = _PARADIGM[number] if number < len(_PARADIGM) else None
        sheets["TRUTH"].append((codes.cases[case], truth, 0, readers, modalities, paradigm))
    for row in file.scores:
        place = (str(codes.readers[row.reader]), str(codes.modalities[row.modality]), codes.cases[row.case])
        score = int(row.score) if float(row.score).is_integer() else float(row.score)
        sheets["TP" if file.truth[row.case] else "FP"].append((*place, *([1] if file.truth[row.case] else []), score))
    return sheets


def read_rjafroc_excel(data: bytes) -> ScoreFile:
    """Read such a file back, ours or RJafroc's; the labels are its integers. Raises ExportError where it is not one."""
    sheets = excel_sheets(data)
    for name, header in _SHEETS.items():
        if name not in sheets or sheets[name][0] != header:
            raise ExportError(f"There is no sheet {name} with the columns {', '.join(header)}.")
    truth = {str(case): int(lesion) for case, lesion, *_ in sheets["TRUTH"][1:]}
    scores = [
        Score(str(reader), str(case), str(modality), float(score))
        for name in ("FP", "TP")
        for reader, modality, case, *_, score in sheets[name][1:]
    ]
    return ScoreFile("", truth, scores)


def excel_sheets(data: bytes) -> Sheets:
    """The filled rows of every sheet of an Excel file, in the order of the file, all as wide as the widest."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True)
    found: Sheets = {}
    for sheet in book:
        # R packages write a wrong extent into the file, so the rows themselves are counted.
        sheet.reset_dimensions()
        rows = [row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)]
        width = max((len(row) for row in rows), default=0)
        found[sheet.title] = [(*row, *(None,) * (width - len(row))) for row in rows]
    return found
