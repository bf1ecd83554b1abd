"""Prompt files as people have them, and as nobody should."""

from pathlib import Path

import pytest

from generation.limits import MiB
from generation.prompt_csv import PromptFileError, PromptRow, prompts_digest, read_prompts

FULL = (
    "prompt,findings,age,sex,view,note\nLeft effusion.,Effusion|Cardiomegaly,64,f,pa,x\n\nClear lungs.,No Finding,,,,\n"
)


def test_every_column_is_read() -> None:
    assert read_prompts(FULL.encode()) == [
        PromptRow("Left effusion.", ("Effusion", "Cardiomegaly"), 64, "F", "PA"),
        PromptRow("Clear lungs.", ("No Finding",)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_spreadsheets(encoding: str) -> None:
    text = "prompt\nÉpanchement pleural gauche.\n"
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert read_prompts((mark + text).encode(encoding))[0].prompt == "Épanchement pleural gauche."


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_of_spreadsheets(delimiter: str) -> None:
    assert read_prompts(f"Prompt{delimiter}AGE\r\nText{delimiter}50\r\n".encode())[0].age == 50


def test_quoted_cells_may_have_line_breaks() -> None:
    assert read_prompts(b'prompt\n"Effusion,\nleft."\n')[0].prompt == "Effusion,\nleft."


def test_only_prompts_are_needed() -> None:
    assert read_prompts(b"prompt\nshort\n") == [PromptRow("short")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"text,label\na,b\n", "no column named prompt. The columns found: 'text', 'label'"),
        (b"prompt,findings\n", "no prompts below its header"),
        (b"prompt\n\n\n", "no prompts below its header"),
        (b"prompt,prompt\na,b\n", "more than once"),
        (b"prompt,age\na,old\n", "Line 2: age is 'old'"),
        (b"prompt,age\na,nan\n", "between 0 and 120"),
        (b"prompt,age\na,300\n", "between 0 and 120"),
        (b"prompt,sex\na,X\n", "Line 2: sex is 'X'"),
        (b"prompt,age\n,30\n", "Line 2: the prompt is empty"),
        (b"prompt,view\na," + b"P" * 21, "view is at most"),
        ("prompt\ntext\n".encode("utf-16-le"), "UTF-16 without its mark"),
        (b"prompt\nna\xefve\n", "neither UTF-8 nor UTF-16"),
        (b"PK\x03\x04\x00\x00", "not text"),
        (b"prompt\n" + b"a" * 3000 + b"\n", "3,000 characters; at most 2,000"),
        (b"prompt\n" + b"a" * 10 * MiB + b"\n", "2,000 characters"),
        (b"prompt\n" + b"a" * 21 * MiB, "at most 20,971,520"),
        (b"prompt\n" + b"a\n" * 10_001, "more than 10,000 prompts"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_explained(data: bytes, words: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        read_prompts(data)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 600


def test_many_errors_are_summed_up() -> None:
    with pytest.raises(PromptFileError, match="And 3 more lines"):
        read_prompts(b"prompt,age\n" + b"a,x\n" * 8)


def test_digest_names_the_content_not_the_file() -> None:
    other_order = b"findings,prompt\nEffusion,a\n"
    assert prompts_digest(read_prompts(b"prompt,findings\na,Effusion\n")) == prompts_digest(read_prompts(other_order))
    assert prompts_digest(read_prompts(b"prompt\na\n")) != prompts_digest(read_prompts(other_order))


def test_documented_example_is_readable() -> None:
    page = (Path(__file__).parents[2] / "docs" / "generation.md").read_text()
    example = page.split("```csv\n")[1].split("```")[0]
    assert len(read_prompts(example.encode())) >= 2
