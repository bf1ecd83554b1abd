"""Do the pictures show what the prompts say, in the eyes of a network that reads both?

Image and caption are compared by the cosine of their embeddings (CLIP, BiomedCLIP, BioViL-T class): a score, its margin over
captions of other prompts, and retrieval in both directions; overall, by length of the caption and by section of the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evaluation.metrics.metric import TEXT, Metric
from evaluation.metrics.resampling import (
    MINIMUM_GROUPS,
    Jackknife,
    assign_blocks,
    clustered_mean,
    group_codes,
    jackknife,
    pool,
    proportion_interval,
    t_interval,
    whole_groups,
)
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)
from evaluation.metrics.retrieval import Ranks, rank_right_ones, recall_error
from evaluation.metrics.sections import caption_parts, words

MAX_IMAGES = 10_000
CANDIDATES = 100
FEWEST_CAPTIONS = 20
KS = (1, 5, 10)
SCORE = "mean cosine of image and caption; cluster-robust standard error over prompts, t interval"
MARGIN = "matched less mean cosine with all other captions; delete-a-group jackknife, t interval"
RETRIEVAL = (
    "right one among the best {k} of {n}, mean over all draws of the others; "
    "cluster-robust over queries, and jackknife over candidates, Wilson at its effective n"
)
REAL = "real images with their own reports"
DIRECTIONS = {"retrieval": "captions", "retrieval_image": "images"}


@dataclass(frozen=True)
class _Pairs:
    """Unit vectors of n images and their captions; ``key`` tells captions apart, equal captions have one key."""

    sample: Sample
    images: npt.NDArray[np.float32]
    texts: npt.NDArray[np.float32]
    key: IntArray
    first: IntArray  # (c,) the first row with each key
    blocks: IntArray

    @property
    def matched(self) -> FloatArray:
        return np.asarray(np.einsum("ij,ij->i", self.images.astype(np.float64), self.texts.astype(np.float64)))


def _pairs(sample: Sample, settings: Settings) -> _Pairs:
    """Raises MetricError without captions, TooFewImages below 5 groups. Images without a caption are left out."""
    if sample.text_features is None or not any(sample.captions):
        raise MetricError("The images come without captions, or no extractor reads text.")
    said = np.flatnonzero([bool(caption.strip()) for caption in sample.captions])
    cut = whole_groups(sample.take(said), MAX_IMAGES, settings.seed)
    assert cut.text_features is not None
    if cut.features.shape[1] != cut.text_features.shape[1]:
        raise MetricError("Images and captions are not embedded in one space.")
    _, first, key = np.unique(
        np.asarray(cut.captions, dtype=object).astype(str), return_index=True, return_inverse=True
    )
    blocks = assign_blocks(cut.groups, settings.blocks, settings.seed)
    return _Pairs(
        cut, _unit(cut.features), _unit(cut.text_features), key.astype(np.intp), first.astype(np.intp), blocks
    )


def _unit(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    values = rows.astype(np.float64)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    if not np.isfinite(length).all() or not length.all():
        raise MetricError("An embedding is zero or not finite: it has no direction.")
    return np.asarray(values / length, dtype=np.float32)


def alignment_score_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Score and margin: of all images, of each length, of each section; beside real images with their own reports."""
    settings = comparison.settings
    own = score_estimates(comparison.synthetic, settings)
    try:
        real = score_estimates(comparison.reference, settings)
    except MetricError:
        real = {}
    return tuple(
        replace(
            scored(metric, "higher", estimate, baseline=real.get((metric, part)), baseline_label=REAL), subgroup=part
        )
        for (metric, part), estimate in own.items()
    )


def score_estimates(sample: Sample, settings: Settings) -> dict[tuple[str, str], Estimate]:
    """By (metric, part of the images; empty = all). A part with fewer than 5 groups or 20 images is left out."""
    pairs = _pairs(sample, settings)
    found: dict[tuple[str, str], Estimate] = {}
    for part, rows in _parts(pairs).items():
        embedded = _section(pairs, part)
        if embedded is None:
            found |= _scores_of(pairs, rows, part, settings)
        elif _enough(embedded):
            found |= _scores_of(embedded, np.ones(embedded.sample.n, dtype=np.bool_), part, settings)
    return found


