"""Each published collection, read from a miniature of its directory with its true headers."""

from collections import Counter

import pytest

from images.datasets import COLLECTIONS, OptionError, ReadingOptions, list_folder, load_pictures
from images.layouts import DirectoryFolder, FolderError, Listed, Picture, Refusal
from tests.images import trees


@pytest.fixture
def listed(tmp_path):
    """`listed("mimic", splits=("test",))`: entries by file, notes and refusals by name."""

    def make(name, root=None, **options):
        folder = DirectoryFolder(root or trees.MAKERS[name](tmp_path))
        notes = Counter()
        entries = list(list_folder(folder, name, ReadingOptions(**options)).walk(notes))
        known = {entry.file: entry for entry in entries if isinstance(entry, Listed)}
        return known, notes, {entry.file: entry.reason for entry in entries if isinstance(entry, Refusal)}

    return make


@pytest.mark.parametrize("name", trees.MAKERS)
def test_every_tree_is_read_down_to_its_pixels(name, tmp_path):
    folder = DirectoryFolder(trees.MAKERS[name](tmp_path))
    found = list(load_pictures(folder, name, iter(list_folder(folder, name)), pseudonym=lambda number: "p"))
    pictures = [entry for entry in found if isinstance(entry, Picture)]
    assert len(pictures) >= 2 and all(picture.pixels.shape == (40, 32) for picture in pictures)
    again = list(list_folder(folder, name))
    assert [entry.file for entry in again] == [entry.file for entry in found]


def test_every_collection_has_a_tree():
    assert {collection.name for collection in COLLECTIONS} == set(trees.MAKERS)


def test_chexpert(listed):
    known, notes, refused = listed("chexpert")
    assert not refused and not notes
    one, two, lateral, valid = known.values()
    assert one.file == "train/patient00001/study1/view1_frontal.jpg" and (one.split, valid.split) == ("train", "valid")
    first = one.attributes
    assert (first.findings, first.uncertain) == (("No Finding", "Support Devices"), ())
    assert (first.patient, first.age, first.sex, first.view) == ("patient00001", 68, "F", "AP")
    assert two.attributes.findings == ("Lung Opacity",) and two.attributes.uncertain == ("Edema", "Effusion")
    assert lateral.attributes.view == "L"
    assert (valid.attributes.age, valid.attributes.sex, valid.attributes.notes) == (None, "", ())


@pytest.mark.parametrize(
    ("policy", "findings", "uncertain"),
    [
        ("ignore", ("Lung Opacity",), ("Edema", "Effusion")),
        ("zeros", ("Lung Opacity",), ()),
        ("ones", ("Lung Opacity", "Edema", "Effusion"), ()),
    ],
)
def test_the_three_policies_for_uncertain_labels(listed, policy, findings, uncertain):
    known, _, _ = listed("chexpert", uncertain=policy)
    two = known["train/patient00002/study2/view1_frontal.jpg"].attributes
    assert (two.findings, two.uncertain) == (findings, uncertain)


def test_parts_and_views_are_left_out_and_counted(listed):
    known, notes, _ = listed("chexpert", splits=("train",), views=("PA", "AP"))
    assert len(known) == 2 and notes == {"left out: view L": 1}
    known, notes, _ = listed("chexpert", views=("frontal",))
    assert {entry.attributes.view for entry in known.values()} == {"AP", "PA"}


def test_chexpert_with_only_one_table(listed, tmp_path):
    root = trees.chexpert(tmp_path)
    (root / "train.csv").unlink()
    known, _, _ = listed("chexpert", root)
    assert list(known) == ["valid/patient64541/study1/view1_frontal.jpg"]
    with pytest.raises(FolderError, match=r"^train.csv is missing. It should lie in the folder, beside train/"):
        listed("chexpert", root, splits=("train",))


