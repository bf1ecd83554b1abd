"""Two folders of image files scored as they lie: nothing is imported, nothing is kept.

What is known of the images comes from the folder's metadata.csv where there is one, with the columns of an import; without it
every file is a group of its own. Rows are in the order of the digests, as those of an image set, so that a folder and the set
imported from it give the same numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from evaluation.features.base import Extraction, Extractor, gather
from evaluation.halves import half_pictures, halves_wanted, rows_with_a_side, sided_probabilities
from evaluation.metrics import Comparison, MetricResult, Sample, Settings
from evaluation.metrics.result import FloatArray, IntArray
from evaluation.networks import Facts, describe_network, with_spaces
from evaluation.samples import Float32Array, Texts, read_texts, to_sample
from evaluation.scoring import measure_samples
from evaluation.shrunken import looking
from images.attributes import Attributes
from images.layouts import DirectoryFolder, FolderError, Listed
from images.layouts.folder import FileRefused
from images.layouts.tabular import list_table
from images.models import ImageSet, Source
from images.pixels import ImageError, Pixels, decode_image, pixel_digest

METADATA = "metadata.csv"
PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".jp2"}

# tell(message): called between stages, and while images are looked at.
Tell = Callable[[str], None]


@dataclass(frozen=True)
class FolderImages:
    """The image files of a folder, with what its metadata.csv says of each."""

    name: str
    folder: DirectoryFolder
    entries: Sequence[Listed]

    def load(self, index: int) -> Pixels:
        """The grey levels of one file. Raises FolderError, naming it, where it cannot be read."""
        file = self.entries[index].file
        try:
            return decode_image(self.folder.read(file))
        except (ImageError, FileRefused) as error:
            raise FolderError(f"{self.name}/{file} cannot be read: {error}") from error


@dataclass(frozen=True)
class FolderSet:
    """A folder as an image set that is in no database, and its numbers."""

    image_set: ImageSet
    sample: Sample


def read_folder(path: Path) -> FolderImages:
    """The images of a folder. Raises FolderError where there are fewer than two, or its metadata.csv cannot be used."""
    folder = DirectoryFolder(path)
    names = folder.names()
    entries: list[Listed]
    if METADATA in {name.lower() for name in names}:
        listed = list(list_table(folder))
        refused = [entry for entry in listed if not isinstance(entry, Listed)]
        if refused:
            raise FolderError(
                f"{METADATA} of {path.name}: {refused[0].file} {refused[0].reason} ({len(refused)} such lines)."
            )
        entries = [entry for entry in listed if isinstance(entry, Listed)]
    else:
        entries = [Listed(name) for name in names if PurePosixPath(name).suffix.lower() in PICTURES]
    if len(entries) < 2:
        raise FolderError(f"Scoring needs at least 2 images in each folder; {path.name} has {len(entries)}.")
    return FolderImages(path.resolve().name, folder, entries)


@dataclass(frozen=True)
class FolderScores:
    """What the scoring of two folders gives."""

    synthetic: FolderSet
    reference: FolderSet
    training: FolderSet | None
    networks: list[Facts]
    results: tuple[MetricResult, ...]


def score_folders(
    *,
    synthetic: FolderImages,
    reference: FolderImages,
    training: FolderImages | None,
    extractors: Sequence[Extractor],
    metrics: Sequence[str],
    subgroups: Sequence[str],
    settings: Settings,
    tell: Tell,
) -> FolderScores:
    """Look at all images with every network and measure. Raises FolderError, ExtractorError or MetricError."""
    networks = with_spaces([describe_network(extractor) for extractor in extractors])
    halves = halves_wanted(networks[0], metrics)
    made = sample_folder(synthetic, extractors, networks, Source.SYNTHETIC, tell, halves=halves)
    real = sample_folder(reference, extractors, networks, Source.REAL, tell, halves=halves)
    learnt = sample_folder(training, extractors, networks, Source.REAL, tell) if training else None
    comparison = Comparison(made.sample, real.sample, settings, learnt.sample if learnt else None)
    results = measure_samples(comparison, metrics=metrics, subgroups=subgroups, stage=tell)
    return FolderScores(made, real, learnt, networks, results)


def sample_folder(
    images: FolderImages,
    extractors: Sequence[Extractor],
    networks: Sequence[Facts],
    source: Source,
    tell: Tell,
    *,
    halves: bool = False,
) -> FolderSet:
    """The folder's images as numbers; of files with exactly the same pixels the first counts."""
    seen: list[tuple[str, int]] = []
    made = [gather(extractors[0], _looked_at(images, f"{images.name}: {networks[0]['name']}", tell, seen))]
    for extractor, facts in zip(extractors[1:], networks[1:], strict=True):
        made.append(gather(extractor, _looked_at(images, f"{images.name}: {facts['name']}", tell)))
    digests, first = np.unique(np.array([digest for digest, _ in seen]), return_index=True)
    order = first.astype(np.intp)
    known = [images.entries[i].attributes for i in order]

    def load(index: int) -> Pixels:
        return images.load(int(order[index]))

    captions = tuple(one.caption for one in known)
    sample = to_sample(
        [Extraction(one.features[order], one.probabilities[order]) for one in made],
        [_texts(extractor, facts, captions) for extractor, facts in zip(extractors, networks, strict=True)],
        networks,
        [looking(extractor, load) for extractor in extractors],
        load,
        groups=tuple(_group(one, digest, source) for one, digest in zip(known, digests.tolist(), strict=True)),
        findings=tuple(one.findings for one in known),
        uncertain=tuple(one.uncertain for one in known),
        sides=tuple(seen[i][1] for i in order),
        captions=captions,
        ages=tuple(one.age for one in known),
        sexes=tuple(one.sex for one in known),
        views=tuple(one.view for one in known),
        digests=tuple(digests.tolist()),
        sided_probabilities=_halves(images, order, extractors[0], networks[0], captions) if halves else None,
    )
    digest = ImageSet.digest_of(digests.tolist())
    return FolderSet(ImageSet(name=images.name, source=source, digest=digest, count=len(order)), sample)