def _scores_of(pairs: _Pairs, rows: BoolArray, part: str, settings: Settings) -> dict[tuple[str, str], Estimate]:
    n = int(rows.sum())
    groups = [g for g, row in zip(pairs.sample.groups, rows, strict=True) if row]
    mean, se, df = clustered_mean(pairs.matched[rows], groups)
    low, high = t_interval(mean, se, df, settings.confidence)
    shuffled = float(_other_captions(pairs, np.ones(len(rows), dtype=np.bool_))[rows].mean())
    facts = {"se": se, "prompts": len(set(groups)), "other_captions": shuffled, **_lengths(pairs, rows)}
    found = {("image_text_score", part): Estimate(mean, max(low, -1.0), min(high, 1.0), n, SCORE, facts)}
    margin = _margin(pairs, rows, settings)
    return found | {("image_text_margin", part): Estimate(*margin, n, MARGIN, {"prompts": len(set(groups))})}


def _other_captions(pairs: _Pairs, keep: BoolArray) -> FloatArray:
    """(n,) mean cosine of each image with the captions of the kept images that are not its own (NaN = there are none)."""
    texts, keys = pairs.texts[keep].astype(np.float64), pairs.key[keep]
    counts = np.bincount(keys, minlength=int(pairs.key.max()) + 1)
    total = texts.sum(axis=0)
    own = counts[pairs.key]
    others = keep.sum() - own
    sums = pairs.images.astype(np.float64) @ total - own * pairs.matched
    return np.asarray(np.divide(sums, others, out=np.full(len(sums), np.nan), where=others > 0))


def _margin(pairs: _Pairs, rows: BoolArray, settings: Settings) -> tuple[float, float, float]:
    """(margin, low, high): blocks of prompts leave with their images and their captions."""

    def statistic(keep: BoolArray) -> float:
        return float((pairs.matched - _other_captions(pairs, keep))[rows & keep].mean())

    value = statistic(np.ones(len(rows), dtype=np.bool_))
    if np.isnan(value):
        raise TooFewImages("All captions are the same: there is no other caption to compare with.")
    se, df = _spread(value, statistic, rows, pairs.blocks)
    return value, *t_interval(value, se, df, settings.confidence)


def _spread(value: float, statistic: object, rows: BoolArray, blocks: IntArray) -> tuple[float, float]:
    """(standard error, df) of a mean over ``rows`` by the jackknife over the blocks that hold any of them."""
    assert callable(statistic)
    parts = [block for block in np.unique(blocks[rows]) if (rows & (blocks != block)).any()]
    sizes = np.array([(blocks[rows] == block).sum() for block in parts])
    replicates = [statistic(blocks != block) for block in parts]
    one: Jackknife = jackknife(value, replicates, sizes)
    _, se, df = pool([one])
    return se, df


def _parts(pairs: _Pairs) -> dict[str, BoolArray]:
    everything = {"": np.ones(pairs.sample.n, dtype=np.bool_)}
    named = {name: rows for name, rows in caption_parts(pairs.sample.captions).items() if _enough(pairs, rows)}
    return everything | named


def _enough(pairs: _Pairs, rows: BoolArray | None = None) -> bool:
    chosen = np.arange(pairs.sample.n) if rows is None else np.flatnonzero(rows)
    groups = {pairs.sample.groups[i] for i in chosen}
    return len(chosen) >= FEWEST_CAPTIONS and len(groups) >= MINIMUM_GROUPS


def _section(pairs: _Pairs, part: str) -> _Pairs | None:
    """The images against the section's own text, where it was embedded; None where the part stands for whole captions."""
    features = pairs.sample.section_features.get(part.removeprefix("section="))
    if not part.startswith("section=") or features is None:
        return None
    there = np.flatnonzero(np.isfinite(features).all(axis=1))
    cut = pairs.sample.take(there)
    return replace(
        pairs,
        sample=cut,
        images=pairs.images[there],
        texts=_unit(np.asarray(features)[there]),
        key=pairs.key[there],
        blocks=pairs.blocks[there],
    )


def _lengths(pairs: _Pairs, rows: BoolArray) -> dict[str, int]:
    counts = [words(caption) for caption, row in zip(pairs.sample.captions, rows, strict=True) if row]
    return {"words_from": min(counts), "words_to": max(counts)}


