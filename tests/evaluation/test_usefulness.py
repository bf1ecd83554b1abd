"""Usefulness runs: from two image sets to a stored result, through the service, the command, the pages and the API."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from audit.models import Event
from evaluation.models import UsefulnessRun
from evaluation.usefulness import working
from evaluation.usefulness.recipe import Recipe
from evaluation.usefulness.services import cancel_usefulness, start_usefulness
from evaluation.usefulness.working import run_usefulness, work_on_usefulness
from images.models import ImageSet
from images.services import ItemRow, create_image_set, store_image
from jobs.models import RunState

pytestmark = pytest.mark.django_db

Train = Callable[..., np.ndarray]


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe with a network that is trained in a second."""
    small = property(lambda run: Recipe(side=run.side, steps=run.steps, batch=8, growth=4, blocks=(2,), stem=8))
    monkeypatch.setattr(UsefulnessRun, "recipe", small)


def squares(workspace: Workspace, name: str, seed: int, n: int = 60, finding: str = "Effusion") -> ImageSet:
    """Pictures with a bright square where they show the finding, two to a patient."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        pixels = rng.integers(40, 120, size=(32, 32), dtype=np.uint8)
        shown = number // 2 % 2 == 0
        if shown:
            pixels[8:20, 8:20] += 100
        image = store_image(workspace=workspace, pixels=pixels)
        rows.append(ItemRow(image, f"{name}-{number // 2}", findings=[finding if shown else "No Finding"]))
    return create_image_set(workspace=workspace, name=name, source="real", rows=rows)


@pytest.fixture
def sets(workspace: Workspace) -> tuple[ImageSet, ImageSet]:
    return squares(workspace, "real", 1, 80), squares(workspace, "made", 2, finding="Pleural Effusion")


def start(sets: tuple[ImageSet, ImageSet], user: User | None = None, **options: object) -> UsefulnessRun:
    settings = {"side": 32, "steps": 12, "repeats": 1, "test_share": 0.4, **options}
    return start_usefulness(real=sets[0], synthetic=sets[1], user=user, queue=False, **settings)  # type: ignore[arg-type]


def counted(monkeypatch: pytest.MonkeyPatch, train: Train | None = None) -> list[int]:
    """The seeds of the trainings that are done from here on."""
    seeds: list[int] = []
    real_train = train or working.train_and_predict

    def count(sources: list, test: np.ndarray, recipe: Recipe, seed: int, tick: Callable[[int], None]) -> np.ndarray:
        made = real_train(sources, test, recipe, seed, tick)
        seeds.append(seed)
        return made

    monkeypatch.setattr(working, "train_and_predict", count)
    return seeds


def test_a_run_ends_in_a_result_with_intervals(
    sets: tuple[ImageSet, ImageSet], researcher: User, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    run = start(sets, researcher)
    run_usefulness(run)
    assert (run.state, run.error, run.done) == (RunState.SUCCEEDED, "", run.total)
    result = run.result
    assert [row["finding"] for row in result["findings"]] == ["effusion"] and result["n"] == 32
    parts = result["parts"]
    assert (parts["real"]["images"], parts["synthetic"]["images"], parts["test"]["images"]) == (48, 60, 32)
    for estimate in (*result["macro"]["arms"].values(), *result["macro"]["differences"].values()):
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert run.environment["torch"] and result["recipe"]["version"]
    assert list(Event.objects.order_by("id").values_list("action", flat=True)) == [
        "usefulness.start",
        "usefulness.finish",
    ]
    client.force_login(researcher)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "mean AUROC of" in page and "Effusion" in page and "style=" not in page and "<script>" not in page
    # The same request again trains nothing; another synthetic set keeps the training on real images.
    seeds = counted(monkeypatch)
    again = start(sets)
    run_usefulness(again)
    assert again.result == result and not seeds
    other = start((sets[0], squares(run.workspace, "other", 7)))
    run_usefulness(other)
    assert other.state == RunState.SUCCEEDED and len(seeds) == 2


def test_a_killed_worker_costs_the_training_in_hand_only(
    sets: tuple[ImageSet, ImageSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies (no handler sees it) in the second training; the next worker does that one and the third."""
    run = start(sets)
    train = working.train_and_predict
    calls: list[int] = []

    def die_in_the_second(*arguments: object) -> np.ndarray:
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit
        return train(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "train_and_predict", die_in_the_second)
    with pytest.raises(SystemExit):
        work_on_usefulness(run)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING and not work_on_usefulness(UsefulnessRun.objects.get())  # not stale yet
    UsefulnessRun.objects.update(heartbeat_at=run.created_at.replace(year=2000))
    seeds = counted(monkeypatch, train)
    run_usefulness(UsefulnessRun.objects.get())
    run.refresh_from_db()
    assert (run.state, len(seeds), run.attempt) == (RunState.SUCCEEDED, 2, 2)