def _halves(
    images: FolderImages, order: IntArray, extractor: Extractor, facts: Facts, captions: Sequence[str]
) -> FloatArray | None:
    rows = rows_with_a_side(captions, facts)
    if not rows:
        return None
    made = gather(extractor, (half for row in rows for half in half_pictures(images.load(int(order[row])))))
    return sided_probabilities(rows, made, len(order), facts)


def _looked_at(
    images: FolderImages, what: str, tell: Tell, seen: list[tuple[str, int]] | None = None
) -> Iterator[Pixels]:
    tell(f"Looking at {what} ({len(images.entries)} images)")
    for index in range(len(images.entries)):
        pixels = images.load(index)
        if seen is not None:
            seen.append((pixel_digest(pixels), min(pixels.shape)))
        yield pixels


def _texts(extractor: Extractor, facts: Facts, captions: Sequence[str]) -> Texts:
    def embed(texts: Sequence[str]) -> Float32Array:
        unique = list(dict.fromkeys(texts))
        place = {text: row for row, text in enumerate(unique)}
        return np.asarray(extractor.embed_text(unique), dtype=np.float32)[[place[text] for text in texts]]

    return read_texts(facts, captions, embed)


def _group(known: Attributes, digest: str, source: Source) -> str:
    """The unit that is resampled: as written, else the prompt of a synthetic image or the patient of a real one."""
    prompt = known.caption if source == Source.SYNTHETIC else ""
    by_prompt = f"prompt-{hashlib.sha256(prompt.encode()).hexdigest()[:12]}" if prompt else ""
    return known.group or by_prompt or known.patient or f"image-{digest[:12]}"
