"""Features are kept by content: no image is looked at twice by one network, whatever sets it is in and whoever dies."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection

from evaluation import cache
from evaluation.features.base import Extraction, ExtractorError
from evaluation.models import FeatureRow, FeatureShard
from images import content

pytestmark = pytest.mark.django_db

PRINT = "f" * 64


def digests(first: int, count: int) -> list[str]:
    return [f"{number:064x}" for number in range(first, first + count)]


def features(of: Sequence[str]) -> Extraction:
    """Three features and one probability that say which digest they are of."""
    number = np.array([int(digest, 16) for digest in of], dtype=np.float32)[:, None]
    return Extraction(number + np.array([0, 0.25, 0.5], dtype=np.float32), number / 1000)


def kept(of: list[str], fingerprint: str = PRINT) -> None:
    cache.keep(fingerprint, of, lambda: features(of))


def test_rows_come_back_in_any_order_from_several_files() -> None:
    kept(digests(0, 5))
    kept(digests(5, 3))
    asked = [*digests(4, 4), *digests(0, 2), *digests(4, 1)]
    found, expected = cache.load(PRINT, asked), features(asked)
    assert found.features.dtype == np.float32 and found.features.flags.c_contiguous
    np.testing.assert_array_equal(found.features, expected.features)
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)


def test_only_what_is_new_is_missing() -> None:
    kept(digests(0, 5))
    assert cache.missing(PRINT, [*digests(3, 4), *digests(3, 4)]) == digests(5, 2)
    assert cache.missing("0" * 64, digests(0, 2)) == digests(0, 2)  # another network has seen nothing


def test_many_digests_are_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ASKED_AT_ONCE", 3)
    kept(digests(0, 10))
    np.testing.assert_array_equal(cache.load(PRINT, digests(0, 10)).features, features(digests(0, 10)).features)
    assert cache.missing(PRINT, digests(0, 11)) == digests(10, 1)


def test_what_a_killed_worker_left_behind_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(FeatureShard.objects, "get_or_create", die)
        with pytest.raises(KeyboardInterrupt):
            kept(digests(0, 4))
    assert cache.missing(PRINT, digests(0, 4)) == digests(0, 4)  # a file without rows counts for nothing

    def never() -> Extraction:
        raise AssertionError("the file is there already")

    cache.keep(PRINT, digests(0, 4), never)
    np.testing.assert_array_equal(cache.load(PRINT, digests(0, 4)).features, features(digests(0, 4)).features)


def test_a_file_that_was_not_written_whole_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, data: bytes) -> int:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(OSError, match="no space"):
            kept(digests(0, 4))
    assert not FeatureRow.objects.exists()
    kept(digests(0, 4))
    assert cache.missing(PRINT, digests(0, 4)) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_keep_every_row_once() -> None:
    together = Barrier(2)

    def work(of: list[str]) -> None:
        def make() -> Extraction:
            together.wait(30)
            return features(of)

        try:
            cache.keep(PRINT, of, make)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [digests(0, 40), digests(20, 40)]))
    assert sorted(FeatureRow.objects.values_list("digest", flat=True)) == digests(0, 60)
    np.testing.assert_array_equal(cache.load(PRINT, digests(0, 60)).features, features(digests(0, 60)).features)


def test_a_lost_file_is_said_and_its_images_are_missing_again() -> None:
    kept(digests(0, 4))
    kept(digests(4, 4))
    default_storage.delete(FeatureShard.objects.earliest("pk").key)
    with pytest.raises(cache.FeaturesGone, match="Start the run again"):
        cache.load(PRINT, digests(0, 8))
    assert cache.missing(PRINT, digests(0, 8)) == digests(0, 4)
    with pytest.raises(cache.FeaturesGone, match="4 images"):
        cache.load(PRINT, digests(0, 8))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: Extraction(made.features * np.float32("nan"), made.probabilities),
        lambda made: Extraction(made.features, made.probabilities + np.float32("inf")),
        lambda made: Extraction(made.features[:2], made.probabilities[:2]),
    ],
)
def test_nonsense_is_not_kept(spoil: Callable[[Extraction], Extraction]) -> None:
    with pytest.raises(ExtractorError):
        cache.keep(PRINT, digests(0, 4), lambda: spoil(features(digests(0, 4))))
    assert not FeatureRow.objects.exists() and not FeatureShard.objects.exists()


def test_texts_and_images_do_not_meet() -> None:
    assert cache.text_key("effusion") != cache.text_key("effusion ") and len(cache.text_key("")) == 64


def test_the_features_of_a_hundred_images_are_one_file() -> None:
    kept(digests(0, 100))
    key = FeatureShard.objects.get().key
    assert content.read(key) and FeatureRow.objects.filter(shard__key=key).count() == 100
