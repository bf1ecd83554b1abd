"""The zip: streamed, hashed, the same bytes for the same contents."""

import io
import json
import zipfile
from collections.abc import Iterator

import pytest

from reader_study.export.bundle import MANIFEST, Entry, stream_bundle, verify_bundle
from reader_study.export.errors import ExportError
from reader_study.export.readme import readme


def bundle(**files: bytes) -> bytes:
    entries = (Entry(name, f"The {name}.", [data[:3], data[3:]]) for name, data in files.items())
    return b"".join(stream_bundle(entries, about={"study": "s"}))


def test_every_file_is_there_and_hashed() -> None:
    data = bundle(one=b"first file", two=b"second")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read("one") == b"first file"
        manifest = json.loads(archive.read(MANIFEST))
    assert manifest["study"] == "s"
    assert [(one["name"], one["bytes"]) for one in manifest["files"]] == [("one", 10), ("two", 6)]
    assert verify_bundle(io.BytesIO(data)) == []


def test_equal_contents_give_equal_bytes() -> None:
    assert bundle(one=b"first file") == bundle(one=b"first file")


def test_a_changed_file_is_found() -> None:
    data = bundle(one=b"first file", two=b"second", three=b"third")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in ("one", "two", MANIFEST):
            new.writestr(name, b"forged" if name == "one" else old.read(name))
        new.writestr("four", b"added")
    assert verify_bundle(out) == ["four is not in the manifest.", "one was changed.", "three is missing."]


def test_the_bundle_is_written_while_it_is_read() -> None:
    produced = 0

    def chunks() -> Iterator[bytes]:
        nonlocal produced
        for number in range(50):
            produced += 1
            yield bytes(range(256)) * 400 + str(number).encode()

    stream = stream_bundle([Entry("big", "A big file.", chunks())], about={})
    next(stream)
    assert produced == 1
    assert sum(len(part) for part in stream) > 0
    assert produced == 50


def test_a_name_used_twice_is_refused() -> None:
    with pytest.raises(ExportError, match="called one"):
        list(stream_bundle([Entry("one", "", []), Entry("one", "", [])], about={}))


def test_the_readme_names_files_and_notes() -> None:
    text = readme("A study", ["Phantom images."], [("reads.csv", "One row a read.")])
    assert text.startswith("A study\n=======\n\nPhantom images.\n")
    assert "- reads.csv: One row a read." in text
