"""Features by content: computed once for an image, whatever sets it is in, and read back many at a time.

Files (shards) hold the features of a few hundred images each; the database says which row of which file belongs to which
image, by (fingerprint of the extractor, digest of the image). A file is written whole before its rows are known, and the
rows of one file become known together, so a worker may be killed anywhere: what is known is whole. Two workers that compute
the same image at once write two files, and the first to say so is the one that is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from django.db import transaction

from evaluation.features.base import Extraction, ExtractorError
from evaluation.models import FeatureRow, FeatureShard
from images import content

# Digests asked for in one query.
ASKED_AT_ONCE = 10_000


class FeaturesGone(ExtractorError):
    """Files of features that the database knows are not in the storage any more."""


def text_key(text: str) -> str:
    """The digest under which the embedding of a text is kept; never that of an image."""
    return hashlib.sha256(b"negatoscope-text\n" + text.encode()).hexdigest()


def missing(fingerprint: str, digests: Sequence[str]) -> list[str]:
    """Those of the digests that this extractor has not seen yet, each once, in their order."""
    known = {digest for digest, _, _ in _rows(fingerprint, digests)}
    return [digest for digest in dict.fromkeys(digests) if digest not in known]


def keep(fingerprint: str, digests: Sequence[str], make: Callable[[], Extraction]) -> None:
    """Keep what `make` returns as the features of these digests, row by row.

    A file that a killed worker left without its rows is taken as it is. Raises ExtractorError for features that are not finite.
    """
    name = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    key = f"features/{fingerprint[:32]}/{name[:2]}/{name}.safetensors"
    content.put_once(key, lambda: _packed(make(), len(digests)))
    with transaction.atomic():
        facts = {"fingerprint": fingerprint, "count": len(digests)}
        shard, _ = FeatureShard.objects.get_or_create(key=key, defaults=facts)
        rows = [
            FeatureRow(shard=shard, fingerprint=fingerprint, digest=digest, row=row)
            for row, digest in enumerate(digests)
        ]
        FeatureRow.objects.bulk_create(rows, ignore_conflicts=True)


def load(fingerprint: str, digests: Sequence[str]) -> Extraction:
    """(n, d) features and (n, c) probabilities, float32, of n digests that are all known; a digest may come more than once.

    Memory: the result and one file. Raises FeaturesGone where a file is lost; what it held is then computed again next time.
    """
    places = {digest: (shard, row) for digest, shard, row in _rows(fingerprint, digests)}
    if unknown := len(set(digests) - places.keys()):
        raise FeaturesGone(f"The features of {unknown} images are not kept any more. Start the run again.")
    place = np.array([places[digest] for digest in digests], dtype=np.int64).reshape(-1, 2)
    keys = dict(FeatureShard.objects.filter(pk__in=np.unique(place[:, 0]).tolist()).values_list("pk", "key"))
    found: Extraction | None = None
    for shard, at in _by_shard(place[:, 0]):
        read = _read(shard, keys[shard])
        if found is None:
            found = Extraction(*(_empty(len(digests), part) for part in (read.features, read.probabilities)))
        found.features[at] = read.features[place[at, 1]]
        found.probabilities[at] = read.probabilities[place[at, 1]]
    if found is None:
        raise ExtractorError("There are no images to read features of.")
    return found


def _rows(fingerprint: str, digests: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(digest, shard, row) of the digests that are known."""
    for start in range(0, len(digests), ASKED_AT_ONCE):
        some = list(digests[start : start + ASKED_AT_ONCE])
        known = FeatureRow.objects.filter(fingerprint=fingerprint, digest__in=some)
        yield from known.values_list("digest", "shard_id", "row")


def _by_shard(shards: npt.NDArray[np.int64]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Each shard with the positions that it has."""
    order = np.argsort(shards, kind="stable")
    numbers, starts = np.unique(shards[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)


def _empty(rows: int, like: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.empty((rows, like.shape[1]), dtype=np.float32)


def _packed(made: Extraction, count: int) -> bytes:
    from safetensors.numpy import save

    if len(made.features) != count:
        raise ExtractorError(f"The extractor gave {len(made.features)} rows for {count} images.")
    if not (np.isfinite(made.features).all() and np.isfinite(made.probabilities).all()):
        raise ExtractorError("The extractor gave NaN or infinity for an image; its weights do not suit these images.")
    packed: bytes = save({"features": _float32(made.features), "probabilities": _float32(made.probabilities)})
    return packed


def _float32(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(part, dtype=np.float32)


def _read(shard: int, key: str) -> Extraction:
    from safetensors.numpy import load as unpack

    try:
        stored = unpack(content.read(key))
    except FileNotFoundError as error:
        FeatureShard.objects.filter(pk=shard).delete()
        raise FeaturesGone(
            "Features that were computed earlier are gone from the storage. Start the run again."
        ) from error
    return Extraction(stored["features"], stored["probabilities"])