def test_bad_rows_of_chexpert_cost_themselves_alone(listed, tmp_path):
    root = trees.chexpert(tmp_path)
    with (root / "train.csv").open("a") as file:
        file.write(",Male,50,Frontal,AP\nCheXpert-v1.0/train/patient9/study1/v.jpg,Male,50,Frontal,PA,maybe,2,,x\n")
    known, _, refused = listed("chexpert", root, splits=("train",))
    assert refused == {"train.csv, line 5": "names no file"}
    assert known["train/patient9/study1/v.jpg"].attributes.notes == ("label not understood, left empty",)


def test_chexpert_plus(listed):
    known, notes, refused = listed("chexpert-plus")
    assert not refused and notes == {"lines of chexbert_labels/impression_fixed.json not understood": 1}
    one = known["PNG/train/patient42142/study5/view1_frontal.png"]
    assert (one.attributes.findings, one.attributes.uncertain) == (("Effusion",), ("Edema",))
    assert one.attributes.caption == '1. Small left effusion, "stable".'
    assert (one.attributes.patient, one.attributes.age, one.attributes.sex) == ("patient42142", 58, "M")
    two = known["PNG/valid/patient00003/study1/view1_frontal.png"]
    assert (two.split, two.attributes.caption, two.attributes.findings) == ("valid", "Findings.", ("No Finding",))


def test_chexpert_plus_with_other_labels_and_without(listed, tmp_path):
    root = trees.chexpert_plus(tmp_path)
    known, _, _ = listed("chexpert-plus", root, labels="report")
    assert [entry.attributes.findings for entry in known.values()] == [("Fracture",), ()]
    with pytest.raises(FolderError, match="findings_fixed.json is missing. It should lie in chexbert_labels/"):
        listed("chexpert-plus", root, labels="findings")


@pytest.mark.parametrize("packed", [".gz", ""])
def test_mimic(listed, tmp_path, packed):
    known, notes, refused = listed("mimic", trees.mimic(tmp_path, packed))
    assert not refused and not notes
    one = known[f"files/p10/p{trees.P1}/s{trees.S1}/{trees.I1}.jpg"]
    assert (one.split, one.attributes.patient, one.attributes.view) == ("train", trees.P1, "PA")
    assert (one.attributes.findings, one.attributes.uncertain) == (("Edema",), ("Pneumonia",))
    lateral = known[f"files/p10/p{trees.P1}/s{trees.S1}/{trees.I2}.jpg"].attributes
    assert (lateral.findings, lateral.view) == (one.attributes.findings, "L")
    assert known[f"files/p11/p{trees.P2}/s{trees.S2}/{trees.I3}.jpg"].split == "test"


def test_mimic_by_another_labeler_and_by_radiologists(listed, tmp_path):
    root = trees.mimic(tmp_path)
    known, _, _ = listed("mimic", root, labels="negbio", splits=("train",), views=("PA",))
    assert [entry.attributes.findings for entry in known.values()] == [("Atelectasis",)]
    known, _, _ = listed("mimic", root, labels="radiologist", splits=("test",))
    assert [entry.attributes.findings for entry in known.values()] == [("Lung Opacity",)]


def test_mimic_under_its_files_folder_or_without_it(listed, tmp_path):
    root = trees.mimic(tmp_path)
    (root / "files" / "p10").rename(root / "p10")
    (root / "files" / "p11").rename(root / "p11")
    known, _, _ = listed("mimic", root)
    assert list(known)[0] == f"p10/p{trees.P1}/s{trees.S1}/{trees.I1}.jpg"


def test_braces_in_the_name_of_a_folder_are_only_letters(listed, tmp_path):
    trees.mimic(tmp_path / "{0}{patient}")
    known, _, _ = listed("mimic", tmp_path)
    assert list(known)[0].startswith("{0}{patient}/files/p10/")


def test_a_column_that_is_no_view_makes_few_remarks(listed, tmp_path):
    root = trees.mimic(tmp_path, packed="")
    with (root / "mimic-cxr-2.0.0-metadata.csv").open("a") as file:
        file.writelines(f"image{n},{trees.P1},{trees.S1},CHEST,VIEW {n}\n" for n in range(200))
    _, notes, _ = listed("mimic", root, views=("PA",))
    assert len(notes) <= 52 and sum(notes.values()) == 202


