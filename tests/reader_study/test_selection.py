"""Results of a part of the reads: one finding, one group of readers."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User, Workspace
from reader_study import services
from reader_study.models import AnalysisRun, Case, Reader, Study
from reader_study.results.selection import choices_of, chosen_from, words_of
from tests.reader_study.factories import build_open, enter
from tests.reader_study.unsealed import answer_all, skilled, unseal

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(workspace: Workspace, coordinator: User) -> Study:
    """Two residents and a chest radiologist, read and unsealed."""
    study = build_open(workspace, coordinator, n=8)
    sources = dict(Case.objects.filter(study=study).values_list("code", "key__source"))
    for number, group in enumerate(("residents", "residents", "chest")):
        _, reader = enter(study, user=coordinator, group=group)
        answer_all(reader, lambda code, place, number=number: skilled(sources[code], number, place))  # type: ignore[misc]
    return unseal(study, coordinator)


def test_results_can_be_narrowed_to_a_group_of_readers(client: Client, study: Study, coordinator: User) -> None:
    assert list(Reader.objects.order_by("code").values_list("group", flat=True)) == ["residents", "residents", "chest"]
    assert choices_of(study)["group"] == ["chest", "residents"]
    run = services.finished_analysis(study=study, selection=chosen_from(study, {"group": "residents", "page": "2"}))
    assert run.document is not None
    assert run.document["selection"] == {"group": "residents"}
    assert run.document["analysis"]["size"]["n_readers"] == 2
    assert AnalysisRun.objects.filter(study=study).count() == 2
    client.force_login(coordinator)
    page = client.get(f"/studies/{study.pk}/results/", {"group": "residents"})
    assert page.status_code == 200
    assert "reader group residents" in page.content.decode()
    whole = client.get(f"/studies/{study.pk}/results/results.json").json()
    assert whole["analysis"]["size"]["n_readers"] == 3
    part = client.get(f"/studies/{study.pk}/results/results.json", {"group": "residents"}).json()
    assert part == run.document


def test_what_the_study_does_not_have_cannot_be_chosen(client: Client, study: Study, coordinator: User) -> None:
    with pytest.raises(ValidationError, match="no reads of reader group 'students'"):
        chosen_from(study, {"group": "students"})
    client.force_login(coordinator)
    assert client.get(f"/studies/{study.pk}/results/", {"group": "students"}).status_code == 404
    assert AnalysisRun.objects.filter(study=study).count() == 1


def test_a_selection_is_said_in_words() -> None:
    assert words_of({"finding": "Effusion", "view": "PA"}) == "finding Effusion, view PA"
    assert words_of({}) == ""


def test_an_analysis_is_made_once_and_again_only_when_asked(study: Study) -> None:
    run = AnalysisRun.objects.get(study=study)
    first = run.finished_at
    services.finished_analysis(study=study)
    run.refresh_from_db()
    assert run.finished_at == first
    services.request_analysis(study=study, anew=True)
    services.run_analysis(run)
    run.refresh_from_db()
    assert run.finished_at is not None
    assert first is not None
    assert run.finished_at > first


def test_what_an_earlier_version_made_is_made_anew(client: Client, study: Study, coordinator: User) -> None:
    AnalysisRun.objects.filter(study=study).update(document={"format": "negatoscope-results-v1"})
    client.force_login(coordinator)
    assert "being analysed" in client.get(f"/studies/{study.pk}/results/").content.decode()
    services.run_analysis(AnalysisRun.objects.get(study=study))
    assert "Verdict" in client.get(f"/studies/{study.pk}/results/").content.decode()
