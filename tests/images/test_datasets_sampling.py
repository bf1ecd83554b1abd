"""Samples of sets and near duplicates: services, commands, the page and the endpoint."""

import csv
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit.models import Event
from images.models import Image, ImageSet, ImportRun
from images.services import ItemRow, create_image_set, find_near_duplicates, options_of, sample_set, store_image
from tests.images.makers import ramp


@pytest.fixture
def big(workspace):
    """Twenty images of ten patients, each patient's two alike; every fifth has a mass."""

    def row(number):
        seed = number if number % 2 else 100 + number
        image = store_image(workspace=workspace, pixels=ramp(64, 48, seed=seed).repeat(4, 0).repeat(4, 1))
        findings = ["Effusion", "Mass"] if number % 5 == 0 else ["Effusion"]
        return ItemRow(
            image, f"patient-{number // 2}", f"Caption {number}.", findings, f"p{number // 2}", 20 + 4 * number,
            "FM"[number % 2], ("PA", "AP", "L")[number % 3], ["Edema"],
        )  # fmt: skip

    rows = [row(number) for number in range(20)]
    return create_image_set(workspace=workspace, name="Big", source="real", rows=rows, description="Terms")


@pytest.fixture
def twins(workspace):
    """Four images; the last is the second one brightened."""
    pictures = [ramp(64, 48, seed=seed).repeat(4, 0).repeat(4, 1) for seed in range(3)]
    pictures.append(pictures[1] // 2 + 60)
    rows = [
        ItemRow(store_image(workspace=workspace, pixels=pixels), f"g{place}") for place, pixels in enumerate(pictures)
    ]
    return create_image_set(workspace=workspace, name="Twins", source="real", rows=rows)


def test_a_sample_is_a_set_of_its_own_that_says_where_it_comes_from(big, researcher):
    options = options_of(sample=10, by=("finding", "sex"), seed=3)
    drawn = sample_set(image_set=big, name="Ten", options=options, user=researcher)
    assert (drawn.count, drawn.source, drawn.created_by, drawn.description) == (10, "real", researcher, "Terms")
    items = list(drawn.items.with_images())
    originals = {item.image_id: item for item in big.items.all()}
    order = [originals[item.image_id].position for item in items]
    assert order == sorted(order) and [item.position for item in items] == list(range(10))
    for item in items:
        old = originals[item.image_id]
        for name in ("group", "caption", "findings", "uncertain", "patient", "age", "sex", "view"):
            assert getattr(item, name) == getattr(old, name)
    assert sum("Mass" in item.findings for item in items) == 2 and sum(item.sex == "F" for item in items) == 5
    assert drawn.provenance["Sampled from"] == "Big" and drawn.provenance["Digest of that set"] == big.digest
    assert drawn.provenance["Drawn by"] == "finding, sex" and drawn.provenance["Seed of the draw"] == "3"
    again = sample_set(image_set=big, name="Ten again", options=options)
    assert again.digest == drawn.digest and Event.objects.filter(action="image_set.sampled").count() == 2


def test_views_patients_and_more_than_there_are(big):
    drawn = sample_set(image_set=big, name="x", options=options_of(sample=500, views=("PA", "AP")))
    assert {item.view for item in drawn.items.all()} == {"PA", "AP"} and drawn.provenance["Views"] == "PA, AP"
    drawn = sample_set(image_set=big, name="x", options=options_of(sample=500, one_per_patient=True))
    assert drawn.count == 10 == len({item.group for item in drawn.items.all()})


@pytest.mark.parametrize(
    ("name", "choices", "field"),
    [("x", {"sample": 0}, "sample"), ("x", {"sample": 5, "views": ("LAO",)}, "views"), (" ", {"sample": 5}, "name")],
)
def test_what_cannot_be_drawn_is_refused(big, name, choices, field):
    with pytest.raises(ValidationError) as refused:
        sample_set(image_set=big, name=name, options=options_of(**choices))
    assert list(refused.value.message_dict) == [field] and ImageSet.objects.count() == 1


def test_near_duplicates_are_found_and_can_be_left_out(twins):
    found = find_near_duplicates(twins)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(1, 3)] and found.complete and found.later == {3}
    drawn = sample_set(image_set=twins, name="x", options=options_of(sample=9), without_duplicates=True)
    assert [item.group for item in drawn.items.all()] == ["g0", "g1", "g2"]
    assert drawn.provenance["Near duplicates left out"] == "1"


def test_images_stored_before_there_were_hashes_get_theirs(twins):
    Image.objects.update(look=None)
    assert len(find_near_duplicates(twins).pairs) == 1
    assert not Image.objects.filter(look=None).exists()


def test_too_many_candidates_are_said_to_be_too_many(twins, monkeypatch):
    monkeypatch.setattr("images.services.duplicates.MAX_CANDIDATES", 0)
    assert find_near_duplicates(twins).complete is False


def run_command(name, *arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_draws(big):
    strata = "finding,sex,age_band,view"
    out, _ = run_command("sample_set", "Big", "--n", 8, "--by", strata, "--seed", 0, "--name", "Reference")
    drawn = ImageSet.objects.get(name="Reference")
    assert drawn.count == 8 and f"Image set {drawn.pk}: 8 images" in out
    run_command("sample_set", drawn.pk, "--n", 2, "--name", "Smaller", "--without-duplicates", "--one-per-patient")
    assert ImageSet.objects.get(name="Smaller").count == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Nothing", "--n", "2", "--name", "x"], "no image set Nothing"),
        (["Big", "--n", "0", "--name", "x"], "1 or more"),
        (["Big", "--n", "2", "--name", "x", "--by", "race"], "race is not one of"),
        (["Big", "--n", "2"], "--name"),
    ],
)
def test_what_the_command_cannot_draw_says_why(big, arguments, reason):
    with pytest.raises(CommandError, match=reason):
        run_command("sample_set", *arguments)


