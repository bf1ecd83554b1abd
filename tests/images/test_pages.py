from html.parser import HTMLParser

import numpy as np
import pytest
from django.urls import reverse

from images import tasks
from images.models import ImportRun
from images.pixels import decode_image
from images.services import run_import, store_image
from tests.images.makers import ramp


@pytest.fixture
def published(monkeypatch, django_capture_on_commit_callbacks):
    """Ids of imports handed to the workers."""
    ids = []
    monkeypatch.setattr(tasks.import_images, "delay", ids.append)
    return ids


@pytest.fixture
def as_researcher(client, researcher):
    client.force_login(researcher)
    return client


class Strict(HTMLParser):
    """Collects what the content security policy would block."""

    def __init__(self):
        super().__init__()
        self.blocked = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        inline = [name for name in names if name == "style" or name.startswith("on")]
        if inline or (tag == "script" and not names.get("src")) or tag == "style":
            self.blocked.append((tag, names))


def page_text(response, status=200):
    assert response.status_code == status, response.content[:500]
    text = response.content.decode()
    checker = Strict()
    checker.feed(text)
    assert not checker.blocked
    return text


SETS = "/image-sets/"
FORM = {"name": "Hospital", "layout": "csv", "source": "real"}


def test_without_sets_the_list_says_what_to_do(as_researcher, client, statistician):
    text = page_text(as_researcher.get(SETS))
    assert "No image sets yet" in text and reverse("images:import_create") in text
    client.force_login(statistician)
    text = page_text(client.get(SETS))
    assert "No image sets yet" in text and reverse("images:import_create") not in text


def test_the_list_searches_filters_and_sorts(as_researcher, make_set):
    make_set(2, name="Alpha chests")
    make_set(3, name="Beta chests", source="synthetic", is_phantom=True)
    everything = page_text(as_researcher.get(SETS, {"sort": "name"}))
    assert everything.index("Alpha chests") < everything.index("Beta chests")
    assert "phantoms" in everything
    assert everything.count("thumbnail.png") == 2
    fewest_last = page_text(as_researcher.get(SETS, {"sort": "-count"}))
    assert fewest_last.index("Beta chests") < fewest_last.index("Alpha chests")
    assert "Alpha chests" not in page_text(as_researcher.get(SETS, {"source": "synthetic"}))
    assert "Beta chests" not in page_text(as_researcher.get(SETS, {"q": "alpha"}))
    nothing = page_text(as_researcher.get(SETS, {"q": "gamma"}))
    assert "No image set matches" in nothing and 'value="gamma"' in nothing
    page_text(as_researcher.get(SETS, {"sort": "workspace__secret", "page": "999", "source": "x"}))


def test_the_list_goes_on_over_pages(as_researcher, make_set, monkeypatch):
    monkeypatch.setattr("images.views.SETS_PER_PAGE", 2)
    for number in range(5):
        make_set(1, name=f"Set number {number}")
    assert "Set number 2" in page_text(as_researcher.get(SETS, {"page": 2}))


def test_the_number_of_queries_does_not_grow(as_researcher, make_set, django_assert_max_num_queries):
    sets = [make_set(4, name=f"Set {number}") for number in range(6)]
    with django_assert_max_num_queries(16):
        as_researcher.get(SETS)
    with django_assert_max_num_queries(20):
        as_researcher.get(sets[0].get_absolute_url())


def test_a_set_says_what_it_is_and_shows_its_images(as_researcher, make_set):
    image_set = make_set(
        4, name="A & B", description="From <somewhere>", provenance={"Checkpoint": "demo", "url": "/runs/1/"}
    )
    text = page_text(as_researcher.get(image_set.get_absolute_url()))
    assert "A &amp; B" in text and "From &lt;somewhere&gt;" in text
    assert "4 real radiographs of 2 patients" in text
    assert image_set.digest in text
    assert "demo" in text and 'href="/runs/1/"' in text
    assert text.count('loading="lazy"') == 4
    assert "40–49" in text and "32 x 40, 8 bit" in text and "Effusion" in text and "not stated" in text
    assert "50 %" in text.replace("\N{NO-BREAK SPACE}", " ").replace("50%", "50 %")


def test_the_wall_is_cut_into_pages_and_filtered_by_finding(as_researcher, make_set, monkeypatch):
    monkeypatch.setattr("images.views.IMAGES_PER_PAGE", 2)
    url = make_set(5).get_absolute_url()
    first, last = page_text(as_researcher.get(url)), page_text(as_researcher.get(url, {"page": 3}))
    assert first.count('loading="lazy"') == 2 and last.count('loading="lazy"') == 1
    assert "Radiograph 5" in last
    assert page_text(as_researcher.get(url, {"finding": "Effusion"})).count('loading="lazy"') == 2
    assert "No image has this finding" in page_text(as_researcher.get(url, {"finding": "<b>"}))


