"""Published collections through the import: choices, samples, turns, and what a killed worker leaves."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from images import tasks
from images.datasets import ReadingOptions
from images.models import Image, ImageSet, ImportRun, StagedItem
from images.services import cancel_import, run_import, start_import
from images.services import importing as importing_module
from images.services.collecting import store_image as real_store
from jobs.models import RunState
from tests.images import trees
from tests.images.makers import file_of, ramp


@pytest.fixture
def start(workspace, researcher, import_root):
    def make(layout="mimic", root=None, **options):
        root = root or trees.MAKERS[layout](import_root / layout)
        return start_import(
            workspace=workspace, name="Set", layout=layout, user=researcher, directory=str(root), queue=False,
            options=ReadingOptions(**options),
        )  # fmt: skip

    return make


@pytest.fixture
def many(import_root):
    """A folder of 25 pictures and a table of them."""
    rows = "".join(
        f"{n}.png,{'Mass' if n % 5 == 0 else 'Effusion'},p{n // 2},{n * 3},{'FM'[n % 2]}\n" for n in range(25)
    )
    files = {f"{n}.png": trees.png(n) for n in range(25)}
    return trees.fill(import_root / "many", {"metadata.csv": f"path,findings,patient,age,sex\n{rows}", **files})


def finished(run, **options):
    run_import(run, **options)
    run.refresh_from_db()
    return run


def let_it_die():
    ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=django_settings.RUN_STALE_SECONDS + 1))


def test_a_part_of_mimic_becomes_a_set(start):
    run = finished(start(splits=("train",), views=("PA", "AP")))
    assert run.state == RunState.SUCCEEDED, run.error
    (item,) = run.image_set.items.all()
    assert (item.patient, item.group, item.findings, item.uncertain) == (trees.P1, trees.P1, ["Edema"], ["Pneumonia"])
    assert run.report["notes"] == {"left out: view L": 1, "left out: not in train": 1}
    assert run.image_set.provenance["Layout"] == "MIMIC-CXR-JPG"
    assert run.image_set.provenance["Parts"] == "train" and run.image_set.provenance["Views"] == "PA, AP"
    assert not StagedItem.objects.exists()


@pytest.mark.parametrize("layout", ["vindr", "chexpert-plus"])
def test_other_collections_become_sets(start, layout):
    run = finished(start(layout))
    assert run.state == RunState.SUCCEEDED and run.image_set.count == len(run.image_set.items.all()) >= 2


@pytest.mark.parametrize(
    ("options", "field"), [({"splits": ("valid",)}, "splits"), ({"labels": "report"}, "labels"), ({}, "directory")]
)
def test_what_cannot_be_read_is_refused_at_the_door(start, import_root, options, field):
    root = trees.mimic(import_root / "mimic")
    if not options:
        (root / "mimic-cxr-2.0.0-split.csv.gz").unlink()
    with pytest.raises(ValidationError) as refused:
        start(root=root, **options)
    assert list(refused.value.message_dict) == [field] and not ImportRun.objects.exists()


def test_when_no_row_is_left_the_run_says_what_was_left_out(start):
    run = finished(start(views=("LAO",)))
    assert run.state == RunState.FAILED
    assert "No image is left to import" in run.error and "view PA: 1" in run.error


def test_a_sample_is_drawn_before_any_picture_is_read(start, many, monkeypatch):
    stored = []
    monkeypatch.setattr(
        "images.services.collecting.store_image", lambda **options: stored.append(1) or real_store(**options)
    )
    one = finished(start("csv", many, sample=10, seed=4, by=("finding",)))
    assert one.image_set.count == len(stored) == 10 and (one.done, one.total) == (10, 10)
    findings = Counter(item.findings[0] for item in one.image_set.items.all())
    assert findings == {"Mass": 2, "Effusion": 8}
    assert one.report["notes"] == {"images that the sample of 10 was drawn from": 25}
    again = finished(start("csv", many, sample=10, seed=4, by=("finding",)))
    other = finished(start("csv", many, sample=10, seed=5, by=("finding",)))
    assert again.image_set.digest == one.image_set.digest != other.image_set.digest


class Killed(BaseException):
    """Stands for kill -9: nothing in the process runs afterwards."""


def die_at(monkeypatch, at):
    """The process dies when it stores its `at`-th picture; returns how many were stored in all."""
    calls = []

    def store(**options):
        calls.append(1)
        if len(calls) == at:
            raise Killed
        return real_store(**options)

    monkeypatch.setattr("images.services.collecting.store_image", store)
    return calls


@pytest.mark.parametrize("died_at", [1, 5, 8, 25])
def test_a_killed_import_goes_on_where_it_stopped(start, many, monkeypatch, died_at):
    monkeypatch.setattr("images.services.collecting.STEP", 4)
    (many / "3.png").write_bytes(b"not a picture")
    (many / "9.png").write_bytes(file_of(ramp(seed=2), compress_level=1))
    run = start("csv", many)
    calls = die_at(monkeypatch, died_at if died_at < 24 else 24)
    with pytest.raises(Killed):
        run_import(run)
    run.refresh_from_db()
    before = len(calls)
    kept = run.cursor
    assert kept % 4 == 0 and before - 1 - kept <= 4 and not ImageSet.objects.exists()
    let_it_die()
    run = finished(ImportRun.objects.get(pk=run.pk))
    assert run.state == RunState.SUCCEEDED and (run.done, run.total) == (25, 25)
    assert len(calls) - before <= 25 - kept, "what was kept is not read again"
    assert run.report["imported"] == 23 and run.report["refused_count"] == 2
    assert {"file": "9.png", "reason": "has exactly the pixels of 2.png"} in run.report["refused"]
    items = list(run.image_set.items.with_images())
    assert [item.position for item in items] == list(range(23)) and Image.objects.count() == 23
    whole = finished(start("csv", many))
    assert [item.image_id for item in whole.image_set.items.with_images()] == [item.image_id for item in items]
    assert whole.report == run.report


def test_when_the_folder_changed_meanwhile_the_import_starts_again(start, many, monkeypatch):
    monkeypatch.setattr("images.services.collecting.STEP", 4)
    run = start("csv", many)
    die_at(monkeypatch, 10)
    with pytest.raises(Killed):
        run_import(run)
    lines = (many / "metadata.csv").read_text().splitlines(keepends=True)
    (many / "metadata.csv").write_text("".join(lines[:1] + lines[3:]))
    let_it_die()
    monkeypatch.setattr("images.services.collecting.store_image", real_store)
    run = finished(ImportRun.objects.get(pk=run.pk))
    assert run.image_set.count == 23 and run.report["imported"] == 23


def test_long_imports_are_worked_on_in_turns(start, many, monkeypatch):
    run, published = start("csv", many), []
    monkeypatch.setattr(importing_module, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(tasks.import_images, "delay", published.append)
    turns = 0
    while turns == 0 or published:
        published.clear()
        tasks.import_images(str(run.pk))
        turns += 1
        assert turns < 40
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED and run.image_set.count == 25 and turns > 5 and run.attempt == 1


def test_what_an_overtaken_worker_had_read_is_not_kept(start, many, monkeypatch):
    monkeypatch.setattr("images.services.collecting.STEP", 4)
    run, overtaken = start("csv", many), []

    def store(**options):
        if not overtaken:
            overtaken.append(True)
            let_it_die()
            run_import(ImportRun.objects.get(pk=run.pk), seconds=0)
        return real_store(**options)

    monkeypatch.setattr("images.services.collecting.store_image", store)
    run_import(run)
    run.refresh_from_db()
    assert (run.state, run.cursor) == (RunState.QUEUED, 1) and StagedItem.objects.count() == 1
    assert finished(run).image_set.count == 25


def test_cancelling_between_turns_leaves_nothing(start, many):
    run = start("csv", many)
    assert run_import(run, seconds=0) and StagedItem.objects.count() == 1
    run.refresh_from_db()
    cancel_import(run)
    assert run.state == RunState.CANCELLED and not StagedItem.objects.exists() and not ImageSet.objects.exists()


def test_near_duplicates_are_reported_by_their_files(start, many):
    (many / "24.png").write_bytes(file_of(ramp(80, 64, seed=77).repeat(4, 0).repeat(4, 1)))
    (many / "1.png").write_bytes(file_of(ramp(80, 64, seed=77).repeat(4, 0).repeat(4, 1), "JPEG", quality=90))
    run = finished(start("csv", many))
    near = run.report["near_duplicates"]
    assert near["complete"]
    assert [(pair["first"], pair["second"]) for pair in near["pairs"]] == [("1.png", "24.png")] and near["count"] == 1
    assert run.image_set.count == 25


def command(*arguments):
    out = io.StringIO()
    call_command("import_images", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_takes_every_choice(workspace, import_root):
    root = trees.mimic(import_root / "mimic")
    choices = [
        "--split",
        "train,test",
        "--views",
        "PA,AP",
        "--uncertain",
        "ones",
        "--labels",
        "negbio",
        "--sample",
        "2",
    ]
    choices += ["--by", "finding,sex", "--allocation", "equal", "--seed", "3", "--one-per-patient"]
    out = command(root, "--layout", "mimic", *choices)
    run = ImportRun.objects.get()
    assert run.options == {
        "uncertain": "ones", "labels": "negbio", "splits": ["train", "test"], "views": ["PA", "AP"], "sample": 2,
        "seed": 3, "by": ["finding", "sex"], "allocation": "equal", "one_per_patient": True,
    }  # fmt: skip
    assert "2 imported, 0 refused" in out
    findings = {tuple(item.findings) for item in run.image_set.items.all()}
    assert findings == {("Pneumonia", "Atelectasis"), ("No Finding",)}


def test_the_command_goes_on_with_a_killed_import(workspace, many, monkeypatch):
    monkeypatch.setattr("images.services.collecting.STEP", 4)
    die_at(monkeypatch, 10)
    with pytest.raises(Killed):
        command(many, "--layout", "csv")
    run = ImportRun.objects.get()
    monkeypatch.setattr("images.services.collecting.store_image", real_store)
    with pytest.raises(CommandError, match="may still live"):
        command("--resume", run.pk)
    let_it_die()
    assert "25 imported" in command("--resume", run.pk)
    with pytest.raises(CommandError, match="has ended"):
        command("--resume", run.pk)
    assert ImageSet.objects.get().count == 25
