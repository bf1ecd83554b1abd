"""The page, the figure and the endpoint that put metrics beside readers over synthetic sets."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from accounts.policy import Role
from evaluation.metrics.result import MetricResult
from images.models import ImageSet
from jobs.models import RunState
from reader_study import blinding
from reader_study.models import AnalysisRun, Study
from reader_study.results.board import AREA, BALANCED_ACCURACY, REALISM, read_board
from tests.evaluation.card_maker import FACTS, REAL, store
from tests.reader_study import factories
from tests.reader_study.unsealed import read_study, unseal

pytestmark = pytest.mark.django_db
PAGE, FIGURE, ENDPOINT = "/studies/concordance/", "/studies/concordance.svg", "/api/v1/studies/concordance/"
# What readers scored on each of five sets, from the easiest to tell to the hardest.
AREAS = (0.9, 0.8, 0.7, 0.6, 0.5)


@pytest.fixture
def client(statistician: User) -> Client:
    client = Client()
    client.force_login(statistician)
    return client


@pytest.fixture
def reference(workspace: Workspace) -> ImageSet:
    return factories.image_set(workspace, "real", 3, name="the reference")


def said(area: float) -> dict[str, Any]:
    """The part of a stored document that the page reads."""
    found = {"estimate": area, "interval": {"low": area - 0.05, "high": area + 0.05, "level": 0.95}}
    analysis = {
        "primary": {"name": BALANCED_ACCURACY, "random": found},
        "auc": {"name": AREA, "random": found},
        "realism": {"superiority": found},
    }
    return {"analysis": analysis, "simulated_readers": []}


def analysed(reference: ImageSet, number: int, document: dict[str, Any], *, workspace: Any = None) -> ImageSet:
    """A synthetic set whose study is unsealed and analysed with this document."""
    workspace = workspace or reference.workspace
    made = factories.image_set(workspace, "synthetic", 2, name=f"set {number}", first_seed=100 * number + 100)
    study = Study.objects.create(
        workspace=workspace, title=f"study {number}", state="unsealed", real_set=reference, synthetic_set=made,
        unsealed_at=timezone.now(),
    )  # fmt: skip
    AnalysisRun.objects.create(
        workspace=workspace, study=study, selection={}, selection_digest=blinding.digest_json({}), document=document,
        state=RunState.SUCCEEDED,
    )  # fmt: skip
    return made


def results(area: float, number: int) -> list[MetricResult]:
    """A distance that follows the readers, precision that follows them the other way, and diversity that should match."""
    return [
        MetricResult("frechet_distance", "lower", 9, "jackknife", 10 * area, 10 * area - 1, 10 * area + 1),
        MetricResult("frechet_distance", "lower", 9, "jackknife", float(-number), -9.0, 9.0, "Effusion"),
        MetricResult("precision", "higher", 9, "jackknife", 1 - area, 0.0, 1.0),
        MetricResult(
            "vendi_score", "match", 9, "jackknife", 0.5 + area, 0.0, 2.0, baseline=REAL, baseline_label="real"
        ),
        MetricResult("recall", "higher", 9, "", refused="Too few."),
    ]


@pytest.fixture
def five(reference: ImageSet) -> list[ImageSet]:
    sets = [analysed(reference, number, said(area)) for number, area in enumerate(AREAS)]
    for number, (made, area) in enumerate(zip(sets, AREAS, strict=True)):
        store(made, reference, results(area, number))
    return sets


def test_metrics_are_ranked_by_how_they_order_what_readers_order(five: list[ImageSet], client: Client) -> None:
    response = client.get(PAGE, {"asked": AREA})
    rows = {(one.column.key, one.prediction.asked): one for one in response.context["shown"]}
    assert {asked for _, asked in rows} == {AREA} and len(response.context["across"].predictions) == 9
    distance, precision = rows["frechet_distance", AREA], rows["precision", AREA]
    assert distance.prediction.rho.value == pytest.approx(1) and distance.as_hoped
    assert precision.prediction.rho.value == pytest.approx(-1) and precision.as_hoped
    # All but one of 120 orders, and its mirror, are weaker.
    assert distance.prediction.rho.p_value == pytest.approx(2 / 120)
    # Diversity lies the nearer to that of real images, 1.5, the better readers tell: not what one hopes for.
    assert rows["vendi_score", AREA].prediction.rho.value == pytest.approx(-1)
    assert not rows["vendi_score", AREA].as_hoped
    page = response.content.decode()
    assert "as readers do" in page and "against readers" in page and "5 of 5 sets count" in page
    assert all(made.name in page for made in five)


def test_a_row_is_drawn_by_its_link(five: list[ImageSet], client: Client) -> None:
    query = {"metric": "precision", "asked": REALISM}
    response = client.get(PAGE, query)
    assert (response.context["chosen"].column.key, response.context["chosen"].prediction.asked) == (
        "precision",
        REALISM,
    )
    drawn = client.get(FIGURE, query)
    assert drawn["Content-Type"] == "image/svg+xml" and b"<svg" in drawn.content
    assert "attachment" in client.get(FIGURE, {**query, "download": "1"})["Content-Disposition"]
    assert client.get(FIGURE, {"metric": "nonsense", "asked": REALISM}).status_code == 404


def test_too_few_sets_say_what_each_of_them_lacks(reference: ImageSet, client: Client) -> None:
    assert "0 checkpoints have both" in client.get(PAGE).content.decode()
    scored, bare = (analysed(reference, number, said(0.7)) for number in (1, 2))
    store(scored, reference, results(0.7, 1))
    AnalysisRun.objects.filter(study__synthetic_set=bare).update(state=RunState.QUEUED)
    page = client.get(PAGE).content.decode()
    assert "1 checkpoint has both a score card and a study; a rank correlation needs 4" in page
    assert "lacks a finished analysis and a score card on this reference and extractor" in page
    assert scored.name in page and bare.name in page


def test_reference_and_extractor_are_chosen_where_there_are_several(
    five: list[ImageSet], reference: ImageSet, statistician: User
) -> None:
    other = factories.image_set(reference.workspace, "real", 3, name="another reference", first_seed=40)
    facts = {**FACTS, "extractor": {**FACTS["extractor"], "name": "other-net", "fingerprint": "e" * 64}}
    store(five[0], other, results(0.1, 0), facts)
    board = read_board(statistician, reference.workspace, {})
    assert (board.reference, len(board.counted)) == (reference, 5)
    board = read_board(statistician, reference.workspace, {"reference": str(other.pk)})
    assert [row.name for row in board.counted] == ["set 0"] and "needs 4" in board.across.reason
    store(five[0], reference, results(0.1, 0), facts)
    board = read_board(statistician, reference.workspace, {"space": "e" * 16})
    assert {space.name for space in board.spaces} == {"xrv-densenet all", "other-net all"}
    assert [row.name for row in board.counted] == ["set 0"]
    assert board.counted[0].metrics["frechet_distance"].value == pytest.approx(1.0)


def test_the_newest_study_that_is_analysed_speaks_for_a_set(five: list[ImageSet], statistician: User) -> None:
    made = five[0]
    first = Study.objects.get(synthetic_set=made)
    Study.objects.create(
        workspace=first.workspace, title="later", state="unsealed", real_set=first.real_set, synthetic_set=made,
        unsealed_at=timezone.now(),
    )  # fmt: skip
    rows = {row.image_set.pk: row for row in read_board(statistician, first.workspace, {}).rows}
    assert rows[made.pk].study == first and len(rows) == 5


def test_a_real_document_has_what_the_page_reads(workspace: Workspace, coordinator: User) -> None:
    study = unseal(read_study(workspace, coordinator, readers=2, n=6, simulated=1), coordinator)
    document = copy.deepcopy(AnalysisRun.objects.get(study=study).document)
    assert document
    [row] = read_board(coordinator, workspace, {}).rows
    assert row.readers.keys() == {BALANCED_ACCURACY, AREA, REALISM} and row.simulated == 1
    assert row.readers[AREA].value == document["analysis"]["auc"]["random"]["estimate"]
    # Readers who agree completely may leave no interval.
    inside = document["analysis"]["primary"]["random"]["interval"] or {"low": None}
    assert row.readers[BALANCED_ACCURACY].low == inside["low"]


def test_the_endpoint_has_every_number_of_the_page(five: list[ImageSet], client: Client) -> None:
    found = client.get(ENDPOINT).json()
    assert found["reason"] == "" and len(found["sets"]) == 5
    best = found["predictions"][0]
    assert abs(best["rho"]) == pytest.approx(1) and best["p"] <= best["p_adjusted"] and best["n"] == 5
    assert {"metric", "title", "asked", "low", "high", "hoped_sign", "method"} <= best.keys()
    first = next(one for one in found["sets"] if one["name"] == "set 0")
    assert first["readers"][AREA] == {"value": 0.9, "low": pytest.approx(0.85), "high": pytest.approx(0.95)}
    assert client.get(ENDPOINT, {"workspace": "beta"}).status_code == 400


def test_nothing_of_other_workspaces_and_nothing_for_readers(
    five: list[ImageSet], stranger: User, member: Callable[..., User]
) -> None:
    theirs = Client()
    theirs.force_login(stranger)
    page = theirs.get(PAGE).content.decode()
    assert "0 checkpoints have both" in page and five[0].name not in page
    assert theirs.get(ENDPOINT).json()["sets"] == []
    assert theirs.get(FIGURE, {"metric": "precision", "asked": AREA}).status_code == 404
    outsider = Client()
    outsider.force_login(member(Role.READER))
    assert outsider.get(PAGE).status_code == 404 and outsider.get(ENDPOINT).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_it_is_found_from_the_studies_and_the_leaderboard(client: Client) -> None:
    for address in ("/studies/", "/leaderboard/"):
        assert PAGE in client.get(address).content.decode(), address