def test_of_sets_with_one_name_the_id_is_asked_for(big, make_set):
    make_set(name="Big")
    with pytest.raises(CommandError, match="give the id"):
        run_command("find_duplicates", "Big")


def test_the_command_lists_duplicates(twins):
    out, err = run_command("find_duplicates", "Twins")
    (pair,) = csv.DictReader(io.StringIO(out))
    assert (pair["first_group"], pair["second_group"]) == ("g1", "g3") and float(pair["correlation"]) >= 0.99
    assert "1 pairs among 4 images" in err


# The page


def sample_page(image_set):
    return reverse("images:sample_create", args=[image_set.pk])


def test_drawing_from_the_page(client, researcher, big):
    client.force_login(researcher)
    assert sample_page(big) in client.get(big.get_absolute_url()).content.decode()
    form = client.get(sample_page(big)).content.decode()
    assert "Of 20." in form and 'value="PA"' in form and "Big, sample" in form
    typed = {
        "name": "Drawn",
        "sample": 6,
        "by": ["finding", "view"],
        "allocation": "equal",
        "views": ["PA"],
        "seed": "",
    }
    response = client.post(sample_page(big), typed)
    drawn = ImageSet.objects.get(name="Drawn")
    assert response.status_code == 302 and response["Location"] == drawn.get_absolute_url()
    assert drawn.count == 6 and drawn.created_by == researcher
    text = client.get(drawn.get_absolute_url()).content.decode()
    assert "the set it was drawn from" in text and big.get_absolute_url() in text and "uncertain: Edema" in text


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"sample": "0"}, "greater than or equal to 1"), ({"name": ""}, "required"), ({"by": ["race"]}, "valid choice")],
)
def test_a_refused_draw_keeps_what_was_typed(client, researcher, big, change, reason):
    client.force_login(researcher)
    typed = {"name": "Typed with care", "sample": "6", "seed": "17", **change}
    response = client.post(sample_page(big), typed)
    text = response.content.decode()
    assert response.status_code == 400 and reason in text and 'value="17"' in text
    assert ImageSet.objects.count() == 1


@pytest.mark.parametrize(
    ("person", "status"), [("statistician", 404), ("reader_user", 404), ("stranger", 404), (None, 302)]
)
def test_who_may_not_draw(client, request, big, person, status):
    if person:
        client.force_login(request.getfixturevalue(person))
    assert client.get(sample_page(big)).status_code == status
    assert client.post(sample_page(big), {"name": "x", "sample": 2}).status_code == status
    text = client.get(big.get_absolute_url()).content.decode()
    assert sample_page(big) not in text and ImageSet.objects.count() == 1


def test_a_part_of_a_collection_from_the_page(client, researcher, import_root):
    from tests.images import trees

    root = trees.mimic(import_root / "mimic")
    client.force_login(researcher)
    form = client.get(reverse("images:import_create")).content.decode()
    assert "MIMIC-CXR-JPG: negbio" in form and "PadChest" in form and '<details class="fold">' in form
    typed = {
        "name": "Part", "layout": "mimic", "directory": str(root), "source": "real", "uncertain": "zeros",
        "labels": "negbio", "splits": "train, test", "views": "PA", "sample": "1", "by": ["finding"], "seed": "5",
    }  # fmt: skip
    response = client.post(reverse("images:import_create"), typed)
    run = ImportRun.objects.get()
    assert response.status_code == 302
    assert run.options == {
        "uncertain": "zeros", "labels": "negbio", "splits": ["train", "test"], "views": ["PA"], "sample": 1,
        "seed": 5, "by": ["finding"],
    }  # fmt: skip
    refused = client.post(reverse("images:import_create"), {**typed, "splits": "valid"})
    text = refused.content.decode()
    assert refused.status_code == 400 and "valid is not among them" in text and 'value="valid"' in text
    assert '<details class="fold" open>' in text


# The endpoint


def test_drawing_by_the_api(client, researcher, big):
    client.force_login(researcher)
    address = f"/api/v1/image-sets/{big.pk}/sample/"
    body = {"name": "By API", "n": 5, "by": ["finding"], "seed": 1, "views": ["PA", "AP"]}
    response = client.post(address, body, content_type="application/json")
    assert response.status_code == 201 and response.json()["count"] == 5
    assert response.json()["provenance"]["Sampled from"] == "Big"
    for wrong in ({"n": 0}, {"by": ["race"]}, {"views": ["LAO"]}):
        assert client.post(address, {**body, **wrong}, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("person", "status"), [(None, 401), ("statistician", 403), ("reader_user", 403), ("stranger", 404)]
)
def test_who_may_not_draw_by_the_api(client, request, big, person, status):
    if person:
        client.force_login(request.getfixturevalue(person))
    response = client.post(
        f"/api/v1/image-sets/{big.pk}/sample/", {"name": "x", "n": 2}, content_type="application/json"
    )
    assert response.status_code == status and ImageSet.objects.count() == 1


def test_choices_of_an_import_by_the_api(client, researcher, import_root):
    from tests.images import trees

    trees.mimic(import_root / "mimic")
    client.force_login(researcher)
    body = {"name": "x", "layout": "mimic", "directory": "mimic", "options": {"splits": ["test"], "sample": 1}}
    response = client.post("/api/v1/imports/", body, content_type="application/json")
    assert response.status_code == 201 and response.json()["options"] == {"splits": ["test"], "sample": 1}
    for wrong in ({"colour": 1}, {"sample": "x"}, [1], {"splits": ["valid"]}):
        response = client.post("/api/v1/imports/", {**body, "options": wrong}, content_type="application/json")
        assert response.status_code == 400, wrong
