"""What a score card says, in words: one statement an axis, each drawn from intervals and not from point values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from accounts.numerals import number_text


class Scored(Protocol):
    """What is read of a score."""

    metric: str
    finding: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    baseline: dict | None  # type: ignore[type-arg]
    extra: dict  # type: ignore[type-arg]


@dataclass(frozen=True)
class Statement:
    """One axis' statement; look is ok, warn, bad or empty (nothing can be said)."""

    axis: str
    text: str
    look: str


def verdict(scores: Iterable[Scored]) -> list[Statement]:
    """Statements on fidelity, diversity and clinical correctness, as far as the scores allow."""
    overall = {score.metric: score for score in scores if not score.finding and score.value is not None}
    made = (_fidelity(overall), _diversity(overall), _clinical(overall))
    return [statement for statement in made if statement]


def sentence(scores: Iterable[Scored]) -> str:
    """The first statements in one sentence, for the head of the page."""
    parts = [statement.text.rstrip(".") for statement in verdict(scores)]
    return "; ".join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])]) + "." if parts else ""


def _fidelity(scores: dict[str, Scored]) -> Statement | None:
    kernel = scores.get("kernel_distance")
    if kernel is None or kernel.low is None:
        return None
    noise = max(float((kernel.baseline or {}).get("high") or 0.0), 0.0)
    ratio = _times_noise(scores.get("frechet_distance"))
    if kernel.low <= 0:
        text, look = f"No difference from the reference was detected with {kernel.n} images", "ok"
    elif kernel.low <= noise:
        text, look = "The images differ from the reference, but hardly more than two halves of it do", "warn"
    else:
        text, look = "The images differ measurably from the reference", "bad"
    return Statement("fidelity", text + ratio + ".", look)


def _times_noise(frechet: Scored | None) -> str:
    """How the distance compares with two halves of the reference at the same number of images."""
    floor = ((frechet.baseline if frechet else None) or {}).get("extra", {})
    own, real = floor.get("synthetic_plug_in_at_this_n"), floor.get("plug_in")
    if not own or not real:
        return ""
    return f" (Fréchet distance {number_text(own / real, 1)} times that between two halves of the reference at equal n)"


def _diversity(scores: dict[str, Scored]) -> Statement | None:
    vendi = scores.get("vendi_score")
    if vendi is None or not vendi.baseline or vendi.value is None:
        return None
    share = vendi.value / vendi.baseline["value"]
    extra = scores["recall"].extra if "recall" in scores else {}
    if extra.get("collapse"):
        return Statement("diversity", "Some images are exact repeats: the set has collapsed in part.", "bad")
    less = (vendi.high or 0) < vendi.baseline["low"]
    more = (vendi.low or 0) > vendi.baseline["high"]
    word = "less diverse than" if less else "more diverse than" if more else "about as diverse as"
    text = f"The set is {word} the reference (Vendi score {number_text(share * 100, 0)} % of the real images')."
    return Statement("diversity", text, "bad" if less and share < 0.5 else "warn" if less or more else "ok")


def _clinical(scores: dict[str, Scored]) -> Statement | None:
    area = scores.get("auroc")
    if area is None or area.value is None:
        return None
    real = area.baseline["value"] if area.baseline else None
    beside = f" (on real images {number_text(real, 2)})" if real is not None else ""
    text = f"A classifier sees the findings that were asked for with AUROC {number_text(area.value, 2)}{beside}."
    below = area.baseline is not None and (area.high or 0) < area.baseline["low"]
    return Statement("clinical", text, "bad" if (area.low or 0) <= 0.5 else "warn" if below else "ok")
