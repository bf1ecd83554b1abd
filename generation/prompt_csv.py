"""Read a prompt file: CSV with a column `prompt` and, if wanted, `findings` ("|" between), `age`, `sex`, `view`."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from generation.limits import FINDINGS_PER_PROMPT, PROMPT_CHARACTERS, PROMPT_FILE_BYTES, PROMPT_ROWS

COLUMNS = ("prompt", "findings", "age", "sex", "view")
SEXES = {"": "", "M": "M", "F": "F", "MALE": "M", "FEMALE": "F", "MAN": "M", "WOMAN": "F"}
SHOWN_ERRORS = 5


class PromptFileError(ValueError):
    """The file cannot be read as prompts; the message says where and what to do."""


@dataclass(frozen=True)
class PromptRow:
    """One prompt and what it asks for."""

    prompt: str
    findings: tuple[str, ...] = ()
    age: int | None = None
    sex: str = ""
    view: str = ""


def read_prompts(data: bytes) -> list[PromptRow]:
    """The prompts of a CSV file, in its order. Raises PromptFileError."""
    if len(data) > PROMPT_FILE_BYTES:
        raise PromptFileError(f"The file has {len(data):,} bytes; at most {PROMPT_FILE_BYTES:,} are read.")
    lines = _lines(_decode(data))
    header = next(lines, (0, []))[1]
    names = _column_names(header)
    rows: list[PromptRow] = []
    errors: list[str] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            rows.append(_row(dict(zip(names, cells, strict=False))))
        except PromptFileError as error:
            errors.append(f"Line {number}: {error}")
        if len(rows) > PROMPT_ROWS:
            raise PromptFileError(f"The file has more than {PROMPT_ROWS:,} prompts; split it.")
    if errors:
        more = f" And {len(errors) - SHOWN_ERRORS} more lines." if len(errors) > SHOWN_ERRORS else ""
        raise PromptFileError(" ".join(errors[:SHOWN_ERRORS]) + more)
    if not rows:
        raise PromptFileError("The file has no prompts below its header.")
    return rows


def prompts_digest(rows: list[PromptRow]) -> str:
    """SHA-256 of the prompts and what they ask for, hex: the identity of a prompt set's content."""
    return hashlib.sha256(json.dumps([asdict(row) for row in rows], ensure_ascii=False).encode()).hexdigest()


def _decode(data: bytes) -> str:
    if not data.strip():
        raise PromptFileError("The file is empty.")
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in data and not utf16:
        raise PromptFileError("The file is not text, or UTF-16 without its mark. Save it as CSV in UTF-8.")
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptFileError(
            f"The file is neither UTF-8 nor UTF-16 (byte {error.start:,}). Save it as CSV in UTF-8."
        ) from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    # Spreadsheets of many countries write semicolons.
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise PromptFileError(
            f"Line {reader.line_num + 1}: {error}. A prompt may have {PROMPT_CHARACTERS:,} characters."
        ) from error


def _column_names(header: list[str]) -> list[str]:
    names = [name.strip().casefold() for name in header]
    if "prompt" not in names:
        found = ", ".join(repr(name.strip()[:40]) for name in header[:12] if name.strip()) or "none"
        raise PromptFileError(f"There is no column named prompt. The columns found: {found}.")
    if repeated := {name for name in names if name in COLUMNS and names.count(name) > 1}:
        raise PromptFileError(f"The column {', '.join(sorted(repeated))} comes more than once.")
    return names


def _row(cells: dict[str, str]) -> PromptRow:
    values = {name: cells.get(name, "").strip() for name in COLUMNS}
    for name, value in values.items():
        if len(value) > PROMPT_CHARACTERS:
            raise PromptFileError(f"{name} has {len(value):,} characters; at most {PROMPT_CHARACTERS:,}.")
        if "\0" in value:
            raise PromptFileError(f"{name} has a zero byte.")
    if not values["prompt"]:
        raise PromptFileError("the prompt is empty.")
    return PromptRow(
        prompt=values["prompt"],
        findings=_findings(values["findings"]),
        age=_age(values["age"]),
        sex=_sex(values["sex"]),
        view=_view(values["view"]),
    )


def _findings(text: str) -> tuple[str, ...]:
    findings = tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))
    if len(findings) > FINDINGS_PER_PROMPT or any(len(finding) > 100 for finding in findings):
        raise PromptFileError(f"findings are at most {FINDINGS_PER_PROMPT}, of 100 characters each, with | between.")
    return findings


def _age(text: str) -> int | None:
    if not text:
        return None
    try:
        age = float(text)
    except ValueError as error:
        raise PromptFileError(f"age is {text[:20]!r}, not a number of years.") from error
    if not 0 <= age <= 120:
        raise PromptFileError(f"age is {text[:20]}; it must lie between 0 and 120 years.")
    return int(age)


def _sex(text: str) -> str:
    if text.upper() not in SEXES:
        raise PromptFileError(f"sex is {text[:20]!r}; write M, F, or nothing.")
    return SEXES[text.upper()]


def _view(text: str) -> str:
    if len(text) > 20:
        raise PromptFileError("view is at most 20 characters, such as PA or AP.")
    return text.upper()
