"""From a really scored set and a really read study to the table of which score says what readers say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from evaluation import cache
from evaluation.models import ScoreCard
from evaluation.services import run_scoring, start_scoring
from images.models import ImageSet
from reader_study.analysis.concordance.section import ALL, SYNTHETIC
from reader_study.models import AnalysisRun, CaseKey, Study
from reader_study.results.kept import has_newer_card
from reader_study.results.machine import clusters_of, machine_scores
from reader_study.services import request_analysis, run_analysis
from tests.reader_study import factories
from tests.reader_study.unsealed import Answer, read_study, skilled, unseal

pytestmark = pytest.mark.django_db

Sets = tuple[ImageSet, ImageSet]


def made(workspace: Any, count: int) -> Sets:
    """As many real and synthetic pictures, with findings."""
    findings = ("Effusion", "Nodule")
    real = factories.image_set(workspace, "real", count, findings=findings)
    return real, factories.image_set(workspace, "synthetic", count, first_seed=1000, findings=findings)


@pytest.fixture
def sets(workspace: Any) -> Sets:
    """Few pictures: enough for distances and probabilities."""
    return made(workspace, 14)


def scored(real: ImageSet, synthetic: ImageSet, **options: Any) -> ScoreCard:
    run = start_scoring(
        synthetic=synthetic, reference=real, extractor="random-densenet", metrics=("c2st_auroc",), user=None, queue=False,
        **options,
    )  # fmt: skip
    run_scoring(run)
    run.refresh_from_db()
    assert run.error == ""
    return run.card


def unsealed(sets: Sets, user: User | None, answer: Answer = skilled, **options: Any) -> Study:
    real, synthetic = sets
    study = read_study(real.workspace, user, n=10, answer=answer, real_set=real, synthetic_set=synthetic, **options)
    return unseal(study, user)


def page_of(study: Study, user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/studies/{study.pk}/results/").content.decode()


def concordance(study: Study) -> dict[str, Any]:
    document = AnalysisRun.objects.get(study=study, selection={}).document
    assert document
    found: dict[str, Any] = document["concordance"]
    return found


def test_scores_of_the_card_and_its_features_stand_beside_the_answers(workspace: Any, coordinator: User) -> None:
    sets = made(workspace, 42)  # as many as the probe needs
    scored(*sets)
    study = unsealed(sets, coordinator)
    found = concordance(study)
    rows = {(row["score"], row["asked"], row["images"]): row for row in found["rows"]}
    names = {name for name, _, _ in rows}
    assert names == {"nearest_real:random-densenet 0", "c2st_auroc:random-densenet 0"}
    for name in names:
        row = rows[name, "called synthetic", SYNTHETIC]
        assert row["rho"]["value"] is not None and row["auc"] is not None
        assert row["rho"]["n_cases"] == 10 and row["rho"]["n_readers"] == 3
    # The probe judges synthetic images only; a distance is known of real ones too.
    assert rows["nearest_real:random-densenet 0", "rated synthetic", ALL]["rho"]["n"] == 20
    assert ("c2st_auroc:random-densenet 0", "rated synthetic", ALL) not in rows
    assert {"spearman_clustered", "auc_clustered"} <= AnalysisRun.objects.get(study=study).document["methods"].keys()
    run = AnalysisRun.objects.get(study=study)
    assert not has_newer_card(run)
    page = page_of(study, coordinator)
    assert "Which score predicts the readers" in page and "Analyse again" not in page
    assert f"/studies/{study.pk}/results/figures/concordance.svg" in page
    header, *lines = run.read("figures/concordance.csv").decode().splitlines()
    assert header.split(",")[:4] == ["score", "asked", "images", "rho"] and len(lines) == len(rows)


def test_a_distance_is_to_the_nearest_picture_of_another_patient(sets: Sets, coordinator: User) -> None:
    card = scored(*sets)
    study = unsealed(sets, coordinator)
    distance = next(score for score in machine_scores(study) if score.name.startswith("nearest_real"))
    keys = CaseKey.objects.filter(case__study=study).select_related("case", "item__image")
    assert {key.case.code for key in keys} == distance.values.keys()
    fingerprint = card.run.networks[0]["fingerprint"]
    reference = list(sets[0].items.values_list("image__sha256", flat=True))
    features = cache.load(fingerprint, reference).features
    for key in keys:
        own = cache.load(fingerprint, [key.item.image.sha256]).features
        apart = np.linalg.norm(features - own, axis=1)[np.array(reference) != key.item.image.sha256]
        assert distance.values[key.case.code] == pytest.approx(apart.min(), rel=1e-4)


def test_a_probability_stands_beside_its_finding_alone(sets: Sets, coordinator: User) -> None:
    scored(*sets)
    real, synthetic = sets
    study = factories.build_open(
        real.workspace, coordinator, n=6, findings=["Effusion"], real_set=real, synthetic_set=synthetic
    )
    for number in range(2):
        browser, reader = factories.enter(study)
        for place, token in enumerate(factories.tokens_of(reader)):
            event = factories.event(token)
            event["answers"]["finding_effusion"] = (place + number) % 2
            assert factories.send(browser, study, event).status_code == 200
    rows = concordance(unseal(study, coordinator))["rows"]
    beside = {row["score"]: row["asked"] for row in rows if row["score"].startswith("probability")}
    assert beside == {"probability:Effusion:random-densenet 0": "saw Effusion"}


def test_images_of_one_patient_are_one_cluster(sets: Sets, coordinator: User) -> None:
    study = unsealed(sets, coordinator)
    groups = clusters_of(study)
    assert len(groups) == 20 and {group.split("-")[0] for group in groups.values()} == {"real", "synthetic"}


def test_without_a_card_the_reason_says_what_to_do_and_doing_it_helps(sets: Sets, coordinator: User) -> None:
    study = unsealed(sets, coordinator)
    found = concordance(study)
    assert found["rows"] == [] and "Score these pictures and analyse again" in found["reason"]
    scored(*sets)
    run = AnalysisRun.objects.get(study=study)
    page = page_of(study, coordinator)
    assert has_newer_card(run) and "Analyse again" in page and found["reason"] in page
    run_analysis(request_analysis(study=study, user=coordinator, anew=True))
    run.refresh_from_db()
    assert concordance(study)["rows"] and not has_newer_card(run)


def test_the_newest_of_several_cards_counts_and_each_network_by_itself(sets: Sets, coordinator: User) -> None:
    real, synthetic = sets
    scored(*sets)
    other = factories.image_set(real.workspace, "real", 14, name="other pictures", first_seed=5000)
    scored(other, synthetic)
    scored(real, synthetic, weights="7")
    study = unsealed(sets, coordinator)
    titles = {score.name: score.title for score in machine_scores(study)}
    assert titles["nearest_real:random-densenet 0"] == "Distance to the nearest in other pictures, random-densenet 0"
    assert "real pictures" in titles["nearest_real:random-densenet 7"]
    assert len(titles) == len([name for name in titles if name.endswith((" 0", " 7"))])


def test_nothing_of_another_workspace_or_without_pictures(
    sets: Sets, other_workspace: Any, member: Callable[..., User]
) -> None:
    scored(*sets)
    theirs = factories.build_draft(other_workspace, None, n=4, prepared=False)
    assert machine_scores(theirs) == []
    with pytest.raises(ValidationError, match="unsealed"):
        request_analysis(study=theirs)
    assert machine_scores(Study.objects.create(workspace=theirs.workspace, title="Imported", origin="imported")) == []
