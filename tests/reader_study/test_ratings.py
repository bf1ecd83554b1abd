"""Ratings in a file, analysed without a study."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reader_study.analysis import AnalysisError, plain
from reader_study.export.errors import ExportError
from reader_study.ratings import FORMAT, analyse_file, read_ratings

DATA = Path(__file__).parent / "data" / "vtt_synthetic.csv"


def test_three_lines_in_a_notebook_are_enough() -> None:
    analysis = analyse_file(DATA, columns={"call": "call_synthetic"}, margin=0.05)
    # MRMCaov 0.3.0 with DeLong covariances (single modality), and the U-statistic of iMRMC 2.1.2 for the calls.
    assert analysis.auc.random is not None
    assert analysis.auc.random.estimate == pytest.approx(0.709027777777778, rel=1e-12)
    assert analysis.auc.random.df == pytest.approx(30.46357, abs=1e-5)
    assert analysis.primary.random is not None
    assert analysis.primary.random.estimate == pytest.approx(0.647222222222222, rel=1e-12)
    assert analysis.settings.margin == 0.05
    assert analysis.generators.auc.sources == ("genA", "genB")


def test_the_command_writes_every_number_with_its_method(tmp_path: Path) -> None:
    out, written = StringIO(), tmp_path / "results.json"
    call_command("analyse_ratings", str(DATA), call="call_synthetic", json=written, stdout=out)
    assert "better than chance: balanced accuracy 64.7 %" in out.getvalue()
    document = json.loads(written.read_text())
    assert document["format"] == FORMAT
    assert document["file"]["name"] == "vtt_synthetic.csv"
    assert {"or_rrrc", "tost_mrmc", "krippendorff_nominal"} <= document["methods"].keys()
    assert document["analysis"] == plain(analyse_file(DATA, columns={"call": "call_synthetic"}))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("covariance", "f", "df2", "p"),
    [
        # MRMCaov 0.3.0, Van Dyke data, random readers and cases.
        ("delong", 4.48485432182078, 15.0661079388731, 0.0512330308248),
        ("jackknife", 4.45631869315726, 15.2596745891416, 0.0516656858193),
        ("unbiased", 4.48961389494943, 15.0341808136651, 0.0511618023507),
    ],
)
def test_two_arms_equal_the_reference(shared_data: Path, covariance: str, f: float, df2: float, p: float) -> None:
    found = analyse_file(shared_data / "reference-statistics" / "vandyke.csv", covariance=covariance).arms.auc
    assert found is not None
    assert found.overall is not None
    assert found.overall.statistic == pytest.approx(f, rel=1e-9)
    assert found.overall.df2 == pytest.approx(df2, rel=1e-9)
    assert found.overall.p_value == pytest.approx(p, rel=1e-9)


def test_missing_reads_are_allowed_and_change_the_method(tmp_path: Path) -> None:
    lines = DATA.read_text().splitlines()
    file = tmp_path / "some.csv"
    file.write_text("\n".join(line for number, line in enumerate(lines) if number % 17 != 5) + "\n")
    design = analyse_file(file, columns={"call": "call_synthetic"}).primary.design
    assert design is not None
    assert (design.method, design.kind) == ("ustat", "missing reads")
    forced = analyse_file(file, columns={"call": "call_synthetic"}, method="or").primary.design
    assert forced is not None
    assert forced.method == "or"


def test_ratings_without_calls_stand_on_the_area_alone(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    rows = [f"{r};{c};{c % 2};{(7 * c + 3 * r) % 11 + c % 2:.1f}" for r in range(3) for c in range(12)]
    file.write_text("rater;image;truth;score\n" + "\n".join(rows) + "\n")
    analysis = analyse_file(file)
    assert analysis.primary.name == "AUC"
    cut = analyse_file(file, cut=6.0)
    assert cut.primary.name == "balanced accuracy"


def test_what_is_wrong_with_a_file_is_said_by_row(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("reader,case,truth,rating\nr1,c1,1,4\nr1,c2,maybe,3\nr1,c1,1,5\n")
    with pytest.raises(ExportError, match="Row 3: 'truth' is 'maybe'"):
        read_ratings(file)
    with pytest.raises(CommandError, match=r"(?s)Row 3.*Row 4: 'r1' has read 'c1' in row 2 already"):
        call_command("analyse_ratings", str(file))
    file.write_text("who,what\n1,2\n")
    with pytest.raises(ExportError, match=r"Name the column of the reader\. The file has: who, what\."):
        read_ratings(file)
    with pytest.raises(ExportError, match="no kind of column 'colour'"):
        read_ratings(DATA, {"colour": "rating"})
    with pytest.raises(ExportError, match="cannot be read"):
        read_ratings(tmp_path / "absent.csv")


def test_unknown_options_are_refused() -> None:
    with pytest.raises(AnalysisError, match="Unknown"):
        analyse_file(DATA, columns={"call": "call_synthetic"}, inference="XXXX")
    with pytest.raises(AnalysisError, match="covariance"):
        analyse_file(DATA, columns={"call": "call_synthetic"}, covariance="magic")
