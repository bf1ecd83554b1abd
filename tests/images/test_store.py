import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.db.utils import DatabaseError

from images import content
from images.models import Image, ImageSet, ImageSetItem
from images.pixels import pixel_digest
from images.services import ItemRow, create_image_set, store_image
from tests.images.makers import ramp


def files_in_storage():
    return [path for path in Path(default_storage.location).rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_an_image_comes_back_as_it_was_stored(workspace, researcher, kind):
    pixels = ramp(kind=kind)
    image = store_image(workspace=workspace, pixels=pixels, created_by=researcher)
    assert (image.width, image.height, image.bits) == (32, 40, pixels.itemsize * 8)
    assert image.sha256 == pixel_digest(pixels)
    assert image.file.name == f"images/{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}.png"
    loaded = Image.objects.get(pk=image.pk).load_pixels()
    assert loaded.dtype == kind
    np.testing.assert_array_equal(loaded, pixels)


def test_the_same_pixels_are_one_image_and_one_file(workspace, other_workspace):
    first = store_image(workspace=workspace, pixels=ramp())
    assert store_image(workspace=workspace, pixels=ramp()) == first
    elsewhere = store_image(workspace=other_workspace, pixels=ramp())
    assert elsewhere.pk != first.pk and elsewhere.file.name == first.file.name
    assert len(files_in_storage()) == 1


def test_an_image_far_smaller_than_imports_allow_can_be_stored(workspace):
    image = store_image(workspace=workspace, pixels=np.array([[7]], np.uint8))
    assert image.load_pixels().tolist() == [[7]]


def test_a_writer_killed_half_way_leaves_nothing_under_the_key(workspace, monkeypatch):
    def killed(path, data):
        with path.open("wb") as file:
            file.write(data[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        store_image(workspace=workspace, pixels=ramp())
    monkeypatch.undo()
    assert not files_in_storage() and not Image.objects.exists()
    np.testing.assert_array_equal(store_image(workspace=workspace, pixels=ramp()).load_pixels(), ramp())


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_image(workspace):
    found = []

    def write():
        try:
            found.append(store_image(workspace=workspace, pixels=ramp()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1
    assert len(files_in_storage()) == 1


def test_reading_what_is_not_there(db):
    with pytest.raises(FileNotFoundError):
        content.read("images/no/ne.png")


def test_a_set_keeps_what_its_rows_say_in_their_order(workspace, researcher):
    images = [store_image(workspace=workspace, pixels=ramp(seed=seed)) for seed in range(3)]
    rows = [
        ItemRow(images[2], "p1", "A caption.", ("Effusion", "Mass"), "77", 61, "F", "PA"),
        ItemRow(images[0], "p1"),
        ItemRow(images[1], "g" * 300),
    ]
    image_set = create_image_set(
        workspace=workspace, name=" Chests ", source="real", rows=iter(rows), created_by=researcher
    )
    image_set.refresh_from_db()
    assert (image_set.name, image_set.count, image_set.source) == ("Chests", 3, "real")
    first, second, third = image_set.items.with_images()
    assert (first.image, second.image, third.image) == (images[2], images[0], images[1])
    assert (first.group, first.caption, first.findings) == ("p1", "A caption.", ["Effusion", "Mass"])
    assert (first.patient, first.age, first.sex, first.view) == ("77", 61, "F", "PA")
    assert (second.findings, second.age, second.sex) == ([], None, "")
    assert len(third.group) == 200


def test_the_digest_of_a_set_does_not_depend_on_order_or_name(workspace):
    images = [store_image(workspace=workspace, pixels=ramp(seed=seed)) for seed in range(3)]

    def digest(order, name):
        rows = [ItemRow(images[place], "g") for place in order]
        return create_image_set(workspace=workspace, name=name, source="real", rows=rows).digest

    expected = hashlib.sha256("\n".join(sorted(image.sha256 for image in images)).encode()).hexdigest()
    assert digest([0, 1, 2], "a") == digest([2, 0, 1], "b") == expected
    assert digest([0, 1], "c") != expected


@pytest.mark.parametrize(
    ("name", "source", "pictures", "reason"),
    [
        ("a", "real", [], "at least one image"),
        ("a", "real", [0, 0, 1], "1 images come more than once"),
        ("", "real", [0], "blank"),
        ("n" * 201, "real", [0], "200"),
        ("a", "imagined", [0], "imagined"),
    ],
)
def test_sets_that_cannot_be_leave_nothing(workspace, name, source, pictures, reason):
    images = [store_image(workspace=workspace, pixels=ramp(seed=seed)) for seed in range(2)]
    rows = [ItemRow(images[place], "g") for place in pictures]
    with pytest.raises(ValidationError, match=reason):
        create_image_set(workspace=workspace, name=name, source=source, rows=rows)
    assert not ImageSet.objects.exists() and not ImageSetItem.objects.exists()


def test_images_of_another_workspace_are_refused(workspace, other_workspace):
    image = store_image(workspace=other_workspace, pixels=ramp())
    with pytest.raises(ValidationError, match="own workspace"):
        create_image_set(workspace=workspace, name="a", source="real", rows=[ItemRow(image, "g")])


@pytest.mark.parametrize(
    "change",
    [
        lambda image_set: ImageSet.objects.update(digest="0" * 64),
        lambda image_set: ImageSet.objects.update(name="Another"),
        lambda image_set: image_set.items.update(findings=["Mass"]),
    ],
)
def test_a_set_never_changes_whoever_writes(make_set, change):
    image_set = make_set()
    with pytest.raises(DatabaseError, match="Cannot update"):
        change(image_set)


def test_a_set_survives_the_one_who_made_it(make_set, member):
    owner = member("researcher")
    image_set = make_set(created_by=owner)
    owner.delete()
    image_set.refresh_from_db()
    assert image_set.created_by is None


def test_looking_for_sets(make_set, researcher, stranger, reader_user):
    chests = make_set(name="Chests of Bethesda")
    made = make_set(name="Chests of a model", source="synthetic", description="from Bethesda's prompts")
    sets = ImageSet.objects
    assert set(sets.visible_to(researcher)) == {chests, made}
    assert not sets.visible_to(stranger) and not sets.visible_to(reader_user)
    assert set(sets.all().matching("bethesda CHESTS")) == {chests, made}
    assert list(sets.all().matching("model").from_source("synthetic")) == [made]
    assert list(sets.all().from_source("real")) == [chests]
    assert set(sets.all().from_source("nonsense")) == {chests, made}
