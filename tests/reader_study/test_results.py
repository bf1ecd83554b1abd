"""From answers to results: what counts, who sees it, and what it rests on."""

import json
import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User, Workspace
from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.figures import FIGURES
from reader_study.models import Presentation, Reading, Study
from reader_study.reads.rows import rating_table, read_rows
from reader_study.results.analysed import analyse_study, data_digest, results_document
from tests.reader_study.unsealed import read_study, skilled, unseal

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(workspace: Workspace, coordinator: User) -> Study:
    """A study of 8 + 8 cases, read by three readers (one simulated) and unsealed."""
    return unseal(read_study(workspace, coordinator, simulated=1), coordinator)


def test_answers_become_the_table_that_was_read(study: Study) -> None:
    table = analyse_study(study).table
    first = table.primary()
    assert (len(first), len(first.readers), len(first.cases)) == (48, 3, 16)
    assert len(table) == Presentation.objects.filter(reader__study=study).count() > 48
    assert set(table.sources) == {"real", "synthetic pictures"}
    for reader, truth, rating, call, place in zip(
        table.reader, table.truth, table.rating, table.call, table.position, strict=True
    ):
        assert rating == skilled("synthetic" if truth else "real", int(reader[1:]) - 1, place - 1)
        assert call == (rating >= 4)
    assert first.seconds[0] == pytest.approx(1.9 + 0.1 * first.position[0])


def test_only_the_last_whole_answer_in_time_counts(workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=2)
    shown = Presentation.objects.filter(reader__study=study, reader__code="R01", is_repeat=False).first()
    assert shown is not None

    def revise(revision: int, **members: object) -> None:
        answers = {"source_confidence": revision, "realism": 1}
        values = {"complete": True, "answers": answers, **members}
        Reading.objects.create(presentation=shown, revision=revision, key=uuid.uuid4(), **values)

    revise(2)
    revise(3, complete=False)
    revise(4, late=True)
    rows = list(read_rows(unseal(study, coordinator)))
    row = next(row for row in rows if row["reader_code"] == "R01" and row["trial_index"] == shown.position + 1)
    assert (row["rating"], row["revisions"], row["changed_answer"]) == (2, 2, True)
    assert sum(bool(row["changed_answer"]) for row in rows) == 1


def test_unread_cases_are_missing_not_invented(workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=0)
    with pytest.raises(ValidationError, match="Nobody has read"):
        analyse_study(unseal(study, coordinator))


def test_repeats_serve_only_the_agreement_of_readers_with_themselves(study: Study) -> None:
    results = analyse_study(study)
    repeats = Presentation.objects.filter(reader__study=study, is_repeat=True).count()
    assert results.analysis.size.n_repeats == results.analysis.repeats.n_pairs == repeats > 0
    assert results.analysis.size.n_reads == 48


def test_before_unsealing_nothing_joins_answers_with_truth(workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=1)
    with pytest.raises(ValidationError, match="not unsealed"):
        analyse_study(study)
    with pytest.raises(ValidationError, match="not unsealed"):
        list(read_rows(study))


def test_the_document_says_method_counts_and_origin_of_its_numbers(study: Study) -> None:
    document = json.loads(json.dumps(results_document(analyse_study(study)), allow_nan=False))
    random = document["analysis"]["primary"]["random"]
    assert random["method"] in document["methods"] and random["covariance"] in document["methods"]
    assert (random["n_readers"], random["n_real"], random["n_synthetic"], random["n_reads"]) == (3, 8, 8, 48)
    assert document["provenance"]["key_matches"] is True
    assert document["provenance"]["protocol_hash"] == study.protocol_hash
    assert document["provenance"]["data_sha256"] == data_digest(rating_table(list(read_rows(study))))
    assert study.protocol["analysis"]["primary_endpoint"] == document["analysis"]["primary"]["name"]
    assert study.protocol["analysis"]["called_synthetic_from"] == document["called_synthetic_from"] == 4
    assert document["simulated_readers"] == ["R01"]
    assert document["provenance"]["software"]["scipy"]


def test_perfect_readers_are_told_apart_and_chance_is_not_called_realism(
    workspace: Workspace, coordinator: User
) -> None:
    perfect = read_study(workspace, coordinator, answer=lambda source, *_: 6 if source == "synthetic" else 1)
    found = analyse_study(unseal(perfect, coordinator)).analysis.primary
    assert found.random is not None
    assert (found.random.method, found.random.estimate) == ("exact_separation", 1.0)
    assert found.verdict.outcome is Outcome.DISTINGUISHABLE


@pytest.fixture
def path(study: Study) -> str:
    return f"/studies/{study.pk}/results/"


