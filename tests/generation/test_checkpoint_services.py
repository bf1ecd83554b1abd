"""Registering checkpoints: from folders, archives and the hub; what is refused leaves nothing behind."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.models import User, Workspace
from audit.models import Event
from generation.models import Checkpoint, CheckpointFetch, GenerationRun
from generation.services import (
    allowed_folder,
    cancel_fetch,
    fetch_hub_checkpoint,
    folders_on_offer,
    import_prompt_set,
    register_checkpoint,
    run_fetch,
    upload_checkpoint,
)
from generation.services.places import place_of
from generation.working import work_on
from jobs.models import RunState
from tests.generation.helpers import PROMPTS, checkpoint_row, run_row
from tests.generation.tiny import build_vae


def zipped(folder: Path, *, inside: str = "", **extra: bytes) -> SimpleUploadedFile:
    """The folder as an uploaded zip, below `inside`, with files of any content added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, inside + str(path.relative_to(folder)))
        for name, data in extra.items():
            archive.writestr(name, data)
    return SimpleUploadedFile("checkpoint.zip", buffer.getvalue())


def left_behind(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]


def test_a_folder_is_registered_once_per_name_and_content(workspace: Workspace, tiny_checkpoint: Path) -> None:
    first = checkpoint_row(workspace, tiny_checkpoint)
    assert checkpoint_row(workspace, tiny_checkpoint) == first
    assert first.kind == Checkpoint.Kind.FOLDER
    assert first.facts["resolution"] == 32
    assert not first.is_demo
    assert checkpoint_row(workspace, tiny_checkpoint, name="Second name") != first
    assert Event.objects.filter(action="checkpoint.registered").count() == 2


def test_a_name_means_one_content(
    workspace: Workspace, tiny_checkpoint: Path, checkpoint_copy: Callable[[], Path]
) -> None:
    checkpoint_row(workspace, tiny_checkpoint)
    other = checkpoint_copy()
    (other / "tokenizer" / "more.txt").write_text("changed")
    with pytest.raises(ValidationError, match="Another checkpoint has this name"):
        checkpoint_row(workspace, other)


def test_overrides_are_kept_and_used(workspace: Workspace, tiny_checkpoint: Path, tmp_path: Path) -> None:
    build_vae().save_pretrained(tmp_path / "vae", safe_serialization=True)
    checkpoint = register_checkpoint(
        workspace=workspace,
        name="With another VAE",
        location=str(tiny_checkpoint),
        overrides={"vae": str(tmp_path / "vae")},
        user=None,
    )
    assert place_of(checkpoint).overrides.vae == tmp_path / "vae"
    run = run_row(workspace, tiny_checkpoint, checkpoint=checkpoint)
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    with pytest.raises(ValidationError, match="Unknown parts: eyes"):
        register_checkpoint(
            workspace=workspace, name="x", location=str(tiny_checkpoint), overrides={"eyes": "x"}, user=None
        )


def test_pages_may_only_name_folders_below_the_roots(
    tiny_checkpoint: Path, settings: LazySettings, tmp_path: Path
) -> None:
    settings.CHECKPOINT_ROOTS = [str(tiny_checkpoint.parent)]
    assert allowed_folder(str(tiny_checkpoint)) == tiny_checkpoint.resolve()
    assert allowed_folder("checkpoint") == tiny_checkpoint.resolve()
    assert folders_on_offer() == [str(tiny_checkpoint)]
    (tiny_checkpoint.parent / "way-out").symlink_to(tmp_path)
    try:
        for bad in ("/etc", "../..", str(tmp_path), "way-out", "", "nothing", str(tiny_checkpoint.parent)):
            with pytest.raises(ValidationError, match="below"):
                allowed_folder(bad)
    finally:
        (tiny_checkpoint.parent / "way-out").unlink()


@pytest.mark.parametrize("inside", ["", "my-model/"])
def test_an_upload_is_stored_and_generates(
    workspace: Workspace, researcher: User, tiny_checkpoint: Path, inside: str
) -> None:
    file = zipped(tiny_checkpoint, inside=inside, **{"__MACOSX/._x": b"clutter"})
    checkpoint = upload_checkpoint(workspace=workspace, name="Uploaded", file=file, user=researcher)
    assert checkpoint.digest == checkpoint_row(workspace, tiny_checkpoint).digest
    run = run_row(workspace, tiny_checkpoint, checkpoint=checkpoint, seeds_per_prompt=1)
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.error


