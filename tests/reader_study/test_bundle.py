"""The export bundle of a study, by page, API and command."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from audit.models import Event
from reader_study import blinding
from reader_study.bundle import export_blinded, export_study
from reader_study.export.bundle import verify_bundle
from reader_study.export.columns import AUDIT, BLINDED, DESIGN
from reader_study.export.imrmc import read_imrmc
from reader_study.export.parquet import read_parquet
from reader_study.export.redcap import read_redcap
from reader_study.export.rjafroc import read_rjafroc_excel, read_rjafroc_imrmc
from reader_study.export.scores import read_codes, read_mrmcaov
from reader_study.export.tables import read_csv
from reader_study.export.wide import WIDE_COLUMNS, read_by_reader, read_wide
from reader_study.models import Presentation, Study
from reader_study.reads.rows import columns_of, rating_table, read_rows
from reader_study.results.analysed import data_digest
from reader_study.services import finished_analysis
from reader_study.services.importing import columns_of_file, import_readings
from tests.reader_study.factories import build_draft, build_open
from tests.reader_study.unsealed import read_study, unseal

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(workspace: Workspace, coordinator: User) -> Study:
    return unseal(read_study(workspace, coordinator, simulated=1), coordinator)


@pytest.fixture
def files(study: Study) -> dict[str, bytes]:
    return opened(export_study(study=study, user=None))


def opened(chunks: Iterable[bytes]) -> dict[str, bytes]:
    data = b"".join(chunks)
    assert verify_bundle(io.BytesIO(data)) == []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


TABLES = {
    "README.txt", "reads.csv", "reads.parquet", "codebook.csv", "redcap_data_dictionary.csv", "design.csv",
    "protocol.json", "manifest.json",
    *(f"wide/{name}{kind}.csv" for name in ("ratings", "calls", "realism") for kind in ("", "_by_reader")),
}  # fmt: skip
WHOLE = TABLES | {
    "mrmcaov.csv", "reads.imrmc", "rjafroc.imrmc", "rjafroc.xlsx", "rjafroc_codes.csv", "key.json",
    "blinding_audit.json", "audit_log.csv", "reanalyse.R", "results.json",
}  # fmt: skip


def test_it_holds_what_it_should(study: Study, files: dict[str, bytes]) -> None:
    stored = finished_analysis(study=study).files.keys()
    figures = {name for name in files if name.startswith("figures/")}
    assert set(files) == WHOLE | stored
    assert {f"figures/roc.{kind}" for kind in ("svg", "png", "csv")} <= figures
    readme = files["README.txt"].decode()
    assert all(name in readme for name in files.keys() - {"README.txt"})
    docs = (Path(__file__).resolve().parents[2] / "docs" / "exports.md").read_text()
    assert [name for name in WHOLE if f"`{name}`" not in docs] == []
    assert "Simulated readers" in readme and "R01" in readme and "Left out" not in readme


def test_the_long_table_read_back_gives_the_same_results(study: Study, files: dict[str, bytes]) -> None:
    columns = columns_of(study)
    rows = read_csv(files["reads.csv"], columns)
    expected = [{column.name: row.get(column.name) for column in columns} for row in read_rows(study)]
    timed = ("shown_at", "answered_at")
    untimed = [{name: value for name, value in row.items() if name not in timed} for row in expected]
    assert [{name: value for name, value in row.items() if name not in timed} for row in rows] == untimed
    assert read_parquet(files["reads.parquet"]) == expected
    assert data_digest(rating_table(rows)) == finished_analysis(study=study).document["provenance"]["data_sha256"]


def test_every_column_of_every_table_is_in_the_codebook(study: Study, files: dict[str, bytes]) -> None:
    told: dict[str, list[str]] = {}
    for line in csv.DictReader(io.StringIO(files["codebook.csv"].decode())):
        assert line["description"]
        told.setdefault(line["file"], []).append(line["name"])
    tables = {name for name in files if name.endswith(".csv") and not name.startswith("figures/")}
    assert told.keys() == tables - {"codebook.csv", "redcap_data_dictionary.csv"}
    for name, columns in told.items():
        header = next(csv.reader(io.StringIO(files[name].decode())))
        assert header[: len(columns)] == columns
        assert name.startswith("wide/") or header == columns
    fields = read_redcap(files["redcap_data_dictionary.csv"])
    assert [field.label for field in fields[1:]] == [column.description for column in columns_of(study)]


def test_the_files_for_other_programs_hold_first_ratings_only(study: Study, files: dict[str, bytes]) -> None:
    first = rating_table(list(read_rows(study))).primary()
    expected = sorted(zip(first.reader, first.case, first.rating, strict=True))
    truth = dict(zip(first.case, first.truth, strict=True))
    assert len(expected) == 48
    for file in (read_imrmc(files["reads.imrmc"]), read_mrmcaov(files["mrmcaov.csv"])):
        assert file.truth == truth
        assert sorted((score.reader, score.case, score.score) for score in file.scores) == expected
    codes = read_codes(files["rjafroc_codes.csv"])
    readers, cases = ({str(number): code for code, number in of.items()} for of in (codes.readers, codes.cases))
    for file in (read_rjafroc_imrmc(files["rjafroc.imrmc"]), read_rjafroc_excel(files["rjafroc.xlsx"])):
        assert {cases[case]: value for case, value in file.truth.items()} == truth
        assert sorted((readers[s.reader], cases[s.case], s.score) for s in file.scores) == expected


def test_the_wide_tables_hold_first_answers(study: Study, files: dict[str, bytes]) -> None:
    first = rating_table(list(read_rows(study))).primary()
    for name in ("rating", "call", "realism"):
        stem = name if name == "realism" else f"{name}s"
        wide = read_wide(files[f"wide/{stem}.csv"], WIDE_COLUMNS[1:])
        values = zip(first.case.tolist(), first.reader.tolist(), first.column(name).tolist(), strict=True)
        assert wide.values == {(case, reader): value for case, reader, value in values}
        assert read_by_reader(files[f"wide/{stem}_by_reader.csv"]).values == wide.values
        assert set(wide.about["truth"].values()) == {0, 1}


def test_design_and_audit_log(study: Study, files: dict[str, bytes]) -> None:
    shown = read_csv(files["design.csv"], DESIGN)
    assert len(shown) == Presentation.objects.filter(reader__study=study).count()
    assert all(row["answered"] for row in shown)
    done = read_csv(files["audit_log.csv"], AUDIT)
    actions = [row["action"] for row in done]
    assert actions[0] == "study.built" and actions[-1] == "study.unsealed" and "reader.consented" in actions
    assert {row["actor"] for row in done} == {"member 1", "R01", "R02", "R03"}


def test_the_script_reads_what_is_there(files: dict[str, bytes]) -> None:
    script = files["reanalyse.R"].decode()
    assert "null <- 0.5" in script and "margin <- 0.1" in script and "@" not in script.split("have <-")[0]
    named = set(re.findall(r'"([\w/]+\.(?:csv|imrmc|xlsx|json))"', script))
    assert len(named) > 5 and named <= files.keys()


def test_protocol_and_key_can_be_checked_with_nothing_else(study: Study, files: dict[str, bytes]) -> None:
    assert hashlib.sha256(files["protocol.json"]).hexdigest() == study.protocol_hash
    key = json.loads(files["key.json"])
    assert blinding.opens(key["key_commitment"], key["key"], key["nonce"])
    assert json.loads(files["results.json"]) == finished_analysis(study=study).document


def test_it_says_nothing_of_who_read(study: Study, files: dict[str, bytes]) -> None:
    from reader_study.models import Reader

    for reader in Reader.objects.filter(study=study):
        for private in (reader.user and reader.user.username, str(reader.pk) if reader.pk > 999 else ""):
            assert not private or all(private.encode() not in data for data in files.values())


def test_equal_studies_give_equal_bundles(study: Study) -> None:
    first, second = (b"".join(export_study(study=study, user=None)) for _ in range(2))
    assert first == second


def test_every_export_is_on_record(client: Client, study: Study, statistician: User) -> None:
    client.force_login(statistician)
    response: Any = client.get(f"/studies/{study.pk}/export.zip")
    assert response.status_code == 200 and response.streaming
    assert verify_bundle(io.BytesIO(b"".join(response.streaming_content))) == []
    api: Any = client.get(f"/api/v1/studies/{study.pk}/export/")
    assert verify_bundle(io.BytesIO(b"".join(api.streaming_content))) == []
    events = Event.objects.filter(action="study.exported", target_id=str(study.pk))
    assert [event.actor for event in events] == [statistician, statistician]
    assert events[0].details["data_sha256"] == finished_analysis(study=study).document["provenance"]["data_sha256"]
    assert events[0].details["reads"] == len(list(read_rows(study)))


def test_the_command_writes_the_same_bundle(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "study.zip"
    call_command("export_study", str(study.pk), out=out)
    assert out.read_bytes() == b"".join(export_study(study=study, user=None))
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_study", str(study.pk), out=out)


def test_the_command_says_what_is_wrong(workspace: Workspace, coordinator: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no study"):
        call_command("export_study", "nothing", out=tmp_path / "a.zip")
    study = read_study(workspace, coordinator, readers=1)
    with pytest.raises(CommandError, match="not unsealed"):
        call_command("export_study", str(study.pk), out=tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    assert not Event.objects.filter(action="study.exported").exists()
    unseal(study, coordinator)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_study", str(study.pk), out=tmp_path / "missing" / "a.zip")


def test_before_unsealing_nothing_of_the_key_is_asked_for_or_told(workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=2)
    with CaptureQueriesContext(connection) as asked:
        files = opened(export_blinded(study=study, user=coordinator))
    sql = " ".join(query["sql"] for query in asked.captured_queries).lower()
    assert "reader_study_reading" in sql
    assert not any(name in sql for name in ("casekey", "sealednonce", "revealed_key", "images_", "audit_event.details"))
    assert set(files) == TABLES
    header = next(csv.reader(io.StringIO(files["reads.csv"].decode())))
    assert set(header) == BLINDED | {"source_confidence", "realism"}
    assert list(read_parquet(files["reads.parquet"])[0]) == header
    assert "This is a blinded export" in files["README.txt"].decode()
    told = json.loads(files["protocol.json"])
    assert told.keys() == {
        "version", "study", "analysis", "questions", "reader_title", "instructions", "consent_text", "settings",
        "protocol_hash", "key_commitment",
    }  # fmt: skip
    assert told["settings"].keys() <= {"margin", "alpha", "repeats_share", "break_every", "frame_size"}
    reader = Presentation.objects.filter(reader__study=study).select_related("reader")[0].reader
    private = (reader.seed, study.settings["seed"], *study.protocol["frames"].values(), study.real_set.name, "Effusion")
    assert not any(word.encode() in data for word in private for data in files.values())


def test_the_blinded_reads_are_those_of_the_whole_bundle(workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=2)
    before = opened(export_blinded(study=study, user=None))
    unseal(study, coordinator)
    assert opened(export_blinded(study=study, user=None)) == before
    blind, whole = read_parquet(before["reads.parquet"]), list(read_rows(study))
    assert blind == [{name: row[name] for name in blind[0]} for row in whole]


def test_who_may_take_a_blinded_export(
    client: Client, workspace: Workspace, coordinator: User, statistician: User
) -> None:
    study = read_study(workspace, coordinator, readers=1)
    addresses = (f"/studies/{study.pk}/export-blinded.zip", f"/api/v1/studies/{study.pk}/blinded-export/")
    client.force_login(statistician)
    assert [client.get(address).status_code for address in addresses] == [404, 403]
    client.force_login(coordinator)
    for address in addresses:
        response: Any = client.get(address)
        assert verify_bundle(io.BytesIO(b"".join(response.streaming_content))) == []
        assert "-blinded.zip" in response["Content-Disposition"]
    assert client.get(f"/studies/{study.pk}/export.zip").status_code == 404
    events = Event.objects.filter(action="study.exported_blinded", target_id=str(study.pk))
    assert [(event.actor, event.details["reads"]) for event in events] == 2 * [
        (coordinator, Presentation.objects.filter(reader__study=study).count())
    ]
    assert b"Download blinded readings" in client.get(study.get_absolute_url()).content


def test_what_has_nothing_to_blind_is_refused(client: Client, workspace: Workspace, coordinator: User) -> None:
    draft, unread = build_draft(workspace, coordinator), build_open(workspace, coordinator)
    for study, message in ((draft, "draft"), (unread, "Nobody has read")):
        with pytest.raises(ValidationError, match=message):
            export_blinded(study=study, user=None)
    client.force_login(coordinator)
    response = client.get(f"/studies/{unread.pk}/export-blinded.zip", follow=True)
    assert b"Nobody has read" in response.content
    assert client.get(f"/api/v1/studies/{unread.pk}/blinded-export/").status_code == 409
    assert not Event.objects.filter(action="study.exported_blinded").exists()


def test_the_command_writes_the_blinded_bundle(workspace: Workspace, coordinator: User, tmp_path: Path) -> None:
    study = read_study(workspace, coordinator, readers=1)
    call_command("export_study", str(study.pk), out=tmp_path / "blinded.zip", blinded=True)
    assert (tmp_path / "blinded.zip").read_bytes() == b"".join(export_blinded(study=study, user=None))


def test_a_design_with_holes_leaves_out_what_cannot_say_so(workspace: Workspace) -> None:
    rows = b'reader,case,truth,rating,arm\na,1,0,1,x\na,2,1,2,x\nb,1,0,3,x\n"b,c",1,0,3,y\n'
    file = io.BytesIO(rows)
    study = import_readings(workspace=workspace, user=None, title="Holes", file=file, columns=columns_of_file(file, {}))
    files = opened(export_study(study=study, user=None))
    assert {"rjafroc.xlsx", "rjafroc.imrmc", "reads.imrmc", "blinding_audit.json"}.isdisjoint(files)
    readme = files["README.txt"].decode()
    assert "rjafroc.xlsx: 12 scores make a fully crossed design" in readme and "reads.imrmc: Labels without" in readme
    assert "nothing was locked here before" in readme
    assert files["wide/ratings.csv"].startswith(b'case_code,source,truth,a (x),b (x),"b,c (y)"\r\n')
    with pytest.raises(ValidationError, match="imported together with the truth"):
        export_blinded(study=study, user=None)
