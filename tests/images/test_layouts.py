import hashlib
from collections import Counter

import numpy as np
import pytest

from images.datasets import list_folder, load_pictures
from images.layouts import DirectoryFolder, FolderError, Picture, Refusal
from tests.images.makers import dicom_file, file_of, ramp


def pseudonym(number):
    return hashlib.sha256(number.encode()).hexdigest()[:12]


@pytest.fixture
def folder(tmp_path):
    def fill(files):
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return DirectoryFolder(tmp_path)

    return fill


def read(folder, layout):
    found = list(load_pictures(folder, layout, iter(list_folder(folder, layout)), pseudonym=pseudonym))
    return (
        {entry.file: entry for entry in found if isinstance(entry, Picture)},
        {entry.file: entry.reason for entry in found if isinstance(entry, Refusal)},
    )


def png(seed):
    return file_of(ramp(seed=seed))


@pytest.mark.parametrize("column", ["path", "File", "filename", "image"])
def test_any_folder_with_a_csv(folder, column):
    pictures, refused = read(
        folder({"list.csv": f"{column};Prompt;age\na.png;A normal chest.;40\n", "a.png": png(1)}), "csv"
    )
    assert not refused
    assert pictures["a.png"].attributes.caption == "A normal chest."
    assert pictures["a.png"].attributes.age == 40


def test_paths_are_relative_to_the_csv_wherever_it_lies(folder):
    pictures, _ = read(folder({"set/metadata.csv": "path\nimages/a.png\n", "set/images/a.png": png(1)}), "csv")
    assert list(pictures) == ["set/images/a.png"]


def test_a_utf_16_table_is_read(folder):
    pictures, _ = read(folder({"m.csv": "path,caption\na.png,Größe normal\n".encode("utf-16"), "a.png": png(1)}), "csv")
    assert pictures["a.png"].attributes.caption == "Größe normal"


def test_one_bad_file_stops_nothing_and_is_named(folder, tmp_path):
    (tmp_path.parent / "outside.png").write_bytes(png(9))
    files = {
        "good.png": png(1),
        "empty.png": b"",
        "text.png": b"not an image",
        "cut.png": png(2)[:500],
        "color.png": file_of(np.dstack([ramp(seed=1), ramp(seed=2), ramp(seed=3)])),
        "dot.png": file_of(np.zeros((1, 1), np.uint8)),
        "sub/twin.png": png(3),
        "other/twin.png": png(4),
        "late.png": png(5),
        "unlisted.png": png(6),
    }
    listed = ["good.png", "empty.png", "text.png", "cut.png", "color.png", "dot.png", "twin.png", "gone.png"]
    listed += ["../outside.png", "/etc/hostname", "good.png", "late.png"]
    rows = "".join(f"{name},\n" for name in listed)
    table = f"path,findings\n{rows},lonely\n"
    pictures, refused = read(folder({**files, "metadata.csv": table}), "csv")
    assert list(pictures) == ["good.png", "late.png"]
    expected = {
        "empty.png": "not an image",
        "text.png": "not an image",
        "cut.png": "truncated",
        "color.png": "channels differ",
        "dot.png": "1 x 1",
        "twin.png": "name of 2 files",
        "gone.png": "not there",
        "../outside.png": "leads out",
        "/etc/hostname": "leads out",
        "good.png": "listed twice",
        "metadata.csv, line 14": "names no file",
    }
    assert refused.keys() == expected.keys()
    for name, reason in expected.items():
        assert reason in refused[name], name


def test_files_that_nothing_lists_are_counted(folder):
    listing = list_folder(folder({"m.csv": "path\na.png\n", "a.png": png(1), "b.png": png(2), "c.txt": ""}), "csv")
    notes = Counter()
    assert len(list(listing.walk(notes))) == 1 and notes == {"image files that m.csv does not list": 1}


@pytest.mark.parametrize(
    ("files", "layout", "reason"),
    [
        ({}, "csv", "no CSV file"),
        ({}, "dicom", "no file"),
        ({"a.csv": "path\n", "b.csv": "path\n"}, "csv", "several CSV files .a.csv, b.csv"),
        ({"a.csv": "name,colour\nx,y"}, "csv", 'has "name", "colour"; one must be called "path", "file"'),
        ({"a.csv": "path\n"}, "csv", "no rows"),
        ({"a.csv": ""}, "csv", "a.csv: The CSV file is empty"),
        ({"a.csv": b"path\n\xff"}, "csv", "not UTF-8"),
    ],
)
def test_folders_that_cannot_be_read_say_why(folder, files, layout, reason):
    with pytest.raises(FolderError, match=reason):
        list_folder(folder(files), layout)


def test_a_folder_of_dicom_files(folder):
    stored = np.linspace(0, 4095, 1280).astype(np.uint16).reshape(40, 32)
    pictures, refused = read(
        folder(
            {
                "study/IM1": dicom_file(stored, BitsStored=12),
                "study/IM2.dcm": dicom_file(stored // 2, BitsStored=12, PatientID=None),
                "study/CT.dcm": dicom_file(stored, Modality="CT"),
                "readme.txt": "hello",
                "DICOMDIR": "",
            }
        ),
        "dicom",
    )
    assert set(pictures) == {"study/IM1", "study/IM2.dcm"}
    assert refused == {
        "study/CT.dcm": "modality CT is not a projection radiograph",
        "readme.txt": "not a DICOM file",
    }
    assert pictures["study/IM1"].attributes.patient == pseudonym("\nMRN-4711")
    assert pictures["study/IM2.dcm"].attributes.patient == ""


def test_dicom_files_of_a_csv_are_read_and_what_the_table_says_counts(folder):
    pictures, refused = read(
        folder({"m.csv": "path,age\na.dcm,40\n", "a.dcm": dicom_file(ramp(), PatientAge="061Y", ViewPosition="AP")}),
        "csv",
    )
    known = pictures["a.dcm"].attributes
    assert not refused and (known.age, known.sex, known.view) == (40, "F", "AP")


def test_whatever_a_decoder_raises_costs_one_file(folder):
    nested = dicom_file(ramp(), Rows=None)
    whole = dicom_file(ramp())
    pictures, refused = read(folder({"a": nested, "b": whole[:400], "c": whole, "d": whole[:-700]}), "dicom")
    assert set(pictures) == {"c"} and set(refused) == {"a", "b", "d"}


@pytest.mark.real_data
def test_the_real_sample(shared_data):
    folder = DirectoryFolder(shared_data / "nih-cxr14-sample")
    listing, notes = list_folder(folder, "nih"), Counter()
    assert len(list(listing.walk(notes))) == 300 and not notes
    found = [next(load_pictures(folder, "nih", iter(listing), pseudonym=pseudonym))]
    assert found[0].pixels.shape == (512, 512)
    assert found[0].attributes.patient == "1280"
