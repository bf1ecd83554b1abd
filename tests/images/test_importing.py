import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Event
from images import tasks
from images.models import Image, ImageSet, ImportRun
from images.services import cancel_import, run_import, start_import
from images.services import store as store_module
from jobs.models import RunState
from jobs.services import sweep_runs
from tests.images.makers import dicom_file, file_of, ramp


@pytest.fixture
def start(workspace, researcher, folder):
    def make(**options):
        if "archive" not in options:
            options.setdefault("directory", str(folder))
        options = {"name": "Hospital", "layout": "csv", "user": researcher, **options}
        return start_import(workspace=workspace, queue=False, **options)

    return make


def uploads():
    folder = Path(default_storage.location) / "uploads"
    return list(folder.glob("*")) if folder.exists() else []


def finished(run):
    run_import(run)
    run.refresh_from_db()
    return run


def check_hospital(run):
    assert (run.state, run.error) == ("succeeded", "")
    assert (run.done, run.total) == (5, 5)
    assert run.report["imported"] == 3 and run.report["refused_count"] == 2
    reasons = {entry["file"].split("/")[-1]: entry["reason"] for entry in run.report["refused"]}
    assert "damaged" in reasons["broken.png"] and "not there" in reasons["gone.png"]
    assert run.report["notes"]["age not understood, left empty"] == 1
    items = list(run.image_set.items.with_images())
    assert [item.findings for item in items] == [["No Finding"], ["Effusion", "Mass"], ["Effusion"]]
    assert [item.group for item in items] == ["1", "1", "2"]
    assert [(item.age, item.sex, item.view) for item in items] == [(36, "F", "PA"), (52, "M", "AP"), (None, "", "AP")]
    assert [item.position for item in items] == [0, 1, 2]


def test_a_folder_becomes_an_image_set(start, researcher):
    run = finished(start(description="From a folder"))
    check_hospital(run)
    assert run.image_set.description == "From a folder"
    assert run.image_set.created_by == researcher
    assert run.image_set.provenance == {"Imported from": "hospital", "Layout": "folder with a CSV file"}
    assert run.environment.keys() == {"python", "numpy", "pillow", "pydicom"}


def test_an_uploaded_archive_becomes_the_same_set_and_is_not_kept(start, archive):
    from_folder = finished(start())
    run = start(archive=archive())
    assert len(uploads()) == 1
    check_hospital(finished(run))
    assert run.image_set.digest == from_folder.image_set.digest
    assert run.image_set.provenance["Imported from"] == "hospital.zip"
    assert not uploads()


def test_a_queued_import_is_published_when_it_is_written_down(
    workspace, researcher, folder, monkeypatch, django_capture_on_commit_callbacks
):
    published = []
    monkeypatch.setattr(tasks.import_images, "delay", published.append)
    with django_capture_on_commit_callbacks(execute=True):
        run = start_import(workspace=workspace, name="A", layout="csv", user=researcher, directory=str(folder))
        assert not published
    assert published == [str(run.pk)]
    tasks.import_images(*published)
    run.refresh_from_db()
    check_hospital(run)


def test_start_and_end_are_in_the_audit_log(start, researcher):
    run = finished(start())
    started, ended = Event.objects.order_by("id")
    assert (started.action, started.target_id, started.actor) == ("import.started", str(run.pk), researcher)
    assert (ended.action, ended.target_id) == ("import.finished", str(run.image_set.pk))
    assert ended.details == {"imported": 3, "refused": 2, "digest": run.image_set.digest}


def test_dicom_patients_become_pseudonyms_that_differ_between_workspaces(start, import_root, other_workspace, stranger):
    study = import_root / "Sinclair^Ada"
    study.mkdir()
    for number in range(2):
        (study / f"IM{number}").write_bytes(dicom_file(ramp(seed=number)))
    (study / "IM2").write_bytes(dicom_file(ramp(seed=2), PatientID="MRN-1"))
    (study / "IM3").write_bytes(dicom_file(ramp(seed=3), PatientID=None))
    here = finished(start(layout="dicom", directory=str(study))).image_set
    first, second, third, unknown = here.items.with_images()
    assert first.patient == first.group == second.patient and len(first.patient) == 16
    assert third.patient not in ("", first.patient)
    assert unknown.patient == "" and unknown.group.startswith("image-")
    there = finished(
        start_import(
            workspace=other_workspace, name="x", layout="dicom", user=stranger, directory=str(study), queue=False
        )
    ).image_set
    assert there.items.first().patient not in {item.patient for item in here.items.all()}
    for row in [*here.items.values(), *Image.objects.values()]:
        assert "MRN" not in str(row) and "Sinclair" not in str(row)


def test_synthetic_images_are_grouped_by_their_prompt(start, import_root):
    made = import_root / "made"
    made.mkdir()
    for number in range(4):
        (made / f"{number}.png").write_bytes(file_of(ramp(seed=number)))
    rows = "0.png,Normal.,\n1.png,Normal.,\n2.png,Effusion.,\n3.png,Effusion.,mine\n"
    (made / "list.csv").write_text("file,prompt,group\n" + rows)
    image_set = finished(start(directory=str(made), source="synthetic")).image_set
    groups = [item.group for item in image_set.items.all()]
    assert groups[0] == groups[1] != groups[2] and groups[3] == "mine"
    assert groups[0].startswith("prompt-")
    assert image_set.source == "synthetic"


