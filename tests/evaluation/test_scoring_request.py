"""What may be asked of a scoring run, on the page, through the API and by other code; and what is said of the rest."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from evaluation.forms import families_by_axis
from evaluation.metrics import METRICS
from evaluation.models import ScoringRun
from evaluation.services import start_scoring
from images.models import ImageSet

from .conftest import MakeSet

pytestmark = pytest.mark.django_db

NEW = "/api/v1/scoring-runs/"


@pytest.fixture
def sets(phantom_set: MakeSet) -> tuple[ImageSet, ImageSet, ImageSet]:
    """Synthetic, reference, training."""
    return phantom_set("made", 3, source="synthetic"), phantom_set("drawn", 3, 1000), phantom_set("learnt", 3, 2000)


def test_everything_that_is_wrong_is_said_beside_its_field(
    sets: tuple[ImageSet, ...], phantom_set: MakeSet, other_workspace: Workspace
) -> None:
    foreign = phantom_set("foreign", 3, 3000, workspace=other_workspace)
    with pytest.raises(ValidationError) as refused:
        start_scoring(
            synthetic=sets[0],
            reference=sets[0],
            extractor="xrv-densenet",
            also=[("random-densenet", ""), ("nothing", ""), ("random-densenet", "")],
            metrics=["frechet_distance", "fid"],
            subgroups=["sex", "hospital"],
            training=foreign,
            user=None,
        )
    said = {field: " ".join(messages) for field, messages in refused.value.message_dict.items()}
    assert set(said) == {"reference", "also", "metrics", "subgroups", "training"}
    assert "exactly the same images" in said["reference"] and "'nothing'" in said["also"]
    assert "'fid'" in said["metrics"] and "frechet_distance" in said["metrics"]
    assert "'hospital'" in said["subgroups"] and "sex, age, view, finding" in said["subgroups"]
    assert "same workspace" in said["training"] and not ScoringRun.objects.exists()


def test_a_network_is_named_once_also_by_its_default_weights(sets: tuple[ImageSet, ...]) -> None:
    with pytest.raises(ValidationError, match="named more than once"):
        start_scoring(
            synthetic=sets[0],
            reference=sets[1],
            extractor="xrv-densenet",
            also=[("xrv-densenet", "densenet121-res224-all")],
            user=None,
        )


def test_the_images_to_score_are_not_their_own_training_set(sets: tuple[ImageSet, ...]) -> None:
    with pytest.raises(ValidationError, match="images that the model learnt from"):
        start_scoring(synthetic=sets[0], reference=sets[1], extractor="random-densenet", training=sets[0], user=None)


def test_every_metric_is_offered_under_its_axis() -> None:
    offered = [name for _, members in families_by_axis() for name, _ in members]
    assert len(offered) == len(set(offered)) and {METRICS[name].function for name in offered} == {
        metric.function for metric in METRICS.values()
    }


def filled(sets: tuple[ImageSet, ...], **more: object) -> dict[str, object]:
    return {"synthetic": sets[0].pk, "reference": sets[1].pk, "network": "random-densenet:", "seed": 7, **more}


def test_the_form_takes_sets_networks_metrics_and_subgroups(
    sets: tuple[ImageSet, ...], researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    page = client.get(reverse("evaluation:score_new")).content.decode()
    assert page.count('type="checkbox"') > 10 and "style=" not in page and "<script>" not in page
    more = {
        "training": sets[2].pk,
        "also": ["xrv-densenet:densenet121-res224-all"],
        "metrics": ["frechet_distance", "kernel_distance"],
        "subgroups": ["sex", "finding"],
        "operating_point": "youden",
    }
    answer = client.post(reverse("evaluation:score_new"), filled(sets, **more))
    run = ScoringRun.objects.get()
    assert answer.status_code == 302 and answer["Location"] == run.get_absolute_url()
    assert (run.training, run.subgroups, run.operating_point) == (sets[2], ["sex", "finding"], "youden")
    assert run.also == [{"extractor": "xrv-densenet", "weights": "densenet121-res224-all"}]
    assert {"frechet_distance", "kernel_distance"} <= set(run.metrics) < set(METRICS)


@pytest.mark.parametrize("ticked", [[], "all"])
def test_nothing_and_everything_ticked_are_all_metrics(
    sets: tuple[ImageSet, ...], researcher: User, client: Client, ticked: object
) -> None:
    client.force_login(researcher)
    names = [name for _, members in families_by_axis() for name, _ in members] if ticked else []
    assert client.post(reverse("evaluation:score_new"), filled(sets, metrics=names)).status_code == 302
    assert ScoringRun.objects.get().metrics == []


def test_the_form_says_what_is_wrong_and_keeps_what_was_ticked(
    sets: tuple[ImageSet, ...], researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    for wrong, words in (
        ({"also": ["random-densenet:"]}, "named more than once"),
        ({"also": ["xrv-densenet:/etc"]}, "Select a valid choice"),
        ({"training": sets[0].pk}, "images to score themselves"),
        ({"metrics": ["fid"]}, "Select a valid choice"),
    ):
        answer = client.post(reverse("evaluation:score_new"), filled(sets, subgroups=["age"], **wrong))
        page = answer.content.decode()
        assert answer.status_code == 400 and words in page
        assert 'value="age" id="id_subgroups_1" checked' in page.replace(
            ' aria-describedby="id_subgroups_helptext"', ""
        )
    assert not ScoringRun.objects.exists()


def body(sets: tuple[ImageSet, ...], **more: object) -> dict[str, object]:
    wanted = {"synthetic": str(sets[0].pk), "reference": str(sets[1].pk), "extractor": "random-densenet"}
    return {**wanted, **more}


def test_the_api_takes_the_same(sets: tuple[ImageSet, ...], researcher: User, client: Client) -> None:
    client.force_login(researcher)
    more = {
        "training": str(sets[2].pk),
        "also": [{"extractor": "random-densenet", "weights": "5"}],
        "metrics": ["frechet_distance"],
        "subgroups": ["view"],
        "operating_point": "youden",
    }
    answer = client.post(NEW, body(sets, **more), content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert {name: answer.json()[name] for name in more} == more


def test_the_api_says_what_is_wrong_by_field(
    sets: tuple[ImageSet, ...], phantom_set: MakeSet, other_workspace: Workspace, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    foreign = phantom_set("foreign", 3, 3000, workspace=other_workspace)
    for field, value, words in (
        ("also", [{"extractor": "xrv-densenet", "weights": "/etc"}], "not offered"),
        ("also", [{"weights": "5"}], "required"),
        ("metrics", ["fid"], "no metric 'fid'"),
        ("subgroups", ["hospital"], "not a valid choice"),
        ("training", str(foreign.pk), "does not exist"),
        ("training", str(uuid.uuid4()), "does not exist"),
        ("operating_point", "best", "not a valid choice"),
    ):
        answer = client.post(NEW, body(sets, **{field: value}), content_type="application/json")
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
        assert field in answer.json()["errors"] and words in answer.json()["detail"], answer.content
    assert not ScoringRun.objects.exists()


def test_the_schema_says_what_a_run_takes(researcher: User, client: Client) -> None:
    client.force_login(researcher)
    schemas = client.get("/api/schema.json").json()["components"]["schemas"]
    fields = schemas["ScoringRun"]["properties"]
    assert fields["also"]["type"] == "array" and fields["also"]["items"] == {"$ref": "#/components/schemas/Network"}
    assert fields["metrics"]["items"]["type"] == "string" and fields["subgroups"]["type"] == "array"
    assert {"extractor", "weights"} == set(schemas["Network"]["properties"])
    assert {"space", "subgroup"} <= set(schemas["Score"]["properties"])
