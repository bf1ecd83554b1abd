import io

import pytest
from django.core.management import CommandError, call_command

from images.models import ImageSet, ImportRun


def run_command(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_images", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def outside(folder, settings):
    """The folder, with no folder at all open to the web page."""
    settings.IMPORT_ROOTS = []
    return folder


def test_a_folder_from_anywhere(workspace, outside, monkeypatch, researcher):
    monkeypatch.setattr("images.services.collecting._SECONDS_BETWEEN_BEATS", 0)
    out, err = run_command(
        outside, "--layout", "csv", "--name", "Mine", "--workspace", "alpha", "--phantom", "--user", researcher.username
    )
    image_set = ImageSet.objects.get()
    assert (image_set.name, image_set.count, image_set.is_phantom) == ("Mine", 3, True)
    assert image_set.created_by == researcher
    first, *lines = out.splitlines()
    assert first.startswith("Import ") and "--resume" in first
    assert lines[:5] == [f"{done} of 5" for done in range(1, 6)]
    assert lines[5:] == [
        "3 imported, 2 refused",
        f"Image set {image_set.pk}: 3 images, digest {image_set.digest}",
    ]
    assert "gone.png: is listed and not there" in err
    assert "age not understood, left empty: 1" in err


def test_the_names_that_need_not_be_given(workspace, outside):
    run_command(outside, "--layout", "csv")
    assert ImageSet.objects.get().name == "hospital"


def test_everything_refused_is_an_error(workspace, outside):
    for name in ("a.png", "b.png", "c.png"):
        (outside / name).write_bytes(b"")
    with pytest.raises(CommandError, match="None of the 5 files"):
        run_command(outside, "--layout", "csv")
    assert not ImageSet.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["/no/such/folder", "--layout", "csv"], "no folder"),
        (["FOLDER", "--layout", "csv", "--workspace", "gamma"], "no workspace gamma"),
        (["FOLDER", "--layout", "csv", "--user", "nobody"], "no user nobody"),
        (["FOLDER", "--layout", "odd"], "invalid choice"),
        (["FOLDER"], "--layout"),
        (["FOLDER", "--layout", "csv", "--sample", "-1"], "cannot be negative"),
        (["FOLDER", "--layout", "csv", "--split", "test"], "has no parts; test is not among them"),
        (["FOLDER", "--layout", "csv", "--by", "colour"], "colour is not one of finding, sex"),
        (
            ["FOLDER", "--layout", "mimic"],
            "mimic-cxr-2.0.0-metadata.csv is missing. It should lie in the folder, beside",
        ),
        (["--resume", "00000000-0000-0000-0000-000000000000"], "no import 0000"),
        (["FOLDER", "--layout", "csv", "--name", "n" * 201], "200"),
    ],
)
def test_what_cannot_start_says_why_and_leaves_nothing(workspace, outside, arguments, reason):
    with pytest.raises(CommandError, match=reason):
        run_command(*[str(outside) if argument == "FOLDER" else argument for argument in arguments])
    assert not ImportRun.objects.exists()


def test_with_several_workspaces_one_must_be_named(workspace, other_workspace, outside):
    with pytest.raises(CommandError, match="--workspace SLUG"):
        run_command(outside, "--layout", "csv")


def test_without_any_workspace(db, outside):
    with pytest.raises(CommandError, match="no workspace yet"):
        run_command(outside, "--layout", "csv")


def test_an_interrupt_ends_the_run(workspace, outside, monkeypatch):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr("images.services.collecting.store_image", interrupted)
    with pytest.raises(CommandError, match="Stopped"):
        run_command(outside, "--layout", "csv")
    assert ImportRun.objects.get().state == "cancelled"