@pytest.mark.parametrize("kind", ["metadata", "split", "chexpert"])
def test_a_missing_table_of_mimic_is_named_with_its_place(listed, tmp_path, kind):
    root = trees.mimic(tmp_path)
    (root / f"mimic-cxr-2.0.0-{kind}.csv.gz").unlink()
    with pytest.raises(
        FolderError, match=f"mimic-cxr-2.0.0-{kind}.csv is missing. It should lie in the folder, beside files/"
    ):
        listed("mimic", root)


def test_bad_rows_and_unlabelled_studies_of_mimic(listed, tmp_path):
    root = trees.mimic(tmp_path, packed="")
    with (root / "mimic-cxr-2.0.0-metadata.csv").open("a") as file:
        file.write("abc,,5,x\nshort\ndddd,12345678,99999999,CHEST,AP,1,1\n")
    known, _, refused = listed("mimic", root)
    assert sorted(refused) == ["mimic-cxr-2.0.0-metadata.csv, line 5", "mimic-cxr-2.0.0-metadata.csv, line 6"]
    entry = known["files/p12/p12345678/s99999999/dddd.jpg"]
    assert entry.split == "" and entry.attributes.notes == ("images without a row of labels",)


def test_nih(listed):
    known, notes, refused = listed("nih")
    assert refused == {"00000003_000.png": "is listed and not there"} and not notes
    one, two = known.values()
    assert one.file == "images_001/images/00000001_000.png" and one.split == "train"
    assert one.attributes.findings == ("Cardiomegaly", "Emphysema")
    assert (one.attributes.patient, one.attributes.age, one.attributes.sex, one.attributes.view) == ("1", 58, "M", "PA")
    assert two.split == "test" and two.attributes.notes == ("age not understood, left empty",)


def test_nih_of_2020_and_its_lists(listed, tmp_path):
    root = trees.nih(tmp_path)
    table = (root / "Data_Entry_2017.csv").read_text().replace("Patient Gender", "Patient Sex")
    (root / "Data_Entry_2017.csv").rename(root / "Data_Entry_2017_v2020.csv").write_text(table)
    known, notes, _ = listed("nih", root, splits=("test",))
    assert list(known) == ["images_002/images/00000002_000.png"] and notes == {"left out: not in test": 1}
    (root / "test_list.txt").unlink()
    with pytest.raises(FolderError, match="test_list.txt is missing"):
        listed("nih", root, splits=("test",))


def test_a_sample_of_nih_with_a_table_of_its_own(listed, tmp_path):
    rows = "path,findings,patient,age,sex,view\nimages/a.png,No Finding,1280,36,F,PA\nimages/b.png,Effusion|Mass,77,52,M,AP\n"
    files = {"set/metadata.csv": rows, "set/images/a.png": trees.png(1), "set/images/b.png": trees.png(2)}
    known, _, refused = listed("nih", trees.fill(tmp_path, files))
    second = known["set/images/b.png"].attributes
    assert not refused
    assert (second.findings, second.patient, second.age, second.sex) == (("Effusion", "Mass"), "77", 52, "M")


def test_padchest(listed):
    known, notes, refused = listed("padchest")
    assert not refused and notes == {"left out: marked by the collection itself to be excluded": 1}
    one, two, lateral, bad = (entry.attributes for entry in known.values())
    assert list(known)[:2] == ["0/2053_k6ga29.png", "36/1358_fzis7d.png"]
    assert (one.findings, one.age, one.sex, one.view, one.patient) == (("No Finding",), 84, "F", "PA", "8398")
    assert two.findings == ("Atelectasis", "Effusion", "pericardial effusion", "scoliosis")
    assert (two.sex, two.view, two.caption) == ("", "AP SUPINE", "")
    assert (lateral.view, lateral.findings, lateral.age) == ("L", (), None)
    assert bad.findings == () and bad.notes == ("labels not understood, left empty",)