def test_the_same_upload_twice_is_stored_once(
    workspace: Workspace, researcher: User, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for name in ("One", "Two"):
        upload_checkpoint(workspace=workspace, name=name, file=zipped(tiny_checkpoint), user=researcher)
    assert len(list((tmp_path / "storage" / "checkpoints").iterdir())) == 1


def spoilt_archives(folder: Path) -> dict[str, SimpleUploadedFile]:
    link = zipfile.ZipInfo("unet/link.safetensors")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    whole = zipped(folder).read()
    return {
        "a pickle": zipped(folder, **{"unet/model.bin": b"\x80\x04."}),
        "code": zipped(folder, **{"pipeline.py": b"import os"}),
        "a way out": zipped(folder, **{"../../evil.json": b"{}"}),
        "an absolute path": zipped(folder, **{"/etc/evil.json": b"{}"}),
        "a link": SimpleUploadedFile("a.zip", buffer.getvalue()),
        "a bomb": zipped(folder, **{"big.json": b"0" * 30_000_000}),
        "half of it": SimpleUploadedFile("a.zip", whole[: len(whole) // 2]),
        "no zip": SimpleUploadedFile("a.zip", b"hello"),
        "nothing": SimpleUploadedFile("a.zip", b""),
        "no model_index": zipped(folder / "unet"),
        "too many files": zipped(folder, **{f"{n}.json": b"{}" for n in range(501)}),
    }


WORDS = {
    "a pickle": "pickle",
    "code": "code",
    "a way out": "leads out",
    "an absolute path": "leads out",
    "a link": "is a link",
    "a bomb": "far more than weights",
    "half of it": "no whole zip",
    "no zip": "no whole zip",
    "nothing": "no whole zip",
    "no model_index": "no model_index.json",
    "too many files": "few dozen",
}


@pytest.mark.parametrize("kind", WORDS)
def test_spoilt_archives_leave_nothing_behind(
    workspace: Workspace, researcher: User, tiny_checkpoint: Path, tmp_path: Path, kind: str
) -> None:
    file = spoilt_archives(tiny_checkpoint)[kind]
    with pytest.raises(ValidationError, match=WORDS[kind]):
        upload_checkpoint(workspace=workspace, name="Bad", file=file, user=researcher)
    assert left_behind(tmp_path) == []
    assert not list((tmp_path / "storage").rglob(".incoming*"))
    assert not Checkpoint.objects.exists()
    assert not Event.objects.exists()


def test_a_truncated_upload_of_weights_leaves_nothing_behind(
    workspace: Workspace, researcher: User, checkpoint_copy: Callable[[], Path], tmp_path: Path
) -> None:
    folder = checkpoint_copy()
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ValidationError, match="cut off"):
        upload_checkpoint(workspace=workspace, name="Bad", file=zipped(folder), user=researcher)
    assert left_behind(tmp_path) == []


@pytest.fixture
def hub_cache(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A hub cache that holds team/model, and no network."""
    commit = "c" * 40
    repository = tmp_path / "hub" / "models--team--model"
    for path in (path for path in tiny_checkpoint.rglob("*") if path.is_file()):
        relative = path.relative_to(tiny_checkpoint)
        blob = repository / "blobs" / str(relative).replace("/", "_")
        link = repository / "snapshots" / commit / relative
        blob.parent.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(path.read_bytes())
        link.symlink_to(blob)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return commit


def test_a_hub_checkpoint_is_fetched_by_a_worker(
    workspace: Workspace, researcher: User, hub_cache: str, tiny_checkpoint: Path
) -> None:
    fetch = fetch_hub_checkpoint(workspace=workspace, name="Hub", repository="team/model", user=researcher)
    run_fetch(fetch)
    fetch.refresh_from_db()
    assert fetch.state == RunState.SUCCEEDED, fetch.error
    checkpoint = fetch.checkpoint
    assert checkpoint is not None
    assert (checkpoint.kind, checkpoint.location, checkpoint.revision) == ("hub", "team/model", hub_cache)
    assert checkpoint.digest == checkpoint_row(workspace, tiny_checkpoint).digest
    run = run_row(workspace, tiny_checkpoint, checkpoint=checkpoint, seeds_per_prompt=1)
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.error


def test_a_hub_checkpoint_that_is_not_there_says_how_to_get_it(
    workspace: Workspace, researcher: User, hub_cache: str
) -> None:
    fetch = fetch_hub_checkpoint(workspace=workspace, name="Hub", repository="team/other", user=researcher)
    run_fetch(fetch)
    fetch.refresh_from_db()
    assert fetch.state == RunState.FAILED
    assert "hf download team/other" in fetch.error
    assert not Checkpoint.objects.exists()


def test_a_fetch_can_be_cancelled_before_it_starts(workspace: Workspace, researcher: User, hub_cache: str) -> None:
    fetch = fetch_hub_checkpoint(workspace=workspace, name="Hub", repository="team/model", user=researcher)
    cancel_fetch(fetch=fetch, user=researcher)
    run_fetch(fetch)
    fetch.refresh_from_db()
    assert (fetch.state, Checkpoint.objects.count()) == (RunState.CANCELLED, 0)


@pytest.mark.parametrize("repository", ["model", "a/b/c", "../etc", "a b/c", "https://x/y"])
def test_hub_ids_are_checked(workspace: Workspace, researcher: User, repository: str) -> None:
    with pytest.raises(ValidationError, match="owner/name"):
        fetch_hub_checkpoint(workspace=workspace, name="x", repository=repository, user=researcher)
    assert not CheckpointFetch.objects.exists()


def test_prompt_sets_have_versions_by_content(workspace: Workspace) -> None:
    first = import_prompt_set(workspace=workspace, name="Set", data=PROMPTS, user=None)
    assert import_prompt_set(workspace=workspace, name="Set", data=PROMPTS, user=None) == first
    second = import_prompt_set(workspace=workspace, name="Set", data=b"prompt\nother\n", user=None)
    assert (first.version, second.version, str(second)) == (1, 2, "Set v2")
    with pytest.raises(ValidationError, match="no column named prompt"):
        import_prompt_set(workspace=workspace, name="Set", data=b"text\na\n", user=None)
    with pytest.raises(ValidationError, match="name"):
        import_prompt_set(workspace=workspace, name=" ", data=PROMPTS, user=None)


def test_the_commands_register_and_generate(
    workspace: Workspace, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = tmp_path / "prompts.csv"
    prompts.write_bytes(PROMPTS)
    call_command("register_checkpoint", str(tiny_checkpoint), workspace="alpha", name="Tiny")
    digest = Checkpoint.objects.get().digest
    assert digest in capsys.readouterr().out
    call_command("generate", checkpoint="Tiny", prompts=prompts, workspace="alpha", steps=2, batch_size=2)
    run = GenerationRun.objects.get()
    assert (run.state, run.width, run.total) == (RunState.SUCCEEDED, 32, 2)
    assert "Image set" in capsys.readouterr().out
    # A folder is registered on the way.
    call_command("generate", checkpoint=str(tiny_checkpoint), prompts=prompts, workspace="alpha", steps=1)
    assert Checkpoint.objects.filter(name="checkpoint").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"workspace": "nowhere"}, "Known: alpha"),
        ({"checkpoint": "nothing"}, "neither a checkpoint"),
        ({"prompts": Path("missing.csv")}, "missing.csv"),
        ({"steps": 0}, "Steps"),
    ],
)
def test_the_generate_command_says_what_is_wrong(
    workspace: Workspace, tiny_checkpoint: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    prompts = tmp_path / "prompts.csv"
    prompts.write_bytes(PROMPTS)
    arguments = {"checkpoint": str(tiny_checkpoint), "prompts": prompts, "workspace": "alpha", **changes}
    with pytest.raises(CommandError, match=words):
        call_command("generate", **arguments)
    assert not GenerationRun.objects.exists()


def test_the_register_command_says_what_is_wrong(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="model_index.json"):
        call_command("register_checkpoint", str(tmp_path), workspace="alpha")


def test_a_page_says_where_a_folder_of_the_project_lies_without_the_servers_path(
    workspace: Workspace, settings: LazySettings
) -> None:
    inside = Checkpoint(
        workspace=workspace, kind=Checkpoint.Kind.FOLDER, location=str(settings.BASE_DIR / "demo/checkpoint")
    )
    outside = Checkpoint(workspace=workspace, kind=Checkpoint.Kind.FOLDER, location="/models/mine")
    assert (inside.place, outside.place) == ("demo/checkpoint", "/models/mine")
