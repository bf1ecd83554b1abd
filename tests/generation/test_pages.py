"""Pages and endpoints of checkpoints, prompt sets and runs: what they show, what they refuse, and to whom."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from generation.models import Checkpoint, CheckpointFetch, GenerationRun, PromptSet
from generation.services import fetch_hub_checkpoint
from generation.working import work_on
from jobs.models import RunState
from tests.generation.helpers import PROMPTS, checkpoint_row, prompt_set_row, run_row
from tests.generation.test_checkpoint_services import zipped

FORM = {"seeds_per_prompt": 1, "steps": 2, "guidance": 2.0, "size": "", "batch_size": 4, "seed": 1, "scheduler": ""}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of these tests reaches a worker."""
    for task in ("generate_chunk", "fetch_checkpoint_files"):
        monkeypatch.setattr(f"generation.tasks.{task}.delay", lambda *_: None)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def researcher_client(researcher: User) -> Client:
    return signed_in(researcher)


@pytest.fixture
def run(workspace: Workspace, researcher: User, tiny_checkpoint: Path) -> GenerationRun:
    return run_row(workspace, tiny_checkpoint, researcher)


def test_lists_say_what_to_do_next(researcher_client: Client, coordinator: User) -> None:
    for name, words in (
        ("checkpoint_list", "Register a checkpoint"),
        ("prompt_set_list", "Import prompts"),
        ("run_list", "Start a run"),
    ):
        page = researcher_client.get(reverse(f"generation:{name}")).content.decode()
        assert words in page
        assert words not in signed_in(coordinator).get(reverse(f"generation:{name}")).content.decode()
    assert "Register one first" in researcher_client.get(reverse("generation:run_new")).content.decode()


def test_lists_find_and_sort(researcher_client: Client, run: GenerationRun) -> None:
    for name, found in (("checkpoint_list", "Tiny"), ("prompt_set_list", "Two prompts"), ("run_list", run.name)):
        address = reverse(f"generation:{name}")
        assert found in researcher_client.get(address, {"q": found, "sort": "-created_at"}).content.decode()
        assert "Nothing found" in researcher_client.get(address, {"q": "zebra", "sort": "password"}).content.decode()
    assert (
        "Nothing found" in researcher_client.get(reverse("generation:run_list"), {"state": "failed"}).content.decode()
    )


def test_the_way_from_folder_to_pictures(
    researcher_client: Client, tiny_checkpoint: Path, settings: LazySettings
) -> None:
    settings.CHECKPOINT_ROOTS = [str(tiny_checkpoint.parent)]
    register = reverse("generation:checkpoint_register")
    page = researcher_client.get(register).content.decode()
    assert str(tiny_checkpoint) in page
    made = researcher_client.post(register, {"name": "Mine", "folder": str(tiny_checkpoint)}, follow=True)
    assert "AutoencoderKL" in made.content.decode()
    file = SimpleUploadedFile("prompts.csv", PROMPTS)
    made = researcher_client.post(reverse("generation:prompt_set_import"), {"name": "Mine", "file": file}, follow=True)
    assert "Left effusion." in made.content.decode()
    ids = {"checkpoint": Checkpoint.objects.get().pk, "prompt_set": PromptSet.objects.get().pk}
    new = reverse("generation:run_new")
    assert "selected" in researcher_client.get(new, ids).content.decode()
    made = researcher_client.post(new, {**FORM, **ids}, follow=True)
    run = GenerationRun.objects.get()
    assert (run.width, run.total) == (32, 2)
    assert "None yet" in made.content.decode()
    work_on(run)
    page = researcher_client.get(run.get_absolute_url()).content.decode()
    assert page.count('<img src="/images/') == 2
    assert "score it, or put it before readers" in page
    assert Checkpoint.objects.get().digest in page


def test_an_archive_and_a_hub_id_are_taken_too(researcher_client: Client, tiny_checkpoint: Path) -> None:
    register = reverse("generation:checkpoint_register")
    made = researcher_client.post(register, {"name": "Zip", "archive": zipped(tiny_checkpoint)}, follow=True)
    assert "uploaded" in made.content.decode()
    made = researcher_client.post(register, {"name": "Hub", "hub": "team/model", "revision": "main"}, follow=True)
    fetch = CheckpointFetch.objects.get()
    assert "Fetch of team/model" in made.content.decode()
    researcher_client.post(reverse("generation:fetch_cancel", args=[fetch.pk]))
    assert "cancelled" in researcher_client.get(reverse("generation:fetch_progress", args=[fetch.pk])).content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x"}, "exactly one of"),
        ({"name": "x", "folder": "/etc"}, "below"),
        ({"name": "x", "hub": "nonsense"}, "owner/name"),
        ({"name": "", "hub": "a/b"}, "required"),
    ],
)
def test_a_bad_registration_keeps_what_was_typed(researcher_client: Client, data: dict[str, str], words: str) -> None:
    answer = researcher_client.post(reverse("generation:checkpoint_register"), data)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page
    assert all(f'value="{value}"' in page for value in data.values() if value)
    assert not Checkpoint.objects.exists()


