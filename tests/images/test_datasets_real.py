"""The readers on the tables that torchxrayvision ships: the true files of their collections, without the pictures."""

import csv
import gzip
import io
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from images.datasets import ReadingOptions, list_folder
from images.datasets.labels import PATHOLOGIES
from images.datasets.padchest import labels_of
from images.layouts import DirectoryFolder, Listed
from tests.images import trees

DATA = Path(pytest.importorskip("torchxrayvision").__file__).parent / "data"


def rows_of(name, limit=None):
    with gzip.open(DATA / name, "rt") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if limit is not None and number >= limit:
                return
            yield row


def header_of(name):
    with gzip.open(DATA / name, "rt") as file:
        return file.readline().rstrip("\n")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("chexpert_train.csv.gz", trees.CHEXPERT),
        ("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz", trees.PADCHEST),
        ("vinbigdata-train.csv.gz", trees.VINDR_BOXES),
    ],
)
def test_the_miniature_trees_have_the_true_headers(name, header):
    assert header_of(name) == header


def test_the_headers_that_differ_by_edition():
    nih = header_of("Data_Entry_2017_v2020.csv.gz")
    assert nih.startswith(trees.NIH_2017.rsplit(",OriginalImage", 1)[0])
    with zipfile.ZipFile(DATA / "kaggle_stage_2_train_labels.csv.zip") as packed:
        assert packed.read("stage_2_train_labels.csv").splitlines()[0].decode() == trees.RSNA_LABELS


def head(source, target, lines):
    with gzip.open(DATA / source, "rt") as file, gzip.open(target, "wt") as out:
        for _, line in zip(range(lines), file, strict=False):
            out.write(line)


def listing(tmp_path, source, name, layout, lines=4000, **options):
    head(source, tmp_path / name, lines)
    entries = list(list_folder(DirectoryFolder(tmp_path), layout, ReadingOptions(**options)))
    return [entry for entry in entries if isinstance(entry, Listed)]


def test_chexpert_as_torchxrayvision_reads_it(tmp_path):
    listed = listing(tmp_path, "chexpert_train.csv.gz", "train.csv.gz", "chexpert")
    for row, entry in zip(rows_of("chexpert_train.csv.gz", 3999), listed, strict=True):
        known = entry.attributes
        renamed = {("Effusion" if name == "Pleural Effusion" else name): cell for name, cell in row.items()}
        assert set(known.findings) == {name for name, cell in renamed.items() if cell == "1.0" and name not in ("Age",)}
        assert set(known.uncertain) == {name for name, cell in renamed.items() if cell == "-1.0"}
        assert row["Path"].endswith(entry.file) and known.patient in row["Path"]


def test_nih_labels_are_torchxrayvisions_own(tmp_path):
    name = "Data_Entry_2017_v2020.csv.gz"
    head(name, tmp_path / name, 2000)
    for row in rows_of(name, 1999):
        (tmp_path / row["Image Index"]).touch()
    listed = list(list_folder(DirectoryFolder(tmp_path), "nih"))
    assert len(listed) == 1999
    for row, entry in zip(rows_of(name, 1999), listed, strict=True):
        assert entry.attributes.findings == tuple(row["Finding Labels"].split("|"))
        assert set(entry.attributes.findings) <= {*PATHOLOGIES, "No Finding"}
        assert entry.attributes.view == row["View Position"] and entry.attributes.patient == row["Patient ID"]


# torchxrayvision finds a label by its letters; these of its hits are something else, or another pathology's here.
NOT_MEANT = {
    "Effusion": {"pericardial effusion"},
    "Emphysema": {"subcutaneous emphysema"},
    "Nodule": {"pseudonodule"},
    "Mass": {"mediastinal mass", "breast mass", "pleural mass", "soft tissue mass"},
    "Infiltration": {"consolidation", "air bronchogram"},
    "Pleural_Thickening": set(),
}


