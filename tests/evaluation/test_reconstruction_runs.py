"""Reconstruction runs: a tiny checkpoint's autoencoder on drawn phantoms, to a set that is scored against its originals."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from audit.models import Event
from evaluation.metrics import MetricResult
from evaluation.models import ReconstructedImage, ReconstructionRun
from evaluation.reconstruction import working
from evaluation.reconstruction.services import cancel_reconstruction, start_reconstruction
from evaluation.reconstruction.working import run_reconstruction, work_on_reconstruction
from generation.engine import load_pipeline, reconstruct_images
from generation.models import Checkpoint
from generation.services import register_checkpoint
from images.models import ImageSet
from images.pixels import pixel_digest, square
from jobs.models import RunState
from tests.generation.tiny import SIZE, build_checkpoint

from .card_maker import store
from .conftest import MakeSet

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture
def checkpoint(folder: Path, workspace: Workspace, settings: object) -> Checkpoint:
    settings.CHECKPOINT_ROOTS = [folder.parent]  # type: ignore[attr-defined]
    return register_checkpoint(workspace=workspace, name="tiny", location=str(folder), user=None)


@pytest.fixture
def originals(phantom_set: MakeSet) -> ImageSet:
    return phantom_set("drawn", 12)


def start(checkpoint: Checkpoint, originals: ImageSet, user: User | None = None) -> ReconstructionRun:
    return start_reconstruction(checkpoint=checkpoint, originals=originals, user=user, queue=False)


def test_every_original_becomes_an_item_that_names_it(
    checkpoint: Checkpoint, originals: ImageSet, folder: Path
) -> None:
    run = start(checkpoint, originals)
    run_reconstruction(run)
    assert (run.state, run.error, run.done) == (RunState.SUCCEEDED, "", 12)
    made = run.image_set
    assert made and made.count == 12 and made.source == "synthetic" and made.is_phantom
    loaded = load_pipeline(folder, "cpu")
    for item, original in zip(made.items.with_images(), originals.items.with_images(), strict=True):
        assert item.group == f"image-{original.image.sha256}"
        assert (item.findings, item.caption, item.image.width) == (original.findings, original.caption, SIZE)
        (expected,) = reconstruct_images(loaded, [square(original.image.load_pixels(), SIZE)])
        assert item.image.sha256 == pixel_digest(expected)
    actions = list(Event.objects.order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["reconstruction.start", "reconstruction.finish"]


def test_a_killed_worker_loses_nothing_that_was_made(
    checkpoint: Checkpoint, originals: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 4)
    run = start(checkpoint, originals)
    store, stored = working.store_image, []

    def die_at_the_seventh(**arguments: object) -> object:
        if len(stored) == 6:
            raise SystemExit
        stored.append(1)
        return store(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "store_image", die_at_the_seventh)
    with pytest.raises(SystemExit):
        work_on_reconstruction(run)
    assert ReconstructedImage.objects.count() == 6
    ReconstructionRun.objects.update(heartbeat_at=run.created_at.replace(year=2000))
    again: list[int] = []

    def count(**arguments: object) -> object:
        again.append(1)
        return store(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "store_image", count)
    run_reconstruction(ReconstructionRun.objects.get())
    run.refresh_from_db()
    assert (run.state, len(again), run.image_set.count) == (RunState.SUCCEEDED, 6, 12)  # type: ignore[union-attr]


def test_a_cancelled_run_makes_no_set(
    checkpoint: Checkpoint, originals: ImageSet, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.turns.SECONDS_BETWEEN_BEATS", 0)
    monkeypatch.setattr(working, "AT_ONCE", 4)
    run = start(checkpoint, originals)
    store = working.store_image

    def cancel(**arguments: object) -> object:
        cancel_reconstruction(run=ReconstructionRun.objects.get(), user=researcher)
        return store(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "store_image", cancel)
    run_reconstruction(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED and run.image_set is None and ReconstructedImage.objects.count() == 4


def test_files_that_are_gone_are_said(checkpoint: Checkpoint, originals: ImageSet, tmp_path: Path) -> None:
    Checkpoint.objects.update(location=str(tmp_path / "gone"), digest="0" * 64)
    run = start(Checkpoint.objects.get(), originals)
    run_reconstruction(run)
    assert run.state == RunState.FAILED and "is not on this worker" in run.error


def test_the_command_prints_the_set(checkpoint: Checkpoint, originals: ImageSet, capsys: pytest.CaptureFixture) -> None:
    call_command("reconstruct", "tiny", "drawn", "--name", "through")
    made = ImageSet.objects.get(name="through")
    assert f"Image set {made.pk}: through, 12 images" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no checkpoint 'none'"):
        call_command("reconstruct", "none", "drawn")


def pages(run: ReconstructionRun) -> list[str]:
    names = ("reconstruction_detail", "reconstruction_progress")
    return [reverse("evaluation:reconstruction_list"), *(reverse(f"evaluation:{n}", args=[run.pk]) for n in names)]


def test_members_see_runs_and_others_nothing(
    checkpoint: Checkpoint,
    originals: ImageSet,
    member: Callable[..., User],
    stranger: User,
    reader_user: User,
    client: Client,
) -> None:
    run = start(checkpoint, originals)
    for role in ("manager", "researcher", "coordinator", "statistician"):
        client.force_login(member(role))
        assert [client.get(page).status_code for page in pages(run)] == [200] * 3
        may = role in ("manager", "researcher")
        assert client.get(reverse("evaluation:reconstruction_new")).status_code == (200 if may else 404)
    client.force_login(stranger)
    assert b"tiny" not in client.get(pages(run)[0]).content
    assert [client.get(page).status_code for page in pages(run)[1:]] == [404] * 2
    client.force_login(reader_user)
    assert [client.get(page).status_code for page in pages(run)] == [404] * 3
    client.logout()
    assert [client.get(page).status_code for page in pages(run)] == [302] * 3
    cancel = reverse("evaluation:reconstruction_cancel", args=[run.pk])
    for user, status in ((None, 302), (stranger, 404), (member("statistician"), 404), (member("researcher"), 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.post(cancel).status_code == status
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_the_page_shows_what_the_latest_card_says(
    checkpoint: Checkpoint, originals: ImageSet, researcher: User, client: Client
) -> None:
    run = start(checkpoint, originals)
    run_reconstruction(run)
    client.force_login(researcher)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "The numbers come with a score card" in page and "Score against the originals" in page
    assert page.count('alt="Reconstruction"') == 6 and "64 x 64 to " in page
    results = [
        MetricResult("frechet_distance", "lower", 12, "jackknife", 6.0, 5.0, 7.0),
        MetricResult("reconstruction_psnr", "higher", 12, "jackknife", 31.5, 30.0, 33.0),
    ]
    card = store(run.image_set, originals, results)
    page = client.get(run.get_absolute_url()).content.decode()
    assert f'href="{card.get_absolute_url()}">Open the score card' in page and "The numbers come" not in page
    assert page.index("PSNR of reconstructions (dB)") < page.index("Fréchet distance") and "31.5" in page


def test_form_and_api_start_runs(
    checkpoint: Checkpoint,
    originals: ImageSet,
    researcher: User,
    stranger: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queued: list[ReconstructionRun] = []
    monkeypatch.setattr("evaluation.reconstruction.services.publish_reconstruction", queued.append)
    client.force_login(researcher)
    address = reverse("evaluation:reconstruction_new")
    assert client.post(address, {"checkpoint": checkpoint.pk, "name": "x"}).status_code == 400
    answer = client.post(address, {"checkpoint": checkpoint.pk, "originals": originals.pk, "name": ""})
    run = ReconstructionRun.objects.get()
    assert answer.status_code == 302 and queued == [run] and run.name == "drawn through tiny"
    root, body = "/api/v1/reconstruction-runs/", {"checkpoint": str(checkpoint.pk), "originals": str(originals.pk)}
    made = client.post(root, body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert client.post(f"{root}{made.json()['id']}/cancel/").json()["state"] == "cancelled"
    client.force_login(stranger)
    assert client.post(root, body, content_type="application/json").status_code == 400
    assert client.get(f"{root}{run.pk}/").status_code == 404


def test_reconstructions_of_noise_are_not_the_noise(folder: Path) -> None:
    """An untrained autoencoder loses nearly everything: what is compared is really the output of the network."""
    loaded = load_pipeline(folder, "cpu")
    noise = np.random.default_rng(0).integers(0, 256, size=(SIZE, SIZE), dtype=np.uint8)
    (made,) = reconstruct_images(loaded, [noise])
    assert not np.array_equal(made, noise)