def test_vindr_takes_what_most_radiologists_saw(listed):
    known, _, refused = listed("vindr")
    assert not refused
    assert {file: entry.attributes.findings for file, entry in known.items()} == {
        "train/a1.dicom": ("Lung Lesion",),
        "train/b2.dicom": ("No Finding",),
        "test/c3.dicom": ("Other diseases",),
    }
    assert list(listed("vindr", splits=("test",))[0]) == ["test/c3.dicom"]


def test_vindr_as_kaggle_has_it(listed, tmp_path):
    def box(image, label, reader):
        return {"image_id": image, "class_name": label, "rad_id": reader}

    rows = [box("a1", "Pleural effusion", "R9"), box("a1", "Pleural effusion", "R9"), box("a1", "Cardiomegaly", "R8")]
    rows += [box("a1", "Cardiomegaly", "R9"), box("a1", "No finding", "R10")]
    root = trees.fill(tmp_path, {"train.csv": trees.table(trees.VINDR_BOXES, *rows)})
    assert listed("vindr", root)[0]["train/a1.dicom"].attributes.findings == ("Cardiomegaly",)


def test_rsna(listed):
    known, _, refused = listed("rsna")
    assert not refused
    assert {file.rsplit("/")[-1]: entry.attributes.findings for file, entry in known.items()} == {
        "0004cfab.dcm": ("No Lung Opacity / Not Normal",),
        "00436515.dcm": ("Pneumonia", "Lung Opacity"),
        "000db696.dcm": ("No Finding",),
    }


def test_the_headers_of_dicom_files_fill_what_tables_leave_open(tmp_path):
    folder = DirectoryFolder(trees.rsna(tmp_path))
    found = list(load_pictures(folder, "rsna", iter(list_folder(folder, "rsna")), pseudonym=lambda number: "other"))
    known = found[1].attributes
    assert (known.patient, known.age, known.sex, known.view) == ("00436515", 61, "F", "PA")


def test_openi(listed, tmp_path):
    known, _, refused = listed("openi")
    assert sorted(refused) == ["ecgen-radiology/3.xml", "ecgen-radiology/4.xml"]
    assert "not readable XML" in refused["ecgen-radiology/3.xml"]
    assert "not a report" in refused["ecgen-radiology/4.xml"]
    one, lateral, two, _ = known.values()
    assert one.attributes.caption == "Clear lungs. Normal chest x-XXXX."
    assert (one.attributes.findings, one.attributes.patient, one.attributes.view) == (("No Finding",), "CXR1", "PA")
    assert lateral.attributes.view == "L"
    assert two.attributes.findings == (
        "Lung Opacity",
        "Pleural_Thickening",
        "Lung/hypoinflation",
        "Calcified Granuloma",
    )
    assert two.attributes.view == ""


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("rsna", {"splits": ("train",)}, "RSNA Pneumonia Challenge has no parts; train is not among them"),
        ("mimic", {"splits": ("valid",)}, "has train, validate, test; valid is not"),
        ("mimic", {"labels": "report"}, "has chexpert, negbio, radiologist; report is not"),
        ("nih", {"labels": "negbio"}, "one table of labels"),
    ],
)
def test_what_a_collection_does_not_have_cannot_be_asked_for(listed, name, options, reason):
    with pytest.raises(OptionError, match=reason):
        listed(name, **options)


@pytest.mark.parametrize("name", trees.MAKERS)
def test_an_empty_folder_is_told_what_it_lacks(listed, tmp_path, name):
    with pytest.raises(FolderError, match="is missing. It should lie in"):
        listed(name, trees.fill(tmp_path, {"readme.txt": "hello"}))


@pytest.mark.parametrize("name", [name for name in trees.MAKERS if name != "openi"])
def test_a_table_without_its_columns_is_refused_at_once(tmp_path, name):
    root = trees.MAKERS[name](tmp_path)
    for path in root.rglob("*.csv*"):
        path.unlink()
        (path.parent / path.name.removesuffix(".gz")).write_text("colour\nred\n")
    with pytest.raises(FolderError, match='has no column "'):
        list_folder(DirectoryFolder(root), name)
