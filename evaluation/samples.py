"""An image set as numbers: what the set says of its images, and what the networks made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from evaluation import cache
from evaluation.features.base import Extraction, Extractor
from evaluation.halves import load_halves
from evaluation.metrics import Sample
from evaluation.metrics.multiscale import SIDE
from evaluation.metrics.result import Look, Space
from evaluation.metrics.sections import SECTIONS, report_sections
from evaluation.networks import Facts
from evaluation.shrunken import keeping_look, shrink
from images import content
from images.models import ImageSet
from images.pixels import Pixels, decode_image, square, to_display, to_unit

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One image of a set; lighter than its database rows, of which there may be hundreds of thousands."""

    image: UUID
    sha256: str
    file: str
    group: str
    caption: str
    findings: tuple[str, ...]
    age: int | None
    sex: str
    view: str
    uncertain: tuple[str, ...] = ()
    side: int = 0


def said_of(row: Row) -> tuple[Any, ...]:
    """All of a row that numbers depend on: which image, and what the set says of it, but not where its file lies."""
    said = (row.group, row.caption, row.findings, row.age, row.sex, row.view, row.uncertain)
    return row.image, row.sha256, row.side, *said


@dataclass(frozen=True)
class Texts:
    """What a network that reads made of the captions, (n, d), and of the sections of reports; nothing where it does not read."""

    captions: Float32Array | None = None
    sections: Mapping[str, Float32Array] = field(default_factory=dict)


@dataclass(frozen=True)
class SampledSet:
    """An image set with its rows and their numbers, in one order."""

    image_set: ImageSet
    rows: list[Row]
    sample: Sample


def rows_of(image_set: ImageSet) -> list[Row]:
    """The set's images in the order of their digests."""
    names = (
        "image_id", "image__sha256", "image__file", "group", "caption", "findings", "age", "sex", "view", "uncertain",
        "image__width", "image__height",
    )  # fmt: skip
    found = image_set.items.order_by("image__sha256").values_list(*names).iterator(chunk_size=5_000)
    return [
        Row(image, sha256, file, group, caption, tuple(findings), age, sex, view, tuple(uncertain), min(shape))
        for image, sha256, file, group, caption, findings, age, sex, view, uncertain, *shape in found
    ]


def load_set(
    image_set: ImageSet,
    networks: Sequence[Facts],
    rows: list[Row] | None = None,
    *,
    texts: bool = True,
    halves: bool = False,
    network: Callable[[int], Extractor] | None = None,
) -> SampledSet:
    """The set with the kept features of every network; the first one's are the sample's own.

    rows: the set's, where they are at hand; texts: with what networks that read made of the captions; halves: with the first
    network's output for mirrored halves, where captions name a side; network: opens one, by its number, where metrics may have
    it look at shrunken pictures.
    """
    rows = rows_of(image_set) if rows is None else rows
    return SampledSet(image_set, rows, _sample(rows, networks, texts, halves, network))


def _sample(
    rows: Sequence[Row],
    networks: Sequence[Facts],
    texts: bool,
    halves: bool,
    network: Callable[[int], Extractor] | None,
) -> Sample:
    digests = tuple(row.sha256 for row in rows)
    captions = tuple(row.caption for row in rows)
    made = [cache.load(facts["fingerprint"], digests) for facts in networks]
    read = [_texts(facts, captions) if texts else Texts() for facts in networks]

    def load(index: int) -> Pixels:
        return load_pixels(rows[index].file)

    looks = [
        keeping_look(facts, partial(network, number), digests, load) if network else None
        for number, facts in enumerate(networks)
    ]
    return to_sample(
        made,
        read,
        networks,
        looks,
        load,
        groups=tuple(row.group or f"image-{row.sha256}" for row in rows),
        findings=tuple(row.findings for row in rows),
        uncertain=tuple(row.uncertain for row in rows),
        sides=tuple(row.side for row in rows),
        captions=captions,
        ages=tuple(row.age for row in rows),
        sexes=tuple(row.sex for row in rows),
        views=tuple(row.view for row in rows),
        digests=digests,
        sided_probabilities=load_halves(networks[0], digests, captions) if halves else None,
    )


def to_sample(
    made: Sequence[Extraction],
    texts: Sequence[Texts],
    networks: Sequence[Facts],
    looks: Sequence[Look | None],
    load: Callable[[int], Pixels],
    **known: Any,
) -> Sample:
    """A sample of what the networks made of the images and their captions, with what else is known of each.

    load: row number -> the picture as it is stored.
    """
    first, facts = made[0], networks[0]
    spaces = {
        other["space"]: Space(extraction.features, read.captions, read.sections, look)
        for other, extraction, read, look in zip(networks[1:], made[1:], texts[1:], looks[1:], strict=True)
    }
    return Sample(
        features=first.features,
        classes=tuple(facts["classes"]),
        probabilities=first.probabilities.astype(np.float64) if facts["classes"] else None,
        thresholds=tuple(facts["thresholds"]),
        text_features=texts[0].captions,
        section_features=texts[0].sections,
        spaces=spaces,
        load_pixels=lambda index: scored_pixels(load(index)),
        load_square=lambda index, side: shrink(load(index), side),
        look=looks[0],
        **known,
    )


def load_pixels(file: str) -> Pixels:
    """The grey levels of an image as they were stored."""
    return decode_image(content.read(file), max_pixels=float("inf"), min_side=1)


def scored_pixels(pixels: Pixels) -> Float32Array:
    """(side, side) float32 in [0, 1]: what the metrics on pixels look at."""
    return to_unit(square(to_display(pixels), SIDE))


def has_texts(networks: Sequence[Facts], captions: Sequence[str]) -> bool:
    """Whether there is anything to read, and somebody who reads."""
    return any(captions) and any(facts["reads_text"] for facts in networks)


def texts_to_read(captions: Iterable[str]) -> list[str]:
    """Every caption and every section of a report that alignment is measured by, each once."""
    found = dict.fromkeys(captions)
    for caption in list(found):
        sections = report_sections(caption)
        found.update(dict.fromkeys(sections[name] for name in SECTIONS if name in sections))
    return list(found)


def read_texts(facts: Facts, captions: Sequence[str], embed: Callable[[Sequence[str]], Float32Array]) -> Texts:
    """Embeddings of the captions and their sections, row by row; `embed` gives (m, d) of m texts."""
    if not has_texts([facts], captions):
        return Texts()
    sections = [report_sections(caption) for caption in captions]
    found: dict[str, Float32Array] = {}
    whole = embed(captions)
    for name in SECTIONS:
        rows = np.flatnonzero([name in one for one in sections])
        if len(rows):
            found[name] = np.full_like(whole, np.nan)
            found[name][rows] = embed([sections[row][name] for row in rows])
    return Texts(whole, found)


def _texts(facts: Facts, captions: Sequence[str]) -> Texts:
    def kept(texts: Sequence[str]) -> Float32Array:
        return cache.load(facts["fingerprint"], [cache.text_key(text) for text in texts]).features

    return read_texts(facts, captions, kept)