def retrieval_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Recall at 1, 5 and 10 in both directions: of all images and of each length; beside real images with their reports."""
    settings = comparison.settings
    own = retrieval_estimates(comparison.synthetic, settings)
    try:
        real = retrieval_estimates(comparison.reference, settings)
    except MetricError:
        real = {}
    results = []
    for (metric, part), estimate in own.items():
        baseline = real.get((metric, part))
        # Recall among fewer candidates is another quantity.
        same = baseline is not None and baseline.extra["candidates"] == estimate.extra["candidates"]
        result = scored(metric, "higher", estimate, baseline=baseline if same else None, baseline_label=REAL)
        results.append(replace(result, subgroup=part))
    return tuple(results)


def retrieval_estimates(sample: Sample, settings: Settings) -> dict[tuple[str, str], Estimate]:
    """By (metric, part). Raises TooFewImages below 20 different captions: the best 10 would be most of them."""
    pairs = _pairs(sample, settings)
    if len(pairs.first) < FEWEST_CAPTIONS:
        raise TooFewImages(f"Needs at least {FEWEST_CAPTIONS} different captions; there are {len(pairs.first)}.")
    candidates = min(CANDIDATES, len(pairs.first))
    found: dict[tuple[str, str], Estimate] = {}
    for metric, ranks in (("retrieval", _captions_of_images(pairs)), ("retrieval_image", _images_of_captions(pairs))):
        full = ranks.recall(KS, candidates)
        count = int(pairs.blocks.max()) + 1
        left_out = np.stack([ranks.without(block).recall(KS, candidates) for block in range(count)])
        for part, rows in _parts(pairs).items():
            for column, k in enumerate(KS):
                values = full[:, column], left_out[:, :, column]
                facts = {"k": k, "candidates": candidates, "chance": k / candidates, "of": DIRECTIONS[metric]}
                method = RETRIEVAL.format(k=k, n=candidates)
                found[f"{metric}_r{k}", part] = _recall_estimate(pairs, rows, *values, method, facts, settings)
    return found


def _captions_of_images(pairs: _Pairs) -> Ranks:
    """The image asks; different captions are the candidates, so that a copy of the right caption is never wrong."""
    keys = np.arange(len(pairs.first))
    return rank_right_ones(
        pairs.images, pairs.texts[pairs.first], pairs.key, pairs.key, keys, _blocks_of_keys(pairs.key, pairs.blocks)
    )


def _images_of_captions(pairs: _Pairs) -> Ranks:
    """The caption asks; images of other captions are the candidates beside each of its own."""
    rows = np.arange(pairs.sample.n)
    return rank_right_ones(pairs.texts, pairs.images, rows, pairs.key, pairs.key, pairs.blocks)


def _blocks_of_keys(key: IntArray, blocks: IntArray) -> IntArray:
    """(c,) the block that takes a caption with it when it leaves; -1 where the caption also stands in another block."""
    last = np.zeros(int(key.max()) + 1, dtype=np.intp)
    lowest, highest = np.full(len(last), blocks.max() + 1), np.full(len(last), -1)
    np.minimum.at(lowest, key, blocks)
    np.maximum.at(highest, key, blocks)
    return np.where(lowest == highest, lowest, -1).astype(np.intp)


def _recall_estimate(
    pairs: _Pairs,
    rows: BoolArray,
    full: FloatArray,
    left_out: FloatArray,
    method: str,
    facts: Mapping[str, object],
    settings: Settings,
) -> Estimate:
    value = float(np.clip(full[rows].mean(), 0.0, 1.0))
    codes = group_codes(pairs.sample.groups)
    se, df = recall_error(full, left_out, rows, pairs.blocks, codes)
    groups = len(np.unique(codes[rows]))
    low, high = proportion_interval(value, se, df, groups, settings.confidence)
    return Estimate(value, low, high, int(rows.sum()), method, {"se": se, "prompts": groups, **facts})


_CLIP = "Hessel et al. 2021, arXiv:2104.08718 (CLIPScore)"
_RECALL = "Radford et al. 2021, arXiv:2103.00020 (image-text retrieval)"
ENTRIES = (
    Metric("image_text_score", "Image-text score", "alignment", "higher", TEXT, 20, _CLIP,
           alignment_score_family, each_space=True),
    Metric("image_text_margin", "Image-text margin over other captions", "alignment", "higher", TEXT, 20, _CLIP,
           alignment_score_family, each_space=True),
    Metric("retrieval_r1", "Right prompt first of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
    Metric("retrieval_r5", "Right prompt among 5 of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
    Metric("retrieval_r10", "Right prompt among 10 of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
    Metric("retrieval_image_r1", "Right image first of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
    Metric("retrieval_image_r5", "Right image among 5 of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
    Metric("retrieval_image_r10", "Right image among 10 of 100", "alignment", "higher", TEXT, 20, _RECALL,
           retrieval_family, each_space=True),
)  # fmt: skip