def test_the_same_pixels_twice_are_refused_the_second_time(start, folder):
    (folder / "c.png").write_bytes(file_of(ramp(seed=1), compress_level=1))
    run = finished(start())
    assert {"file": "c.png", "reason": "has exactly the pixels of a.png"} in run.report["refused"]
    assert run.image_set.count == 2


def test_when_everything_is_refused_there_is_a_report_and_no_set(start, import_root):
    bad = import_root / "bad"
    bad.mkdir()
    (bad / "metadata.csv").write_text("path\na.png\nb.png\n")
    (bad / "a.png").write_bytes(b"not an image")
    run = finished(start(directory=str(bad)))
    assert run.state == "failed" and "None of the 2 files" in run.error
    assert run.report["refused_count"] == 2 and len(run.report["refused"]) == 2
    assert not ImageSet.objects.exists() and not Image.objects.exists()


def test_a_folder_that_vanished_fails_the_run_with_the_reason(start, folder):
    run = start()
    folder.rename(folder.with_name("elsewhere"))
    assert "There is no folder" in finished(run).error


def test_an_archive_that_vanished_fails_the_run(start, archive):
    run = start(archive=archive())
    default_storage.delete(run.archive.name)
    assert finished(run).error == "The uploaded archive is no longer there; upload it again."


def test_an_unexpected_error_fails_the_run_without_its_text(start, monkeypatch):
    def broken(**options):
        raise RuntimeError("secret")

    monkeypatch.setattr("images.services.collecting.store_image", broken)
    run = finished(start())
    assert run.state == "failed" and "RuntimeError" in run.error and "secret" not in run.error


def test_a_cancelled_import_leaves_no_set(start, monkeypatch, archive):
    run = start(archive=archive())
    monkeypatch.setattr("images.services.collecting._SECONDS_BETWEEN_BEATS", 0)
    real = store_module.store_image

    def store_then_cancel(**options):
        ImportRun.objects.get(pk=run.pk).request_cancel()
        return real(**options)

    monkeypatch.setattr("images.services.collecting.store_image", store_then_cancel)
    assert finished(run).state == "cancelled"
    assert not ImageSet.objects.exists() and not uploads()


def test_cancelling_before_the_start(start, archive):
    run = start(archive=archive())
    cancel_import(run)
    assert finished(run).state == "cancelled"
    assert not Image.objects.exists() and not uploads()


def test_archives_of_runs_that_were_given_up_are_deleted_with_the_next_import(start, archive):
    start(archive=archive()).fail("The worker stopped 3 times.")
    assert len(uploads()) == 1
    second = start(archive=archive())
    assert [path.stem for path in uploads()] == [str(second.pk)]


def test_odd_names_and_endless_cells_are_reported(start, import_root):
    odd = import_root / "odd"
    odd.mkdir()
    (odd / "good.dcm").write_bytes(dicom_file(ramp()))
    (Path(os.fsdecode(bytes(odd) + b"/\xff\xfe.png"))).write_bytes(b"")
    report = finished(start(directory=str(odd), layout="dicom")).report
    assert report["imported"] == 1 and report["refused"][0]["file"] == "\\udcff\\udcfe.png"
    (odd / "list.csv").write_text("path\n" + "x" * 100_000 + "\n")
    report = finished(start(directory=str(odd))).report
    assert len(report["refused"][0]["file"]) < 400


class Killed(BaseException):
    """Stands for kill -9: nothing in the process runs afterwards."""


@pytest.mark.parametrize("killed_at", ["reading", "writing the set", "success"])
def test_a_killed_import_is_brought_back_and_makes_each_thing_once(start, monkeypatch, killed_at, archive):
    calls = []

    def killer(name, real, at):
        def call(*args, **options):
            calls.append(name)
            if calls.count(name) == at:
                raise Killed
            return real(*args, **options)

        return call

    place, at = {
        "reading": ("images.services.collecting.store_image", 3),
        "writing the set": ("images.services.importing.create_set_of_staged", 1),
        "success": ("images.models.ImportRun.succeed", 1),
    }[killed_at]
    module, name = place.rsplit(".", 1)
    from importlib import import_module

    owner = ImportRun if name == "succeed" else import_module(module)
    run = start(archive=archive())
    monkeypatch.setattr(owner, name, killer(name, getattr(owner, name), at))
    with pytest.raises(Killed):
        run_import(run)
    assert not ImageSet.objects.exists() and len(uploads()) == 1

    run_import(ImportRun.objects.get(pk=run.pk))  # redelivered at once: the first worker may still live
    assert not ImageSet.objects.exists()

    ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=django_settings.RUN_STALE_SECONDS + 1))
    monkeypatch.setattr(tasks.import_images, "delay", lambda run_id: tasks.import_images(run_id))
    assert sweep_runs() == 1
    run.refresh_from_db()
    check_hospital(run)
    assert run.attempt == 2
    assert Image.objects.count() == 3 and ImageSet.objects.count() == 1
    assert Event.objects.filter(action="import.finished").count() == 1
    assert not uploads()


