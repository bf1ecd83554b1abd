import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

from images import tasks
from images.models import ImportRun
from images.pixels import decode_image, pixel_digest
from images.services import run_import

IMPORTS = "/api/v1/imports/"


@pytest.fixture
def published(monkeypatch):
    ids = []
    monkeypatch.setattr(tasks.import_images, "delay", ids.append)
    return ids


@pytest.fixture
def api(researcher):
    """A client with a token, as a script has it."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(researcher)[1]}")
    return client


def test_image_sets_are_listed_searched_and_described(api, make_set):
    first = make_set(3, name="Alpha chests", description="Of Bethesda")
    make_set(2, name="Beta chests", source="synthetic")
    assert [row["name"] for row in api.get("/api/v1/image-sets/").json()["results"]] == ["Beta chests", "Alpha chests"]
    found = api.get("/api/v1/image-sets/", {"q": "bethesda", "source": "real"}).json()["results"]
    assert found == [api.get(f"/api/v1/image-sets/{first.pk}/").json()]
    assert found[0]["digest"] == first.digest and found[0]["count"] == 3 and found[0]["workspace"] == "alpha"


def test_items_come_in_order_and_page_by_page(api, make_set):
    image_set = make_set(5)
    page = api.get(f"/api/v1/image-sets/{image_set.pk}/items/", {"limit": 2, "offset": 2}).json()
    assert page["count"] == 5
    assert [row["position"] for row in page["results"]] == [2, 3]
    item = image_set.items.select_related("image").get(position=3)
    row = page["results"][1]
    assert (row["sha256"], row["width"], row["height"], row["bits"]) == (item.image.sha256, 32, 40, 8)
    assert (row["findings"], row["age"], row["group"]) == (["Effusion"], 43, "patient-1")
    picture = api.get(row["picture"])
    assert picture["Content-Type"] == "image/png" and picture["Cache-Control"].startswith("private")
    assert pixel_digest(decode_image(picture.content)) == row["sha256"]
    assert api.get(f"/api/v1/images/{row['image']}/").json()["sha256"] == row["sha256"]


def test_the_number_of_queries_does_not_grow_with_the_items(api, make_set, django_assert_max_num_queries):
    image_set = make_set(30)
    with django_assert_max_num_queries(12):
        assert len(api.get(f"/api/v1/image-sets/{image_set.pk}/items/").json()["results"]) == 30


def test_a_folder_is_imported(api, folder, published, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = api.post(IMPORTS, {"name": "Hospital", "layout": "csv", "directory": "hospital"})
    assert response.status_code == 201, response.json()
    body = response.json()
    assert (body["state"], body["image_set"], body["workspace"]) == ("queued", None, "alpha")
    assert published == [body["id"]]
    run_import(ImportRun.objects.get())
    body = api.get(f"{IMPORTS}{body['id']}/").json()
    assert body["state"] == "succeeded" and body["report"]["imported"] == 3
    assert api.get(f"/api/v1/image-sets/{body['image_set']}/").json()["count"] == 3


def test_an_archive_is_imported(api, archive, published):
    response = api.post(IMPORTS, {"name": "Hospital", "layout": "csv", "archive": archive()}, format="multipart")
    assert response.status_code == 201, response.json()
    assert response.json()["archive_name"] == "hospital.zip"
    run_import(ImportRun.objects.get())
    assert ImportRun.objects.get().state == "succeeded"


def test_an_import_is_cancelled(api, folder, published):
    run = api.post(IMPORTS, {"name": "Hospital", "layout": "csv", "directory": "hospital"}).json()
    assert api.post(f"{IMPORTS}{run['id']}/cancel/").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"layout": "odd"}, "layout"),
        ({"name": ""}, "name"),
        ({"directory": "/etc"}, "directory"),
        ({"directory": ""}, "directory"),
        ({"workspace": "beta"}, "workspace"),
        ({"source": "dreamt"}, "source"),
    ],
)
def test_bad_requests_are_problems_that_name_the_field(api, folder, other_workspace, change, field):
    response = api.post(IMPORTS, {"name": "x", "layout": "csv", "directory": "hospital", **change})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert field in response.json()["errors"]
    assert not ImportRun.objects.exists()


def test_image_sets_cannot_be_written(api, make_set):
    url = f"/api/v1/image-sets/{make_set().pk}/"
    assert {api.put(url, {}).status_code, api.patch(url, {}).status_code, api.delete(url).status_code} <= {403, 405}
    assert api.post("/api/v1/image-sets/", {}).status_code in (403, 405)