@pytest.mark.parametrize("role", ["manager", "researcher", "coordinator", "statistician"])
def test_the_team_sees_the_results(client: Client, member: Callable[..., User], path: str, role: str) -> None:
    client.force_login(member(role))
    page = client.get(path)
    assert page.status_code == 200
    text = page.content.decode()
    for words in (
        "Verdict",
        "balanced accuracy",
        "R01",
        "simulated",
        "The key revealed matches the commitment",
        "Fleiss kappa",
        "near 0",
    ):
        assert words in text
    assert "style=" not in text and "<script>" not in text
    assert client.get(f"{path}results.json").json()["format"] == "negatoscope-results-v2"


@pytest.mark.parametrize("address", ["", "results.json", "figures/readers.svg", "../export.zip"])
def test_others_do_not(
    client: Client, stranger: User, reader_user: User, path: str, study: Study, address: str
) -> None:
    target = f"/studies/{study.pk}/export.zip" if address.startswith("..") else path + address
    assert client.get(target).status_code == 302
    for user in (stranger, reader_user):
        client.force_login(user)
        assert client.get(target).status_code == 404


def test_a_researcher_sees_results_but_takes_no_export(
    client: Client, researcher: User, study: Study, path: str
) -> None:
    client.force_login(researcher)
    assert "export.zip" not in client.get(path).content.decode()
    assert client.get(f"/studies/{study.pk}/export.zip").status_code == 404


def test_before_unsealing_there_is_no_page(client: Client, workspace: Workspace, coordinator: User) -> None:
    study = read_study(workspace, coordinator, readers=1)
    client.force_login(coordinator)
    for address in ("results/", "results/results.json", "results/figures/roc.svg", "export.zip"):
        assert client.get(f"/studies/{study.pk}/{address}").status_code == 404


def test_a_study_that_nobody_read_says_so(client: Client, workspace: Workspace, coordinator: User) -> None:
    study = unseal(read_study(workspace, coordinator, readers=0), coordinator)
    client.force_login(coordinator)
    page = client.get(f"/studies/{study.pk}/results/")
    assert page.status_code == 200 and "Nobody has read a case" in page.content.decode()
    assert client.get(f"/studies/{study.pk}/export.zip").status_code == 404


def test_every_figure_is_drawn_described_and_saved(client: Client, statistician: User, path: str) -> None:
    client.force_login(statistician)
    page = client.get(path).content.decode()
    drawn = {"readers", "roc", "confusion", "realism", "agreement", "times", "order", "blinding", "evidence"}
    for name in FIGURES:
        assert (f"figures/{name}.svg" in page) == (name in drawn)
    for name in drawn:
        figure = client.get(f"{path}figures/{name}.svg")
        assert figure["Content-Type"] == "image/svg+xml" and b"<svg" in figure.content
        assert client.get(f"{path}figures/{name}.svg").content == figure.content
        saved = client.get(f"{path}figures/{name}.svg?download")
        assert saved["Content-Disposition"] == f'attachment; filename="{name}.svg"'
        assert client.get(f"{path}figures/{name}.png").content.startswith(b"\x89PNG")
        assert b"," in client.get(f"{path}figures/{name}.csv").content
    for name in ("unknown", "findings"):
        assert client.get(f"{path}figures/{name}.svg").status_code == 404


def test_one_reader_and_constant_ratings_still_make_a_page(
    client: Client, workspace: Workspace, coordinator: User
) -> None:
    study = unseal(read_study(workspace, coordinator, readers=1, answer=lambda *_: 2), coordinator)
    client.force_login(coordinator)
    page = client.get(f"/studies/{study.pk}/results/").content.decode()
    assert "inconclusive" in page and "not estimable" in page


def test_phantoms_are_labelled(client: Client, workspace: Workspace, coordinator: User) -> None:
    from tests.reader_study.factories import image_set

    drawn = image_set(workspace, "real", 8, is_phantom=True)
    study = unseal(read_study(workspace, coordinator, readers=1, real_set=drawn), coordinator)
    client.force_login(coordinator)
    assert "badge phantom" in client.get(f"/studies/{study.pk}/results/").content.decode()


def test_the_api_gives_the_same_numbers(client: Client, study: Study, statistician: User, stranger: User) -> None:
    client.force_login(statistician)
    found = client.get(f"/api/v1/studies/{study.pk}/results/")
    assert found.status_code == 200
    assert found.json()["analysis"] == results_document(analyse_study(study))["analysis"]
    client.force_login(stranger)
    assert client.get(f"/api/v1/studies/{study.pk}/results/").status_code == 404
