"""What programs say of the single images of a study: from the score cards of its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from evaluation import cache
from evaluation.features import ExtractorError
from evaluation.metrics import nearest_to
from evaluation.models import Score, ScoreCard
from images.models import ImageSet
from reader_study.analysis.concordance.section import MachineScore
from reader_study.models import CaseKey, Study

Values = dict[str, float]


def clusters_of(study: Study) -> dict[str, str]:
    """The patient or prompt of every case: images of one are not counted as independent."""
    return dict(CaseKey.objects.filter(case__study=study).values_list("case__code", "item__group"))


def machine_scores(study: Study) -> list[MachineScore]:
    """Every number that is known for single images of an unsealed study, of the newest card of each network.

    From each card of the study's synthetic set: the scores that it keeps by image; from the features behind it: the
    classifier's probabilities and the distance to the nearest image of the reference, for real and synthetic cases alike.
    """
    cards = ScoreCard.objects.filter(synthetic=study.synthetic_set, workspace=study.workspace).with_sets()
    newest = {(card.run.extractor, card.run.weights, card.reference_id): card for card in cards.order_by("created_at")}
    digests = dict(CaseKey.objects.filter(case__study=study).values_list("item__image__sha256", "case__code"))
    found: dict[str, MachineScore] = {}
    for card in newest.values():
        for score in (*_kept(card, digests), *_from_features(card, digests)):
            found.setdefault(score.name, score)
    return list(found.values())


def _kept(card: ScoreCard, digests: Mapping[str, str]) -> Iterator[MachineScore]:
    """Scores that a card keeps by image, in the order of the synthetic images' digests."""
    order = list(card.synthetic.items.order_by("image__sha256").values_list("image__sha256", flat=True))
    for score in card.scores.filter(subgroup=""):
        values = score.extra.get("per_image")
        if isinstance(values, list) and len(values) == len(order):
            known = {digests[digest]: value for digest, value in zip(order, values, strict=True) if digest in digests}
            yield MachineScore(_name(card, score), f"{score.title} ({card.run.extractor})", _finite(known))


def _name(card: ScoreCard, score: Score) -> str:
    return ":".join(part for part in (score.metric, score.finding, score.space or card.run.extractor) if part)


def _from_features(card: ScoreCard, digests: Mapping[str, str]) -> Iterator[MachineScore]:
    facts = card.run.networks[0] if card.run.networks else None
    if facts is None:
        return
    known = [digest for digest in digests if digest not in set(cache.missing(facts["fingerprint"], list(digests)))]
    try:
        made = cache.load(facts["fingerprint"], known)
        distance = _distances(card.reference, facts["fingerprint"], known, made.features)
    except ExtractorError:
        # The files of features are gone: the card's own numbers remain.
        return
    cases = [digests[digest] for digest in known]
    name = f"nearest_real:{card.run.extractor}"
    title = f"Distance to the nearest picture of {card.reference.name} ({card.run.extractor})"
    yield MachineScore(name, title, _finite(dict(zip(cases, distance.tolist(), strict=True))))
    for column, finding in enumerate(facts["classes"]):
        if finding:
            values = dict(zip(cases, made.probabilities[:, column].astype(float).tolist(), strict=True))
            name, title = f"probability:{finding}:{card.run.extractor}", f"P({finding}) ({card.run.extractor})"
            yield MachineScore(name, title, values, finding)


def _distances(reference: ImageSet, fingerprint: str, digests: list[str], features: np.ndarray) -> np.ndarray:
    """(n,) Euclidean distance of each image to the nearest other image of the reference of another patient."""
    items = list(reference.items.order_by("image__sha256").values_list("image__sha256", "group"))
    others = cache.load(fingerprint, [digest for digest, _ in items]).features
    groups = dict(items)
    # As many neighbours as the largest patient has pictures, and one more: one of them is another patient's.
    sizes = np.unique(np.array([group for _, group in items], dtype=np.str_), return_counts=True)[1]
    neighbours = min(int(sizes.max()) + 1, len(items))
    index, distances = nearest_to(features, others, neighbours)
    found = np.full(len(digests), np.nan)
    for row, digest in enumerate(digests):
        own = groups.get(digest)
        apart = [d for place, d in zip(index[row], distances[row], strict=True) if items[place][1] != own]
        found[row] = apart[0] if apart else np.nan
    return found


def _finite(values: Mapping[str, float | None]) -> Values:
    return {case: float(value) for case, value in values.items() if value is not None and np.isfinite(value)}