def test_bad_prompts_and_runs_are_explained_beside_the_field(researcher_client: Client, run: GenerationRun) -> None:
    file = SimpleUploadedFile("prompts.csv", b"text\na\n")
    answer = researcher_client.post(reverse("generation:prompt_set_import"), {"name": "Bad", "file": file})
    assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {"file"})
    ids = {"checkpoint": run.checkpoint_id, "prompt_set": run.prompt_set_id}
    for field, value in (("size", 33), ("steps", 2000), ("seeds_per_prompt", 5000), ("batch_size", 999)):
        answer = researcher_client.post(reverse("generation:run_new"), {**FORM, **ids, field: value})
        assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {field})
    assert GenerationRun.objects.count() == 1


def test_the_live_part_is_sent_only_when_something_changed(researcher_client: Client, run: GenerationRun) -> None:
    live = reverse("generation:run_live", args=[run.pk])
    seen = researcher_client.get(live).context["seen"]
    assert researcher_client.get(live, {"seen": seen}).status_code == 204
    work_on(run)
    changed = researcher_client.get(live, {"seen": seen})
    assert changed.status_code == 200
    assert "hx-get" not in changed.content.decode()  # finished: it does not ask again
    assert researcher_client.get(reverse("generation:run_progress", args=[run.pk])).status_code == 200