def test_a_worker_that_was_overtaken_writes_nothing(start, monkeypatch):
    run = start()
    monkeypatch.setattr("images.services.collecting.store_image", _overtaking(run))
    run_import(run)
    run.refresh_from_db()
    check_hospital(run)
    assert run.attempt == 2 and ImageSet.objects.count() == 1


def _overtaking(run):
    real, overtaken = store_module.store_image, []

    def store(**options):
        if not overtaken:
            overtaken.append(True)
            ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(days=1))
            run_import(ImportRun.objects.get(pk=run.pk))
        return real(**options)

    return store


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return SimpleUploadedFile("x.zip", buffer.getvalue())


@pytest.mark.parametrize(
    ("options", "field", "reason"),
    [
        ({"directory": ""}, "directory", "either a folder on the server or a zip"),
        ({"directory": "x", "archive": "good"}, "directory", "either a folder"),
        ({"directory": "/etc"}, "directory", "IMPORT_ROOTS"),
        ({"directory": "../../etc"}, "directory", "IMPORT_ROOTS"),
        ({"directory": "nowhere"}, "directory", "no folder"),
        ({"directory": "~nobody"}, "directory", "no folder"),
        ({"directory": "n" * 500}, "directory", "no folder"),
        ({"directory": "empty"}, "directory", "no CSV file"),
        ({"name": " "}, "name", "blank"),
        ({"name": "n" * 201}, "name", "at most 200"),
        ({"layout": "other"}, "layout", "not a valid choice"),
        ({"source": "other"}, "source", "not a valid choice"),
        ({"layout": "dicom", "archive": {}}, "archive", "no file"),
        ({"archive": {"a.csv": "colour\nred"}}, "archive", 'It has "colour"'),
        ({"archive": {"a.csv": "path\n", "bomb": bytes(30 * 2**20)}}, "archive", "200 times"),
        ({"archive": SimpleUploadedFile("x.zip", b"nonsense")}, "archive", "not a readable zip"),
    ],
)
def test_what_cannot_be_an_import_is_refused_at_the_door_and_leaves_nothing(start, archive, options, field, reason):
    if options.get("archive") == "good":
        options = {**options, "archive": archive()}
    elif isinstance(options.get("archive"), dict):
        options = {**options, "archive": zip_of(options["archive"])}
    with pytest.raises(ValidationError) as refused:
        start(**options)
    assert list(refused.value.message_dict) == [field]
    assert reason in str(refused.value)
    assert not ImportRun.objects.exists() and not uploads() and not Event.objects.exists()


def test_a_folder_linked_out_of_the_roots_is_refused(start, import_root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (import_root / "link").symlink_to(outside)
    with pytest.raises(ValidationError, match="IMPORT_ROOTS"):
        start(directory="link")


def test_folders_outside_are_refused_in_the_same_words_whether_they_exist(start):
    words = set()
    for directory in ("/etc", "/no/such/folder"):
        with pytest.raises(ValidationError) as refused:
            start(directory=directory)
        words.add(str(refused.value))
    assert len(words) == 1


def test_a_folder_may_be_named_from_the_first_root(start, folder):
    assert start(directory=folder.name).directory == str(folder)


def test_an_archive_is_not_left_behind_when_the_run_cannot_be_written(start, archive, monkeypatch):
    def broken(**options):
        raise RuntimeError

    monkeypatch.setattr("images.services.importing.record", broken)
    with pytest.raises(RuntimeError):
        start(archive=archive())
    assert not uploads() and not ImportRun.objects.exists()


def test_very_many_refusals_are_counted_and_the_first_kept(start, import_root, monkeypatch):
    monkeypatch.setattr("images.services.collecting.REFUSALS_KEPT", 2)
    (import_root / "x").mkdir()
    (import_root / "x" / "m.csv").write_text("path\n" + "".join(f"{number}.png\n" for number in range(5)))
    report = finished(start(directory="x")).report
    assert report["refused_count"] == 5 and len(report["refused"]) == 2


@pytest.mark.real_data
def test_the_real_sample_becomes_a_set_of_300(start, shared_data):
    run = finished(
        start(directory=str(shared_data / "nih-cxr14-sample"), layout="nih", roots=[shared_data], name="NIH sample")
    )
    assert run.state == RunState.SUCCEEDED
    near = {"count": 0, "complete": True, "pairs": []}
    assert run.report == {
        "imported": 300, "refused_count": 0, "refused": [], "notes": {}, "near_duplicates": near
    }  # fmt: skip
    items = run.image_set.items.with_images()
    assert run.image_set.count == len(items) == 300
    assert sum(item.findings == ["No Finding"] for item in items) == 150
    assert sum("Pneumonia" in item.findings for item in items) == 150
    assert {(item.image.width, item.image.height, item.image.bits) for item in items} == {(512, 512, 8)}
    assert all(item.patient and item.age and item.sex and item.view for item in items)
