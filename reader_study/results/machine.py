"""What programs say of the single images of a study: from the score cards of its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evaluation import cache
from evaluation.features import Extraction, ExtractorError
from evaluation.leaderboard import depends_on_network, space_of
from evaluation.metrics import nearest_to
from evaluation.models import Score, ScoreCard
from images.models import ImageSet
from reader_study.analysis.concordance.section import MachineScore
from reader_study.models import CaseKey, Study
from reader_study.results.kept import cards_of

# What it keeps by image is the distance to the training set over a constant, which another metric keeps as it is.
_SAME_AS_ANOTHER = "copies"


def clusters_of(study: Study) -> dict[str, str]:
    """The patient or prompt of every case: images of one are not counted as independent."""
    return dict(CaseKey.objects.filter(case__study=study).values_list("case__code", "item__group"))


def machine_scores(study: Study) -> list[MachineScore]:
    """Every number that is known for single images of an unsealed study, the newest where there are several.

    From each card of its synthetic set: the scores that the card keeps by image, which are of synthetic images only; and from
    the features behind it, of every network: the distance to the nearest image of the card's reference and the
    classifier's probabilities, for real and synthetic cases alike.
    """
    cases = dict(CaseKey.objects.filter(case__study=study).values_list("item__image__sha256", "case__code"))
    found: dict[str, MachineScore] = {}
    seen: set[str] = set()
    for card in cards_of(study):
        for score in _kept(card, cases):
            found.setdefault(score.name, score)
        for facts in card.run.networks:
            if facts["fingerprint"] not in seen:
                seen.add(facts["fingerprint"])
                found.update((score.name, score) for score in _from_features(card.reference, facts, cases))
    return list(found.values())


def _kept(card: ScoreCard, cases: Mapping[str, str]) -> Iterator[MachineScore]:
    """Scores that a card keeps by image, in the order of the images' digests."""
    order = list(card.synthetic.items.order_by("image__sha256").values_list("image__sha256", flat=True))
    for score in card.scores.filter(subgroup="", extra__has_key="per_image").exclude(metric=_SAME_AS_ANOTHER):
        values = score.extra["per_image"]
        if isinstance(values, list) and len(values) == len(order):
            network = space_of(card, score).name if depends_on_network(score) else ""
            yield _machine_score((score.metric, score.finding), _title(score), network, _by_case(cases, order, values))


def _title(score: Score) -> str:
    """The metric's, without what the set's number is called, such as "(AUROC)": of one image it is another number."""
    return ", ".join(part for part in (re.sub(r" \([^)]*\)$", "", score.definition.title), score.finding) if part)


def _from_features(reference: ImageSet, facts: Mapping[str, Any], cases: Mapping[str, str]) -> Iterator[MachineScore]:
    """What the network `facts` makes of the cases that it has seen."""
    unseen = set(cache.missing(facts["fingerprint"], list(cases)))
    known = [digest for digest in cases if digest not in unseen]
    network = " ".join(str(facts[key]) for key in ("name", "weights") if facts.get(key))
    try:
        made = cache.load(facts["fingerprint"], known)
        distance = _distances(reference, facts["fingerprint"], known, made)
    except ExtractorError:
        return  # its files of features are gone, or it saw none of these images
    title = f"Distance to the nearest in {reference.name}"
    yield _machine_score(("nearest_real",), title, network, _by_case(cases, known, distance.tolist()))
    for column, finding in enumerate(facts["classes"]):
        if finding:
            values = _by_case(cases, known, made.probabilities[:, column].tolist())
            yield _machine_score(("probability", finding), f"Probability of {finding}", network, values, finding)


def _distances(reference: ImageSet, fingerprint: str, digests: list[str], made: Extraction) -> np.ndarray:
    """(n,) Euclidean distance of each image to the nearest image of the reference that is of another patient, NaN if none."""
    items = list(reference.items.order_by("image__sha256").values_list("image__sha256", "group"))
    owners = {digest: group or digest for digest, group in items}
    others = cache.load(fingerprint, list(owners)).features
    patients = np.array(list(owners.values()), dtype=np.str_)
    # As many neighbours as the largest patient has pictures, and one more: one of them is another patient's.
    most = int(np.unique(patients, return_counts=True)[1].max()) + 1
    index, distances = nearest_to(made.features, others, most)
    own = np.array([owners.get(digest, "") for digest in digests], dtype=np.str_)
    apart = patients[index] != own[:, None]
    first = distances[np.arange(len(digests)), apart.argmax(axis=1)]
    return np.where(apart.any(axis=1), first, np.nan)


def _machine_score(
    key: tuple[str, ...], title: str, network: str, values: dict[str, float], finding: str = ""
) -> MachineScore:
    name = ":".join(part for part in (*key, network) if part)
    return MachineScore(name, f"{title}, {network}" if network else title, values, finding)


def _by_case(cases: Mapping[str, str], digests: list[str], values: list[float | None]) -> dict[str, float]:
    """The finite ones of `values`, which are in the order of `digests`, by the case's code."""
    pairs = zip(digests, values, strict=True)
    return {
        cases[digest]: float(one) for digest, one in pairs if digest in cases and one is not None and np.isfinite(one)
    }
