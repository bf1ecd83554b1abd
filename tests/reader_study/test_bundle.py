"""The export bundle of a study, by page, API and command."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User, Workspace
from audit.models import Event
from reader_study import blinding
from reader_study.bundle import export_study
from reader_study.export.bundle import verify_bundle
from reader_study.export.imrmc import read_imrmc
from reader_study.export.tables import read_csv
from reader_study.models import Study
from reader_study.reads import columns_of, rating_table, read_rows
from reader_study.results import data_digest, results_document, results_of
from tests.reader_study.unsealed import read_study, unseal

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(workspace: Workspace, coordinator: User) -> Study:
    return unseal(read_study(workspace, coordinator, simulated=1), coordinator)


@pytest.fixture
def files(study: Study) -> dict[str, bytes]:
    data = b"".join(export_study(study=study, user=None))
    assert verify_bundle(io.BytesIO(data)) == []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_what_it_should(files: dict[str, bytes]) -> None:
    figures = {f"figures/{name}.svg" for name in ("readers", "roc", "confusion", "realism", "times")}
    texts = {"README.txt", "reads.csv", "codebook.csv", "results.json", "reads.imrmc", "protocol.json", "key.json"}
    assert set(files) == figures | texts | {"manifest.json"}
    readme = files["README.txt"].decode()
    assert all(name in readme for name in files.keys() - {"README.txt"})
    assert "Simulated readers" in readme and "R01" in readme


def test_the_long_table_read_back_gives_the_same_results(study: Study, files: dict[str, bytes]) -> None:
    columns = columns_of(study)
    rows = read_csv(files["reads.csv"], columns)
    expected = list(read_rows(study))
    timed = ("shown_at", "answered_at")
    plain = [{name: row.get(name) for name in row if name not in timed} for row in rows]
    assert plain == [
        {column.name: row.get(column.name) for column in columns if column.name not in timed} for row in expected
    ]
    assert data_digest(rating_table(rows)) == results_of(study).provenance.data_sha256
    book = list(csv.DictReader(io.StringIO(files["codebook.csv"].decode())))
    assert [line["name"] for line in book] == list(rows[0])


def test_the_imrmc_file_holds_first_ratings_only(study: Study, files: dict[str, bytes]) -> None:
    file = read_imrmc(files["reads.imrmc"])
    first = results_of(study).table.primary()
    assert len(file.scores) == len(first) == 48
    assert sum(file.truth.values()) == 8
    assert {(score.reader, score.case): score.score for score in file.scores} == {
        (reader, case): rating for reader, case, rating in zip(first.reader, first.case, first.rating, strict=True)
    }


def test_protocol_and_key_can_be_checked_with_nothing_else(study: Study, files: dict[str, bytes]) -> None:
    assert hashlib.sha256(files["protocol.json"]).hexdigest() == study.protocol_hash
    key = json.loads(files["key.json"])
    assert blinding.opens(key["key_commitment"], key["key"], key["nonce"])
    assert json.loads(files["results.json"]) == json.loads(json.dumps(results_document(results_of(study))))


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
    assert events[0].details["data_sha256"] == results_of(study).provenance.data_sha256


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
