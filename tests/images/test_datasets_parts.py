"""The label table, options, streamed tables, compact maps and the draw."""

import gzip
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.datasets import OptionError, ReadingOptions, list_folder
from images.datasets.compact import CompactMap, short_digest
from images.datasets.labels import LABELS, NO_FINDING, PATHOLOGIES, as_markdown, finding_of
from images.datasets.observations import OBSERVATIONS, encoded, findings_of, unread
from images.datasets.options import words
from images.datasets.sampling import Candidate, Pool, age_band
from images.datasets.views import expanded, view_of
from images.layouts import DirectoryFolder, FolderError, ZipFolder
from images.layouts.stream import StreamedTable, find_table
from tests.images import trees

ROOT = Path(__file__).resolve().parents[2]


def test_the_documented_table_is_the_one_in_use():
    assert as_markdown() in (ROOT / "docs" / "datasets.md").read_text()


def test_every_label_means_a_pathology_or_that_there_is_none():
    for table in LABELS.values():
        assert set(table.values()) <= {*PATHOLOGIES, NO_FINDING} and NO_FINDING in table.values()


def test_labels_that_no_pathology_stands_for_keep_their_name():
    assert finding_of("chexpert", "Support Devices") == "Support Devices"
    assert finding_of("vindr", "pleural effusion") == "Effusion"


@given(st.lists(st.sampled_from(["", "1.0", "0.0", "-1.0", "1", "-1", "x"]), min_size=14, max_size=14))
def test_observations_survive_their_encoding(cells):
    row = dict(zip(OBSERVATIONS, cells, strict=True))
    present, uncertain = findings_of(encoded(row), "ignore")
    assert len(present) == sum(cell in ("1.0", "1") for cell in cells)
    assert len(uncertain) == sum(cell in ("-1.0", "-1") for cell in cells)
    assert unread(row) == ("x" in cells)


@given(st.dictionaries(st.text(), st.integers(0, 2**32 - 1)))
def test_a_compact_map_gives_back_what_was_put_in(pairs):
    compact = CompactMap(pairs.items())
    assert {text: compact.get(text) for text in pairs} == pairs and len(compact) == len(pairs)
    assert compact.get("something else entirely") is None


def test_of_a_text_that_comes_twice_the_first_number_counts():
    assert CompactMap([("a", 1), ("b", 2), ("a", 3)]).get("a") == 1
    assert short_digest("a") != short_digest("b")


@pytest.mark.parametrize(
    ("written", "view"),
    [("Lateral", "L"), ("LL", "L"), ("pa", "PA"), ("AP_horizontal", "AP SUPINE"), ("LAO", "LAO"), ("", "")],
)
def test_views_have_one_spelling(written, view):
    assert view_of(written) == view


def test_frontal_stands_for_every_frontal_view():
    assert {"PA", "AP", "AP SUPINE"} <= expanded(("frontal",)) and "L" not in expanded(("frontal",))


def test_options_survive_storage_and_say_only_what_is_not_usual():
    options = ReadingOptions(uncertain="ones", splits=("test",), sample=10, one_per_patient=True)
    stored = options.as_json()
    assert stored == {"uncertain": "ones", "splits": ["test"], "sample": 10, "one_per_patient": True}
    assert ReadingOptions.from_json(stored) == options and ReadingOptions().as_json() == {}


@pytest.mark.parametrize(
    "stored",
    [
        {"uncertain": "maybe"},
        {"colour": 1},
        {"sample": "ten"},
        {"views": "PA"},
        {"views": [1]},
        {"by": ["race"]},
        {"sample": -1},
    ],
)
def test_what_is_no_option_is_refused(stored):
    with pytest.raises(OptionError):
        ReadingOptions.from_json(stored)


def test_words_are_split_at_commas():
    assert words(" PA, AP,,PA ") == ("PA", "AP")


# Streamed tables


def folder_of(tmp_path, files):
    return DirectoryFolder(trees.fill(tmp_path, files))


def test_a_table_is_found_one_folder_down_and_packed(tmp_path):
    folder = folder_of(tmp_path, {"set/a.csv.gz": "x,y\n1\n\n2,3,4\n"})
    name = find_table(folder, ["b.csv", "a.csv"], "")
    table = StreamedTable(folder, name, ["x"], ["y", "z"])
    assert (name, table.base) == ("set/a.csv.gz", "set/")
    for _ in range(2):  # as often as asked
        assert list(table.rows()) == [(2, {"x": "1", "y": ""}), (4, {"x": "2", "y": "3"})]


