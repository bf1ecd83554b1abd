"""The home page, as each kind of person sees it and as the workspace stands."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, User, Workspace
from accounts.places import GROUPS
from accounts.policy import ROLE_ACTIONS, Action, Role
from config.home import unfinished_runs
from config.waiting import next_step
from evaluation.models import Score, ScoreCard, ScoringRun
from reader_study import services
from reader_study.models import Study, StudyState
from tests.reader_study.factories import build_draft, build_open, enter, image_set, read_all

pytestmark = pytest.mark.django_db


def home(client: Client, user: User) -> Any:
    client.force_login(user)
    page = client.get("/")
    assert page.status_code == 200
    return page


def scoring_run(workspace: Workspace, **options: Any) -> ScoringRun:
    real = image_set(workspace, "real", 2, name="Hospital radiographs")
    drawn = image_set(workspace, "synthetic", 2, first_seed=900, name="Drawn by the model", is_phantom=True)
    return ScoringRun.objects.create(
        workspace=workspace, synthetic=drawn, reference=real, extractor="densenet", **options
    )


def score_card(workspace: Workspace) -> ScoreCard:
    run = scoring_run(workspace, state="succeeded")
    card = ScoreCard.objects.create(workspace=workspace, run=run, synthetic=run.synthetic, reference=run.reference)
    for place, (metric, value, refused) in enumerate(
        [("frechet_distance", 12.345, ""), ("recall", None, "too few"), ("coverage", 0.5, "")]
    ):
        numbers = {"low": value and value - 1, "high": value and value + 1, "refused": refused}
        Score.objects.create(card=card, position=place, metric=metric, value=value, n=200, direction="lower", **numbers)
    return card


def test_anonymous_visitors_are_asked_to_sign_in(client: Client) -> None:
    assert client.get("/")["Location"].startswith("/accounts/login/")
    assert client.get("/home/running/").status_code == 302


def test_an_empty_workspace_says_what_to_do_first(client: Client, manager: User) -> None:
    page = home(client, manager)
    steps = page.context["steps"]
    assert [step.done for step in steps] == [False] * 6
    assert [step.next for step in steps] == [True] + [False] * 5
    html = page.content.decode()
    assert "Import real radiographs" in html
    assert "Nothing runs" in html
    assert "Latest score cards" not in html  # the steps say what to do; empty lists would only repeat it


def test_every_first_step_leads_somewhere(client: Client, manager: User) -> None:
    for step in home(client, manager).context["steps"]:
        assert client.get(step.url).status_code == 200, step.url


def test_every_place_leads_somewhere(client: Client, manager: User) -> None:
    client.force_login(manager)
    for _, places in GROUPS:
        for place in places:
            assert client.get(place.path).status_code == 200, place.path


def test_steps_are_offered_to_those_who_may_take_them(client: Client, coordinator: User) -> None:
    offered = {step.title for step in home(client, coordinator).context["steps"] if step.allowed}
    assert "Have them read blind" in offered
    assert "Register a checkpoint" not in offered


def test_steps_taken_are_ticked_off(client: Client, manager: User, workspace: Workspace) -> None:
    image_set(workspace, "real", 2)
    steps = home(client, manager).context["steps"]
    assert [step.title for step in steps if step.done] == ["Import real radiographs"]
    assert [step.title for step in steps if step.next] == ["Register a checkpoint"]


def test_runs_in_progress_are_shown_and_polled(client: Client, researcher: User, workspace: Workspace) -> None:
    run = scoring_run(workspace, state="running", done=3, total=12, message="features of the reference")
    html = home(client, researcher).content.decode()
    assert "1 run in progress" in html
    part = client.get("/home/running/").content.decode()
    assert run.get_absolute_url() in part
    assert 'value="3" max="12"' in part
    assert "features of the reference" in part
    assert 'hx-get="/home/running/"' in part
    run.succeed()
    assert run.get_absolute_url() not in client.get("/home/running/").content.decode()


def test_nobody_sees_another_workspace(
    client: Client, stranger: User, workspace: Workspace, other_workspace: Workspace, manager: User
) -> None:
    scoring_run(workspace, state="running")
    build_draft(workspace, manager, prepared=False)
    html = home(client, stranger).content.decode()
    assert "Drawn by the model" not in html
    assert "Can they tell?" not in html
    assert workspace.name not in html
    assert unfinished_runs(stranger, other_workspace) == unfinished_runs(stranger, workspace) == []


def test_what_is_missing_is_said_once_the_first_steps_are_taken(
    client: Client, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.first_steps.STEPS", ())
    html = home(client, manager).content.decode()
    assert "No score cards yet" in html
    assert "No image sets yet" in html


def test_the_frame_and_the_page_speak_of_the_same_workspace(
    client: Client, manager: User, other_workspace: Workspace
) -> None:
    Membership.objects.create(user=manager, workspace=other_workspace, role=Role.RESEARCHER)
    page = home(client, manager)
    assert page.context["workspace"] == page.context["current_workspace"]
    client.post("/accounts/workspace/", {"workspace": other_workspace.slug})
    page = client.get("/")
    assert page.context["workspace"] == page.context["current_workspace"] == other_workspace
    # Members are managed in the first workspace only: its page says so, frame included.
    page = client.get("/members/")
    assert page.context["current_workspace"] != other_workspace


def test_recent_cards_show_their_headlines_with_intervals(
    client: Client, researcher: User, workspace: Workspace
) -> None:
    card = score_card(workspace)
    html = home(client, researcher).content.decode()
    assert card.get_absolute_url() in html
    assert "<b>12.3</b>" in html
    assert "11.3 to 13.3" in html
    assert "not given" in html
    assert "Coverage" not in html
    assert 'class="badge phantom"' in html


def test_recent_image_sets_show_their_first_picture(client: Client, researcher: User, workspace: Workspace) -> None:
    rows = image_set(workspace, "real", 2, name="Hospital radiographs")
    html = home(client, researcher).content.decode()
    assert rows.get_absolute_url() in html
    cover = rows.items.order_by("position").first().image_id
    assert f'src="/images/{cover}/thumbnail.png"' in html
    assert client.get(f"/images/{cover}/thumbnail.png").status_code == 200


def test_a_study_waits_for_its_coordinator_at_every_turn(
    client: Client, coordinator: User, researcher: User, workspace: Workspace
) -> None:
    study = build_open(workspace, coordinator)

    def waiting(user: User) -> list[str]:
        return [item.title.split(":")[0] for item in home(client, user).context["waiting"]]

    assert waiting(coordinator) == []  # open, and nobody has come yet
    reader_client, _ = enter(study)
    read_all(reader_client, study)
    assert waiting(coordinator) == ["Close"]
    services.close_study(study=study, user=coordinator)
    assert waiting(coordinator) == ["Unseal"]
    assert waiting(researcher) == []


def test_what_a_study_waits_for_follows_from_its_state() -> None:
    study = Study(state=StudyState.DRAFT)
    study.readers_count = study.shown_total = study.read_total = 0  # type: ignore[attr-defined]
    everything = frozenset(Action)
    assert next_step(study, everything)[0] == "Check and lock"  # type: ignore[index]
    study.state = StudyState.LOCKED
    assert next_step(study, everything)[0] == "Invite readers"  # type: ignore[index]
    study.readers_count = 1  # type: ignore[attr-defined]
    assert next_step(study, everything) == ("Open", "1 reader invited; reading has not begun.")
    study.state = StudyState.PAUSED
    assert next_step(study, everything)[0] == "Resume"  # type: ignore[index]
    study.state = StudyState.CLOSED
    assert next_step(study, ROLE_ACTIONS[Role.RESEARCHER]) is None
    study.state = StudyState.UNSEALED
    assert next_step(study, everything) is None


def test_a_reader_finds_their_studies_and_nothing_of_the_house(
    client: Client, coordinator: User, workspace: Workspace
) -> None:
    study = build_open(workspace, coordinator, title="Internal title", reader_title="Chest pictures, spring")
    reader_client, _ = enter(study)
    html = reader_client.get("/").content.decode()
    assert "Chest pictures, spring" in html
    assert f'href="/read/{study.token}/"' in html
    for hidden in ("Internal title", workspace.name, study.real_set.name, study.synthetic_set.name, 'class="places"'):
        assert hidden not in html
    assert reader_client.get("/home/running/").status_code == 404
    assert reader_client.get("/home/demonstration/").status_code == 404


def test_a_reader_sees_what_is_left_to_do(client: Client, coordinator: User, workspace: Workspace) -> None:
    study = build_open(workspace, coordinator)
    reader_client, _ = enter(study)
    [reading] = reader_client.get("/").context["readings"]
    assert (reading.word, reading.can_read, reading.answered) == ("open", True, 0)
    read_all(reader_client, study)
    [reading] = reader_client.get("/").context["readings"]
    assert (reading.word, reading.can_read, reading.finished) == ("finished", False, True)


def test_a_reader_without_studies_is_told_where_they_come_from(client: Client, reader_user: User) -> None:
    assert "Open the personal link" in home(client, reader_user).content.decode()


def test_a_researcher_who_reads_finds_it_under_what_waits(
    client: Client, researcher: User, coordinator: User, workspace: Workspace
) -> None:
    study = build_open(workspace, coordinator, reader_title="Chest pictures, spring")
    _, reader = enter(study)
    reader.user = researcher
    reader.save(update_fields=["user"])
    titles = [item.title for item in home(client, researcher).context["waiting"]]
    assert titles == ["Read: Chest pictures, spring"]


def test_the_demonstration_shows_its_stages(client: Client, manager: User, settings: Any, tmp_path: Path) -> None:
    settings.DEMO, settings.NEGATOSCOPE_HOME = True, tmp_path
    stages = [
        {"title": "Draw phantoms", "state": "done", "detail": "200 drawn", "url": "/image-sets/"},
        {"title": "Generate", "state": "running", "detail": "", "url": ""},
    ]
    (tmp_path / "demo.json").write_text(json.dumps({"stages": stages}))
    html = home(client, manager).content.decode()
    assert "200 drawn" in html
    assert "First steps" not in html  # it takes them all by itself
    assert 'hx-get="/home/demonstration/"' in html
    assert "Draw phantoms" in client.get("/home/demonstration/").content.decode()


def test_without_a_demonstration_there_is_no_trace_of_one(client: Client, manager: User, settings: Any) -> None:
    settings.DEMO = False
    assert "Demonstration" not in home(client, manager).content.decode()
    assert client.get("/home/demonstration/").status_code == 404
