"""Every page and endpoint, as each kind of person."""

import pytest
from django.urls import reverse

from images.models import ImportRun
from images.services import start_import

VIEWERS = ("manager", "researcher", "coordinator", "statistician")
IMPORTERS = ("manager", "researcher", "coordinator")
OUTSIDERS = ("reader_user", "stranger")

PAGES = {
    "images:image_set_list": (None, VIEWERS),
    "images:image_set_detail": ("image_set", VIEWERS),
    "images:import_create": (None, IMPORTERS),
    "images:import_detail": ("run", VIEWERS),
    "images:sample_create": ("image_set", IMPORTERS),
    "images:picture": ("image", VIEWERS),
    "images:thumbnail": ("image", VIEWERS),
}


@pytest.fixture
def things(make_set, workspace, researcher, folder):
    image_set = make_set(name="Alpha's secret set")
    run = start_import(
        workspace=workspace,
        name="Alpha's secret import",
        layout="csv",
        user=researcher,
        directory=str(folder),
        queue=False,
    )
    return {None: None, "image_set": image_set.pk, "image": image_set.items.first().image_id, "run": run.pk}


def address(name, things):
    pk = things[PAGES[name][0]]
    return reverse(name, args=[pk] if pk else [])


@pytest.mark.parametrize("name", PAGES)
def test_pages(client, request, things, name):
    url, allowed = address(name, things), PAGES[name][1]
    for person in VIEWERS:
        client.force_login(request.getfixturevalue(person))
        assert client.get(url).status_code == (200 if person in allowed else 404), person
    client.logout()
    response = client.get(url)
    assert response.status_code == 302 and response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("person", OUTSIDERS)
def test_pages_for_outsiders(client, request, things, name, person):
    client.force_login(request.getfixturevalue(person))
    response = client.get(address(name, things))
    if person == "stranger" and PAGES[name][0] is None:
        assert response.status_code == 200 and b"Alpha" not in response.content
    else:
        assert response.status_code == 404


def test_an_entity_tag_opens_no_picture(client, things, stranger):
    from images.models import Image

    image = Image.objects.get(pk=things["image"])
    client.force_login(stranger)
    response = client.get(reverse("images:picture", args=[image.pk]), headers={"If-None-Match": f'"{image.sha256}"'})
    assert response.status_code == 404


@pytest.mark.parametrize("person", ["statistician", *OUTSIDERS, None])
def test_who_may_not_import_changes_nothing(client, request, things, folder, person):
    if person:
        client.force_login(request.getfixturevalue(person))
    runs = ImportRun.objects.count()
    client.post(reverse("images:import_cancel", args=[things["run"]]))
    assert not ImportRun.objects.filter(cancel_requested=True).exists()
    response = client.post(
        reverse("images:import_create"), {"name": "x", "layout": "csv", "source": "real", "directory": "hospital"}
    )
    if person != "stranger":  # who imports into a workspace of their own
        assert response.status_code in (302, 404) and ImportRun.objects.count() == runs


ENDPOINTS = {
    "/api/v1/image-sets/": None,
    "/api/v1/image-sets/{}/": "image_set",
    "/api/v1/image-sets/{}/items/": "image_set",
    "/api/v1/images/{}/": "image",
    "/api/v1/images/{}/picture/": "image",
    "/api/v1/imports/": None,
    "/api/v1/imports/{}/": "run",
}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_endpoints(client, request, things, path):
    url = path.format(things[ENDPOINTS[path]])
    assert client.get(url).status_code == 401
    for person in VIEWERS:
        client.force_login(request.getfixturevalue(person))
        assert client.get(url).status_code == 200, person
    client.force_login(request.getfixturevalue("reader_user"))
    assert client.get(url).status_code == 403
    client.force_login(request.getfixturevalue("stranger"))
    response = client.get(url)
    if ENDPOINTS[path]:
        assert response.status_code == 404
    else:
        assert response.status_code == 200 and response.json()["count"] == 0


@pytest.mark.parametrize(
    ("person", "status"), [(None, 401), ("statistician", 403), ("reader_user", 403), ("stranger", 404)]
)
def test_endpoints_that_write(client, request, things, person, status):
    if person:
        client.force_login(request.getfixturevalue(person))
    assert client.post(f"/api/v1/imports/{things['run']}/cancel/").status_code == status
    body = {"name": "x", "layout": "csv", "directory": "hospital", "workspace": "alpha"}
    response = client.post("/api/v1/imports/", body, content_type="application/json")
    assert response.status_code == (400 if person == "stranger" else status)
    assert ImportRun.objects.count() == 1
    assert not ImportRun.objects.filter(cancel_requested=True).exists()