def test_a_quoted_cell_may_hold_lines(tmp_path):
    folder = folder_of(tmp_path, {"a.csv": '\ufeffx,y\n"one\ntwo",3\n'})
    assert [row for _, row in StreamedTable(folder, "a.csv", ["x", "y"]).rows()] == [{"x": "one\ntwo", "y": "3"}]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", 'has no column "x". It has nothing'),
        ("y\n", 'no column "x". It has "y"'),
        ("x\n" + "a" * 200_000 + "\n", "Line 2 of a.csv cannot be read: field larger"),
        ("x\n" + "a," * 600_000 + "\n", "more than 1048576 characters"),
        ("x\n\0\n", "zero bytes"),
    ],
)
def test_what_is_no_table_says_so(tmp_path, data, reason):
    folder = folder_of(tmp_path, {"a.csv": data})
    with pytest.raises(FolderError, match=reason):
        list(StreamedTable(folder, "a.csv", ["x"]).rows())


def test_a_packed_table_that_is_damaged_or_endless_costs_little_memory(tmp_path):
    bomb = gzip.compress(b"x\n" + b"a" * 200_000_000)
    (tmp_path / "bomb.csv.gz").write_bytes(bomb)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"x\n1\n" * 100_000)[:-200])
    (tmp_path / "text.csv.gz").write_bytes(b"x\n1\n")
    folder = DirectoryFolder(tmp_path)
    tracemalloc.start()
    with pytest.raises(FolderError, match="more than"):
        list(StreamedTable(folder, "bomb.csv.gz", ["x"]).rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6
    with pytest.raises(FolderError, match="cannot be unpacked"):
        list(StreamedTable(folder, "cut.csv.gz", ["x"]).rows())
    with pytest.raises(FolderError, match="cannot be unpacked"):
        StreamedTable(folder, "text.csv.gz", ["x"])


def test_collections_are_read_from_archives_too(tmp_path):
    import shutil

    trees.mimic(tmp_path / "in" / "mimic")
    with open(shutil.make_archive(str(tmp_path / "mimic"), "zip", tmp_path / "in"), "rb") as file:
        entries = list(list_folder(ZipFolder(file), "mimic"))
    assert len(entries) == 3 and entries[0].file.startswith("mimic/files/p10/")


# The listing of very large collections


def test_the_listing_of_a_large_collection_takes_little_memory(tmp_path):
    from benchmarks.import_listing import traced_peak, write_mimic

    write_mimic(tmp_path, images=20_000)
    count, peak = traced_peak(tmp_path)
    assert count == 20_000 and peak < 20e6


# The draw


def pool(n=1000, by=("finding",), seed=0):
    def candidates():
        for place in range(n):
            findings = ("Mass", "Effusion") if place % 50 == 0 else ("Effusion",) if place % 5 else ("No Finding",)
            yield Candidate(place, f"file{place}", findings, f"p{place // 4}", place % 90, "FM"[place % 2], "PA")

    return Pool(candidates(), by=by, seed=seed)


def strata(places):
    return Counter("Mass" if place % 50 == 0 else "Effusion" if place % 5 else "No Finding" for place in places)


def test_a_proportional_draw_keeps_the_shares():
    assert strata(pool().draw(100)) == {"Mass": 2, "Effusion": 80, "No Finding": 18}


def test_an_equal_draw_evens_them_out_as_far_as_they_reach():
    assert strata(pool().draw(300, allocation="equal")) == {"Mass": 20, "Effusion": 140, "No Finding": 140}


@pytest.mark.parametrize("allocation", ["proportional", "equal"])
@pytest.mark.parametrize("n", [1, 7, 333, 999, 1000, 5000])
def test_a_draw_has_the_size_asked_for(allocation, n):
    places = pool(by=("finding", "sex", "age_band", "view")).draw(n, allocation=allocation)
    assert len(places) == len(set(places.tolist())) == min(n, 1000) and list(places) == sorted(places)


def test_the_seed_alone_decides_and_the_order_of_the_source_does_not():
    drawn = pool().draw(50)
    assert list(drawn) == list(pool().draw(50)) != list(pool(seed=1).draw(50))
    backwards = [Candidate(place, f"file{place}") for place in reversed(range(1000))]
    forwards = list(reversed(backwards))
    one, other = (Pool(candidates, by=(), seed=3).draw(40) for candidates in (backwards, forwards))
    assert list(one) == list(other)


def test_one_image_of_each_patient():
    places = pool().draw(1000, one_per_patient=True)
    assert len(places) == 250 == len({place // 4 for place in places.tolist()})


def test_images_without_a_patient_are_patients_of_their_own():
    candidates = [Candidate(place, str(place)) for place in range(10)]
    assert len(Pool(candidates, by=(), seed=0).draw(10, one_per_patient=True)) == 10
    assert len(Pool([], by=("finding",), seed=0).draw(10)) == 0


def test_every_image_is_as_likely_to_be_drawn():
    times = np.zeros(40)
    for seed in range(400):
        candidates = (Candidate(place, f"image {place}") for place in range(40))
        times[Pool(candidates, by=(), seed=seed).draw(10)] += 1
    assert abs(times - 100).max() < 45  # five standard deviations


def test_age_bands():
    assert [age_band(age) for age in (0, 17, 18, 61, 95, None)] == [
        "0-17", "0-17", "18-39", "60-79", "80-120", "not stated",
    ]  # fmt: skip
