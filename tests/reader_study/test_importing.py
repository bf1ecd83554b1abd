"""Readings made elsewhere, as a study: whole or not at all."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User, Workspace
from audit.models import Event
from reader_study import blinding
from reader_study.models import AnalysisRun, Case, Presentation, Reader, Reading, Study, StudyState
from reader_study.reads.rows import rating_table, read_rows
from reader_study.services.importing import columns_of_file, import_readings

pytestmark = pytest.mark.django_db

MADE_UP = Path(__file__).parent / "data" / "vtt_synthetic.csv"


def imported(workspace: Workspace, content: bytes, user: User | None = None, **options: Any) -> Study:
    file = io.BytesIO(content)
    given = options.pop("given", {})
    options.setdefault("title", "From elsewhere")
    return import_readings(workspace=workspace, user=user, file=file, columns=columns_of_file(file, given), **options)


def test_the_made_up_study_comes_in_whole(workspace: Workspace, coordinator: User) -> None:
    study = imported(workspace, MADE_UP.read_bytes(), coordinator)
    assert (study.is_imported, study.state) == (True, StudyState.UNSEALED)
    assert (study.settings["n_real"], study.settings["n_synthetic"]) == (40, 60)
    assert blinding.digest_json(study.protocol) == study.protocol_hash
    revealed = study.revealed_key or {}
    assert blinding.opens(study.key_commitment, revealed["key"], revealed["nonce"])
    assert "nothing was locked" in (study.protocol or {})["note"]
    rows = list(read_rows(study))
    assert len(rows) == 690 and all(row["answered_at"] is None for row in rows)
    expected = [line.split(",") for line in MADE_UP.read_text().splitlines()[1:]]
    ours = [
        [row["reader_code"], row["case_code"], row["generator"] or "real", row["truth"], int(bool(row["is_repeat"])),
         row["trial_index"], row["rating"], row["call"], row["realism"], row["seconds_active"]]
        for row in rows
    ]  # fmt: skip
    assert sorted(ours) == sorted([*row[:3], *map(int, row[3:9]), float(row[9])] for row in expected)
    table = rating_table(rows)
    assert (len(table.primary()), table.sources, table.replicate.sum()) == (600, ["real", "genA", "genB"], 90)
    event = Event.objects.get(action="study.imported", target_id=str(study.pk))
    assert event.actor == coordinator and event.details["reads"] == 690
    assert AnalysisRun.objects.filter(study=study).count() == 1


def test_arms_groups_findings_and_missing_answers(workspace: Workspace) -> None:
    content = (
        b"rater,item,label,score,condition,level,finding_effusion,truth_effusion,truth_nodule\n"
        b"a,1,real,10,plain,junior,1,1,0\na,1,real,70.5,aided,junior,0,1,0\nb,1,real,NA,plain,senior,,1,0\n"
        b"b,2,synthetic,90,plain,senior,1,,\nb,3,synthetic,,plain,senior,0,0,\n"
    )
    given = {"group": "level", "known finding Effusion": "truth_effusion", "known finding Nodule": "truth_nodule"}
    study = imported(workspace, content, given=given)
    rows = {(row["reader_code"], row["case_code"], row["arm"]): row for row in read_rows(study)}
    assert [rows["a", "1", arm]["call"] for arm in ("plain", "aided")] == [0, 1]
    assert rows["b", "1", "plain"]["rating"] is None and rows["b", "1", "plain"]["call"] is None
    assert {row["reader_group"] for row in rows.values()} == {"junior", "senior"}
    known = [(row["findings"], row["findings_open"]) for row in (rows["b", case, "plain"] for case in "123")]
    assert known == [("Effusion", None), (None, "Effusion|Nodule"), ("No Finding", "Nodule")]
    extra = rating_table(list(rows.values())).extra
    assert sorted(extra) == ["correct:Effusion", "seen:Effusion"]
    assert Presentation.objects.filter(reader__study=study, is_repeat=True).count() == 0


def test_calls_are_taken_as_they_are(workspace: Workspace) -> None:
    study = imported(workspace, b"reader,case,truth,rating,call\na,1,0,6,0\na,2,1,1,1\na,3,1,6,\n")
    assert [row["call"] for row in read_rows(study)] == [0, 1, None]


@pytest.mark.parametrize("cut, calls", [(None, [0, 0, 1]), (2, [0, 1, 1])])
def test_without_calls_the_cut_decides(workspace: Workspace, cut: float | None, calls: list[int]) -> None:
    study = imported(workspace, b"reader,case,truth,rating\na,1,0,1\na,2,1,2\na,3,1,5\n", cut=cut)
    assert [row["call"] for row in read_rows(study)] == calls


@pytest.mark.parametrize(
    "content, field, message",
    [
        (b"reader,case,truth,rating\na,1,0,1\na,2,1,x\n", "file", "Row 3"),
        (b"reader,case,truth,rating\na,1,0,\xff\n", "file", "Row 2: it is not UTF-8"),
        (b"", "file", "empty"),
        (b"who,case,truth,rating\na,1,0,1\n", "reader", "The file has: who, case"),
    ],
)
def test_nothing_is_written_unless_every_row_can_be(
    workspace: Workspace, content: bytes, field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        imported(workspace, content)
    assert message in caught.value.message_dict[field][0]
    for model in (Study, Case, Reader, Presentation, Reading):
        assert not model._default_manager.exists()
    assert not Event.objects.filter(action="study.imported").exists()


def test_titles_and_margins_are_checked(workspace: Workspace) -> None:
    content = b"reader,case,truth,rating\na,1,0,1\n"
    with pytest.raises(ValidationError) as caught:
        imported(workspace, content, margin=0.7)
    assert "margin" in caught.value.message_dict
    with pytest.raises(ValidationError) as caught:
        imported(workspace, content, title=" ")
    assert "title" in caught.value.message_dict


def test_the_command(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_readings", MADE_UP, workspace=workspace.slug, title="Made up")
    study = Study.objects.get()
    assert f"{study.pk}: 690 reads of 6 readers and 100 cases" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no workspace"):
        call_command("import_readings", MADE_UP, workspace="nowhere", title="Made up")
    with pytest.raises(CommandError, match="no column 'nothing'"):
        call_command("import_readings", MADE_UP, workspace=workspace.slug, title="Made up", arm="nothing")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_readings", tmp_path / "missing.csv", workspace=workspace.slug, title="Made up")
    with pytest.raises(CommandError, match="NAME=COLUMN"):
        call_command("import_readings", MADE_UP, workspace=workspace.slug, title="Made up", finding=["Effusion"])
    assert Study.objects.count() == 1


def upload(client: Client, content: bytes, **values: Any) -> Any:
    file = SimpleUploadedFile("readings.csv", content, "text/csv")
    return client.post("/studies/import/", {"title": "From a page", "margin": "0.1", "file": file, **values})


def test_the_page_takes_a_file(client: Client, workspace: Workspace, coordinator: User, statistician: User) -> None:
    client.force_login(statistician)
    assert client.get("/studies/import/").status_code == 404
    client.force_login(coordinator)
    assert b"Import readings" in client.get("/studies/").content
    assert b'enctype="multipart/form-data"' in client.get("/studies/import/").content
    response = upload(client, MADE_UP.read_bytes(), realism="-")
    study = Study.objects.get()
    assert response.status_code == 302 and response["Location"] == study.get_absolute_url()
    assert "realism" not in study.protocol["imported"]["columns"]
    page = client.get(response["Location"]).content.decode()
    assert "Imported readings" in page and "Nothing was locked here" in page and "rating: rating" in page
    assert "link not used yet" not in page and "The protocol is fixed" not in page


def test_the_page_says_beside_the_field_what_is_wrong(client: Client, workspace: Workspace, coordinator: User) -> None:
    client.force_login(coordinator)
    refused = upload(client, b"reader,case,truth,rating\na,1,0,x\n", seconds="")
    assert refused.status_code == 400
    assert refused.context["form"].errors["file"] == ["Row 2: 'rating' is 'x', not a number."]
    assert b"From a page" in refused.content
    unnamed = upload(client, b"who,case,truth,rating\na,1,0,1\n", margin="0.8")
    assert unnamed.context["form"].errors.keys() == {"reader"}
    assert upload(client, b"reader,case,truth,rating\na,1,0,1\n", margin="0.8").context["form"].errors.keys() == {
        "margin"
    }
    assert not Study.objects.exists()