def test_long_work_goes_in_turns(sets: tuple[ImageSet, ImageSet], monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(sets)
    seeds = counted(monkeypatch)
    # A turn is over as soon as it has trained once.
    monkeypatch.setattr("evaluation.turns.Turn.is_over", property(lambda turn: bool(seeds)))
    assert work_on_usefulness(run)
    run.refresh_from_db()
    assert (run.state, run.attempt, len(seeds)) == (RunState.QUEUED, 0, 1)
    monkeypatch.setattr("evaluation.turns.Turn.is_over", False)
    assert not work_on_usefulness(run)
    assert (run.state, len(seeds)) == (RunState.SUCCEEDED, 3)


def test_a_cancelled_run_stops_within_a_training(
    sets: tuple[ImageSet, ImageSet], researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.turns.SECONDS_BETWEEN_BEATS", 0)
    run = start(sets, steps=500)
    train = working.train_and_predict
    steps: list[int] = []

    def cancel_in_the_third_step(
        sources: list, test: np.ndarray, recipe: Recipe, seed: int, tick: Callable[[int], None]
    ) -> np.ndarray:
        def tell(step: int) -> None:
            steps.append(step)
            if step == 3:
                cancel_usefulness(run=UsefulnessRun.objects.get(), user=researcher)
            tick(step)

        return train(sources, test, recipe, seed, tell)

    monkeypatch.setattr(working, "train_and_predict", cancel_in_the_third_step)
    run_usefulness(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED and steps[-1] == 3 and not run.result


def test_what_cannot_be_learnt_is_said(sets: tuple[ImageSet, ImageSet], workspace: Workspace) -> None:
    run = start((sets[0], squares(workspace, "strange", 5, finding="Hernia")))
    run_usefulness(run)
    assert run.state == RunState.FAILED and "no finding in common" in run.error
    run = start(sets, findings=["Mass"])
    run_usefulness(run)
    assert run.state == RunState.FAILED


def test_a_test_set_keeps_its_patients_out_of_training(sets: tuple[ImageSet, ImageSet], workspace: Workspace) -> None:
    items = list(sets[0].items.with_images())[:40]
    rows = [ItemRow(item.image, item.group, findings=item.findings) for item in items]
    test = create_image_set(workspace=workspace, name="test", source="real", rows=rows)
    run = start(sets, test=test)
    run_usefulness(run)
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert (run.result["parts"]["real"]["images"], run.result["n"]) == (40, 40)


def test_bad_requests_are_refused_by_field(sets: tuple[ImageSet, ImageSet], workspace: Workspace) -> None:
    small = squares(workspace, "small", 9, 10)
    wrong: list[tuple[tuple[ImageSet, ImageSet], dict[str, object], str]] = [
        ((sets[0], small), {}, "synthetic"),
        ((sets[0], sets[0]), {}, "synthetic"),
        (sets, {"test": sets[0]}, "test"),
        (sets, {"side": 33}, "side"),
        (sets, {"steps": 0}, "steps"),
        (sets, {"repeats": 99}, "repeats"),
        (sets, {"test_share": 0.9}, "test_share"),
    ]
    for pair, options, field in wrong:
        with pytest.raises(ValidationError) as refusal:
            start(pair, **options)
        assert field in refusal.value.message_dict
    assert not UsefulnessRun.objects.exists()


def test_the_command_writes_everything(
    sets: tuple[ImageSet, ImageSet], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "out.json"
    options = ["--side", "32", "--steps", "6", "--repeats", "1", "--json", str(out)]
    call_command("usefulness", "real", str(sets[1].pk), *options)
    document = json.loads(out.read_text())
    assert (
        document["sets"]["real"]["digest"] == sets[0].digest
        and document["result"]["macro"]["arms"]["mixed"]["value"] >= 0
    )
    assert "synthetic - real" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no image set 'nothing'"):
        call_command("usefulness", "real", "nothing")
    with pytest.raises(CommandError, match="same images"):
        call_command("usefulness", "real", "real")


def pages(run: UsefulnessRun) -> list[str]:
    names = ("usefulness_detail", "usefulness_progress")
    return [reverse("evaluation:usefulness_list"), *(reverse(f"evaluation:{name}", args=[run.pk]) for name in names)]


def test_members_see_runs_and_others_nothing(
    sets: tuple[ImageSet, ImageSet], member: Callable[..., User], stranger: User, reader_user: User, client: Client
) -> None:
    run = start(sets)
    for role in ("manager", "researcher", "coordinator", "statistician"):
        client.force_login(member(role))
        assert [client.get(page).status_code for page in pages(run)] == [200] * 3
        may = role in ("manager", "researcher")
        assert client.get(reverse("evaluation:usefulness_new")).status_code == (200 if may else 404)
    client.force_login(stranger)
    assert b"made" not in client.get(pages(run)[0]).content
    assert [client.get(page).status_code for page in pages(run)[1:]] == [404] * 2
    client.force_login(reader_user)
    assert [client.get(page).status_code for page in pages(run)] == [404] * 3
    client.logout()
    assert [client.get(page).status_code for page in pages(run)] == [302] * 3


def test_only_those_who_may_score_stop_a_run(
    sets: tuple[ImageSet, ImageSet], stranger: User, statistician: User, researcher: User, client: Client
) -> None:
    run = start(sets)
    address = reverse("evaluation:usefulness_cancel", args=[run.pk])
    for user, status in ((None, 302), (stranger, 404), (statistician, 404), (researcher, 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.post(address).status_code == status
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_the_form_starts_a_run_and_keeps_what_was_typed(
    sets: tuple[ImageSet, ImageSet], researcher: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[UsefulnessRun] = []
    monkeypatch.setattr("evaluation.usefulness.services.publish_usefulness", queued.append)
    client.force_login(researcher)
    address = reverse("evaluation:usefulness_new")
    data = {"real": sets[0].pk, "synthetic": sets[0].pk, "test_share": 0.3, "findings": "Effusion, Mass", "side": 64}
    data |= {"steps": 77, "repeats": 2, "seed": 5}
    answer = client.post(address, data)
    assert (
        answer.status_code == 400 and b"exactly the same images" in answer.content and b'value="77"' in answer.content
    )
    answer = client.post(address, {**data, "synthetic": sets[1].pk})
    run = UsefulnessRun.objects.get()
    assert answer.status_code == 302 and answer["Location"] == run.get_absolute_url() and queued == [run]
    assert (run.findings, run.side, run.steps, run.created_by) == (["Effusion", "Mass"], 64, 77, researcher)
    assert b"Stop this run" in client.get(run.get_absolute_url()).content
    listed = reverse("evaluation:usefulness_list")
    assert b"made</a>" in client.get(listed, {"q": "made real", "state": "queued", "sort": "-created_at"}).content
    assert b"Nothing found" in client.get(listed, {"q": "nothing like it"}).content


def test_the_api_starts_follows_and_cancels(
    sets: tuple[ImageSet, ImageSet],
    researcher: User,
    statistician: User,
    stranger: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evaluation.usefulness.services.publish_usefulness", lambda run: None)
    body = {"real": str(sets[0].pk), "synthetic": str(sets[1].pk), "side": 32, "steps": 9, "findings": ["Effusion"]}
    root = "/api/v1/usefulness-runs/"
    assert client.post(root, body, content_type="application/json").status_code == 401
    for user, status in ((statistician, 403), (stranger, 400), (researcher, 201)):
        client.force_login(user)
        answer = client.post(root, body, content_type="application/json")
        assert answer.status_code == status, answer.content
    run = answer.json()
    assert (run["state"], run["steps"], run["result"], run["findings"]) == ("queued", 9, {}, ["Effusion"])
    wrong = client.post(root, {**body, "side": 33}, content_type="application/json")
    assert wrong.status_code == 400 and "pixels" in wrong.json()["detail"]
    assert client.get(f"{root}{run['id']}/").status_code == 200
    assert client.post(f"{root}{run['id']}/cancel/").json()["state"] == "cancelled"
    client.force_login(stranger)
    assert client.get(f"{root}{run['id']}/").status_code == 404