def test_cancel_from_the_page(researcher_client: Client, run: GenerationRun) -> None:
    assert "Cancel the run" in researcher_client.get(run.get_absolute_url()).content.decode()
    researcher_client.post(reverse("generation:run_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert "was cancelled" in researcher_client.get(run.get_absolute_url()).content.decode()


def addresses(run: GenerationRun, fetch: CheckpointFetch) -> dict[str, str]:
    """Every page that looks."""
    return {
        name: reverse(f"generation:{name}", args=args)
        for name, args in (
            ("checkpoint_list", []),
            ("checkpoint_detail", [run.checkpoint_id]),
            ("fetch_detail", [fetch.pk]),
            ("fetch_progress", [fetch.pk]),
            ("prompt_set_list", []),
            ("prompt_set_detail", [run.prompt_set_id]),
            ("run_list", []),
            ("run_detail", [run.pk]),
            ("run_progress", [run.pk]),
            ("run_live", [run.pk]),
        )
    }


def test_who_may_see_what(
    workspace: Workspace,
    run: GenerationRun,
    researcher: User,
    coordinator: User,
    statistician: User,
    reader_user: User,
    stranger: User,
) -> None:
    fetch = fetch_hub_checkpoint(workspace=workspace, name="Hub", repository="a/b", user=researcher)
    for name, address in addresses(run, fetch).items():
        assert signed_in(researcher).get(address).status_code == 200, name
        assert signed_in(coordinator).get(address).status_code == 200, name
        assert signed_in(reader_user).get(address).status_code == 404, name
        assert signed_in(statistician).get(address).status_code == 404, name
        assert Client().get(address)["Location"].startswith("/accounts/login/"), name
        foreign = signed_in(stranger).get(address)
        if name.endswith("_list"):
            assert "Tiny" not in foreign.content.decode() and "Two prompts" not in foreign.content.decode()
        else:
            assert foreign.status_code == 404, name


def test_who_may_change_what(
    workspace: Workspace,
    run: GenerationRun,
    researcher: User,
    coordinator: User,
    statistician: User,
    reader_user: User,
    stranger: User,
) -> None:
    fetch = fetch_hub_checkpoint(workspace=workspace, name="Hub", repository="a/b", user=researcher)
    cancels = [reverse("generation:run_cancel", args=[run.pk]), reverse("generation:fetch_cancel", args=[fetch.pk])]
    forms = [reverse(f"generation:{name}") for name in ("checkpoint_register", "prompt_set_import", "run_new")]
    for user in (coordinator, statistician, reader_user):
        assert {signed_in(user).post(address).status_code for address in [*cancels, *forms]} == {404}
        assert {signed_in(user).get(address).status_code for address in forms} == {404}
    assert {signed_in(stranger).post(address).status_code for address in cancels} == {404}
    assert {Client().post(address).status_code for address in [*cancels, *forms]} == {302}
    ids = {"checkpoint": run.checkpoint_id, "prompt_set": run.prompt_set_id}
    assert signed_in(stranger).post(forms[2], {**FORM, **ids}).status_code == 400  # not among the stranger's choices
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert GenerationRun.objects.count() == 1


def api(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    call = getattr(client, method)
    if body is None:
        return call(f"/api/v1/{path}")
    return call(f"/api/v1/{path}", json.dumps(body, default=str), content_type="application/json")


def test_the_way_through_the_api(
    researcher_client: Client, workspace: Workspace, tiny_checkpoint: Path, settings: LazySettings
) -> None:
    settings.CHECKPOINT_ROOTS = [str(tiny_checkpoint.parent)]
    checkpoint = api(researcher_client, "post", "checkpoints/", {"name": "Mine", "folder": "checkpoint"})
    assert checkpoint.status_code == 201
    assert checkpoint.json()["facts"]["resolution"] == 32
    fetch = api(researcher_client, "post", "checkpoints/", {"name": "Hub", "hub": "team/model"})
    assert (fetch.status_code, fetch.json()["state"]) == (202, "queued")
    stopped = api(researcher_client, "post", f"checkpoint-fetches/{fetch.json()['id']}/cancel/", {})
    assert stopped.json()["state"] == "cancelled"
    upload = researcher_client.post("/api/v1/checkpoints/", {"name": "Zip", "archive": zipped(tiny_checkpoint)})
    assert upload.status_code == 201
    prompts = api(researcher_client, "post", "prompt-sets/", {"name": "Mine", "csv": PROMPTS.decode()})
    assert (prompts.status_code, prompts.json()["count"]) == (201, 2)
    body = {
        "checkpoint": checkpoint.json()["id"],
        "prompt_set": prompts.json()["id"],
        "steps": 2,
        "seeds_per_prompt": 1,
    }
    run = api(researcher_client, "post", "generation-runs/", body)
    assert (run.status_code, run.json()["width"]) == (201, 32)
    work_on(GenerationRun.objects.get())
    done = api(researcher_client, "get", f"generation-runs/{run.json()['id']}/").json()
    assert (done["state"], done["done"]) == ("succeeded", 2)
    assert done["image_set"]
    second = api(researcher_client, "post", "generation-runs/", body).json()
    stopped = api(researcher_client, "post", f"generation-runs/{second['id']}/cancel/", {})
    assert stopped.json()["state"] == "cancelled"
    for path, count in (("checkpoints/", 2), ("prompt-sets/", 1), ("generation-runs/", 2), ("checkpoint-fetches/", 1)):
        assert api(researcher_client, "get", path).json()["count"] == count


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("checkpoints/", {"name": "x"}, "exactly one"),
        ("checkpoints/", {"name": "x", "folder": "/etc"}, "below"),
        ("checkpoints/", {"name": "x", "hub": "nonsense"}, "owner/name"),
        ("prompt-sets/", {"name": "x", "csv": "text\na\n"}, "no column named prompt"),
        ("prompt-sets/", {"name": "x"}, "either file or csv"),
        ("generation-runs/", {}, "required"),
    ],
)
def test_the_api_explains_bad_input_as_a_problem(
    researcher_client: Client, workspace: Workspace, path: str, body: dict[str, Any], words: str
) -> None:
    answer = api(researcher_client, "post", path, body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]


def test_the_api_knows_who_asks(
    workspace: Workspace,
    run: GenerationRun,
    coordinator: User,
    statistician: User,
    reader_user: User,
    stranger: User,
) -> None:
    rows = [f"checkpoints/{run.checkpoint_id}/", f"prompt-sets/{run.prompt_set_id}/", f"generation-runs/{run.pk}/"]
    cancel = f"generation-runs/{run.pk}/cancel/"
    for path in rows:
        assert api(signed_in(coordinator), "get", path).status_code == 200
        assert api(signed_in(stranger), "get", path).status_code == 404
        assert {api(signed_in(user), "get", path).status_code for user in (reader_user, statistician)} == {403}
        assert api(Client(), "get", path).status_code == 401
    for user, status in ((coordinator, 403), (reader_user, 403), (stranger, 404)):
        assert api(signed_in(user), "post", cancel, {}).status_code == status
    assert {api(signed_in(coordinator), "post", f"{rows[n].split('/')[0]}/", {}).status_code for n in range(3)} == {403}
    body = {"checkpoint": run.checkpoint_id, "prompt_set": run.prompt_set_id}
    assert api(signed_in(stranger), "post", "generation-runs/", body).status_code == 400
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_pages_ask_few_questions_of_the_database(
    researcher_client: Client, run: GenerationRun, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    work_on(run)
    checkpoint_row(run.workspace, Path(run.checkpoint.location), name="Another")
    prompt_set_row(run.workspace, data=b"prompt\nother\n")
    for name in ("checkpoint_list", "prompt_set_list", "run_list"):
        with django_assert_max_num_queries(14):
            researcher_client.get(reverse(f"generation:{name}"))
    with django_assert_max_num_queries(16):
        researcher_client.get(run.get_absolute_url())