def test_padchest_as_torchxrayvision_reads_it_but_for_what_its_words_do_not_mean(tmp_path):
    name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz"
    listed = {entry.file.rsplit("/", 1)[-1]: entry for entry in listing(tmp_path, name, name, "padchest", 8000)}
    synonyms = {
        "Infiltration": [
            "infiltrates", "interstitial pattern", "ground glass pattern", "alveolar pattern", "consolidation",
            "air bronchogram",
        ],
        "Pleural_Thickening": ["pleural thickening"],
        "Consolidation": ["air bronchogram"],
    }  # fmt: skip
    seen = Counter()
    for row in rows_of(name, 7999):
        if row["ImageID"] not in listed:
            continue
        labels = labels_of(row["Labels"])
        for finding in set(PATHOLOGIES[:14]) | {"Fracture"}:
            words = [finding.lower(), *synonyms.get(finding, [])]
            theirs = {label for label in labels or () if any(word in label for word in words)}
            ours = finding in listed[row["ImageID"]].attributes.findings
            assert ours == bool(theirs - NOT_MEANT.get(finding, set())), (finding, labels)
            seen[finding] += ours
    assert all(
        seen[name] for name in ("Atelectasis", "Effusion", "Nodule", "Mass", "Hernia", "Fracture", "Infiltration")
    )


def test_vindr_of_kaggle_has_its_15000_images(tmp_path):
    shutil.copy(DATA / "vinbigdata-train.csv.gz", tmp_path / "train.csv.gz")
    listed = list(list_folder(DirectoryFolder(tmp_path), "vindr"))
    assert len(listed) == 15_000
    counts = Counter(name for entry in listed for name in entry.attributes.findings)
    voted = Counter()
    by_image: dict[str, dict[str, set[str]]] = {}
    for row in rows_of("vinbigdata-train.csv.gz"):
        by_image.setdefault(row["image_id"], {}).setdefault(row["class_name"], set()).add(row["rad_id"])
    for labels in by_image.values():
        voted.update(name for name, readers in labels.items() if len(readers) >= 2)
    assert counts["Effusion"] == voted["Pleural effusion"] and counts["Cardiomegaly"] == voted["Cardiomegaly"]
    assert counts["No Finding"] == voted["No finding"]


def test_openi_has_its_7470_images_in_3955_reports(tmp_path):
    shutil.copy(DATA / "NLMCXR_reports.tgz", tmp_path / "NLMCXR_reports.tgz")
    shutil.copy(DATA / "nlmcxr_dicom_metadata.csv.gz", tmp_path / "nlmcxr_dicom_metadata.csv.gz")
    listed = list(list_folder(DirectoryFolder(tmp_path), "openi"))
    assert len(listed) == 7470 and all(isinstance(entry, Listed) for entry in listed)
    assert len({entry.attributes.patient for entry in listed}) == 3955 - 104
    views = Counter(entry.attributes.view for entry in listed)
    assert views["PA"] == 3591 and views["L"] == 867
    assert sum("Cardiomegaly" in entry.attributes.findings for entry in listed) == 655


def test_rsna_has_its_26684_images(tmp_path):
    with zipfile.ZipFile(DATA / "kaggle_stage_2_train_labels.csv.zip") as packed:
        labels = packed.read("stage_2_train_labels.csv")
    (tmp_path / "stage_2_train_labels.csv").write_bytes(labels)
    rows = list(csv.DictReader(io.StringIO(labels.decode())))
    classes = "".join(f"{row['patientId']},{'Lung Opacity' if row['Target'] == '1' else 'Normal'}\n" for row in rows)
    (tmp_path / "stage_2_detailed_class_info.csv").write_text(f"{trees.RSNA_CLASSES}\n{classes}")
    listed = list(list_folder(DirectoryFolder(tmp_path), "rsna"))
    assert len(listed) == 26_684
    positive = {row["patientId"] for row in rows if row["Target"] == "1"}
    assert sum("Pneumonia" in entry.attributes.findings for entry in listed) == len(positive)


def test_the_pathologies_are_torchxrayvisions():
    from torchxrayvision.datasets import default_pathologies

    assert list(PATHOLOGIES) == default_pathologies
    assert np.unique(PATHOLOGIES).size == 18
