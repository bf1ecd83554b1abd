import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.layouts.table import TableError, read_table

COLUMNS = {"file": ("path", "file name"), "age": ("age",)}
EXPECTED = [(2, {"file": "ä.png", "age": "58"}), (3, {"file": "b, c.png", "age": ""})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_usual_encodings_separators_and_line_ends(encoding, separator, newline):
    lines = [["Path", "Age"], ["ä.png", "58"], ['"b, c.png"', ""], ["", ""]]
    text = newline.join(separator.join(line) for line in lines)
    assert list(read_table(text.encode(encoding)).mapped(COLUMNS)) == EXPECTED


def test_big_endian_utf_16_is_read():
    text = 'path,age\nä.png,58\n"b, c.png",'
    assert list(read_table(codecs.BOM_UTF16_BE + text.encode("utf-16-be")).mapped(COLUMNS)) == EXPECTED


@pytest.mark.parametrize("header", ["File Name", "file_name", "FILENAME", " file-name "])
def test_the_spelling_of_a_column_does_not_matter(header):
    assert [row for _, row in read_table(f"x,{header}\n1,a.png".encode()).mapped(COLUMNS)] == [{"file": "a.png"}]


def test_short_rows_lack_their_last_cells():
    assert [row for _, row in read_table(b"path,age\na.png").mapped(COLUMNS)] == [{"file": "a.png"}]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n\n , \n", "empty"),
        ("path\nä".encode("latin-1"), "not UTF-8 text"),
        ("path,age\na.png,5".encode("utf-16-le"), "zero bytes"),
        (codecs.BOM_UTF16_LE + b"abc", "not UTF-16 text"),
        (b'path\n"open', "Line 2"),
        (b"path\n" + b"x" * 10_000_000, "field larger than"),
    ],
)
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(TableError, match=reason):
        read_table(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_our_error(data):
    with contextlib.suppress(TableError):
        read_table(data)