def test_a_set_of_which_nothing_is_known(as_researcher, workspace):
    from images.services import ItemRow, create_image_set

    image = store_image(workspace=workspace, pixels=ramp())
    bare = create_image_set(workspace=workspace, name="x", source="synthetic", rows=[ItemRow(image, "g")])
    text = page_text(as_researcher.get(bare.get_absolute_url()))
    assert "1 synthetic radiograph of 1 prompt" in text
    assert "findings of these images are not stated" in text


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_pictures_and_thumbnails(as_researcher, workspace, kind):
    pixels = ramp(400, 300, kind)
    image = store_image(workspace=workspace, pixels=pixels)
    whole = as_researcher.get(reverse("images:picture", args=[image.pk]))
    assert whole["Content-Type"] == "image/png"
    np.testing.assert_array_equal(decode_image(whole.content), pixels)
    address = reverse("images:thumbnail", args=[image.pk])
    small = as_researcher.get(address)
    assert decode_image(small.content).shape == (192, 144)
    assert as_researcher.get(address).content == small.content
    for response in (whole, small):
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert "Cookie" in response["Vary"]
    again = as_researcher.get(address, headers={"If-None-Match": small["ETag"]})
    assert again.status_code == 304 and not again.content


def test_importing_a_folder_from_the_page(as_researcher, folder, published, django_capture_on_commit_callbacks):
    form = page_text(as_researcher.get(reverse("images:import_create")))
    assert str(folder) in form
    with django_capture_on_commit_callbacks(execute=True):
        response = as_researcher.post(reverse("images:import_create"), {**FORM, "directory": str(folder)})
    run = ImportRun.objects.get()
    assert response.status_code == 302 and response["Location"] == run.get_absolute_url()
    assert published == [str(run.pk)]
    waiting = page_text(as_researcher.get(run.get_absolute_url()))
    assert "every 2s" in waiting and "Cancel the import" in waiting
    assert "Import of Hospital" in page_text(as_researcher.get(SETS))
    run_import(run)
    part = page_text(as_researcher.get(run.get_absolute_url(), headers={"HX-Request": "true"}))
    assert "<html" not in part and "every 2s" not in part and "Cancel the import" not in part
    assert run.image_set.get_absolute_url() in part
    assert "broken.png" in part and "truncated" in part and "gone.png" in part
    assert "age not understood, left empty: 1" in part
    assert run.get_absolute_url() in page_text(as_researcher.get(run.image_set.get_absolute_url()))
    assert run.get_absolute_url() in page_text(as_researcher.get(reverse("images:import_create")))


def test_uploading_an_archive_from_the_page(as_researcher, archive, published):
    as_researcher.post(reverse("images:import_create"), {**FORM, "archive": archive()})
    run = ImportRun.objects.get()
    run_import(run)
    assert run.image_set.count == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "required"),
        ({"directory": ""}, "either a folder on the server or a zip archive"),
        ({"directory": "/etc"}, "IMPORT_ROOTS"),
        ({"directory": "empty"}, "no CSV file"),
        ({"layout": "odd"}, "valid choice"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(as_researcher, folder, change, reason):
    typed = {**FORM, "directory": str(folder), "description": "Typed with care", **change}
    text = page_text(as_researcher.post(reverse("images:import_create"), typed), 400)
    assert reason in text and "Typed with care" in text and "errorlist" in text
    assert not ImportRun.objects.exists()


def test_a_bad_archive_is_refused_beside_its_field(as_researcher, archive):
    refused = as_researcher.post(
        reverse("images:import_create"), {**FORM, "archive": archive({"metadata.csv": b"colour\nred"})}
    )
    assert "has no column of file names" in page_text(refused, 400)


def test_cancelling_from_the_page(as_researcher, folder, published):
    as_researcher.post(reverse("images:import_create"), {**FORM, "directory": str(folder)})
    run = ImportRun.objects.get()
    response = as_researcher.post(reverse("images:import_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert response.status_code == 302 and run.state == "cancelled"
    assert "cancelled" in page_text(as_researcher.get(run.get_absolute_url()))
    assert as_researcher.get(reverse("images:import_cancel", args=[run.pk])).status_code == 405
