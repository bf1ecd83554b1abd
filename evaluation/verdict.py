"""What a score card says, in words: one statement an axis, each drawn from intervals and not from point values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from accounts.numerals import decimals_for, number_text
from evaluation.metrics import METRICS


class Scored(Protocol):
    """What is read of a score."""

    metric: str
    finding: str
    subgroup: str
    space: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    direction: str
    baseline: dict | None  # type: ignore[type-arg]
    baseline_label: str
    extra: dict  # type: ignore[type-arg]


@dataclass(frozen=True)
class Statement:
    """One axis' statement; word is its shortest form, look is ok, warn, bad or empty (nothing can be said)."""

    axis: str
    word: str
    text: str
    look: str


# Axes that are read by their first score beside real images.
BY_YARDSTICK = ("alignment", "parts")
# More of each than among real images that the model has not seen is a sign of memory.
MEMORY_TESTS = ("copies", "near_duplicates", "reidentification", "membership_auroc")
Judge = Callable[[dict[str, Scored]], Statement | None]


def verdict(scores: Iterable[Scored]) -> list[Statement]:
    """Statements on every axis, as far as the scores allow; the first extractor speaks where there are several."""
    whole = [s for s in scores if not (s.finding or s.subgroup) and s.value is not None]
    by_name = {score.metric: score for score in reversed(whole)}  # the first of each name stays
    made = (judge(by_name) for judge in _JUDGES)
    return [statement for statement in made if statement]


def sentence(scores: Iterable[Scored]) -> str:
    """Every statement's word in one sentence, for the head of the page."""
    words = "; ".join(f"{statement.axis}: {statement.word}" for statement in verdict(scores))
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _lowered(text: str) -> str:
    """With a small first letter, but for names (Fréchet) and abbreviations (MS-SSIM)."""
    return text if text[1:2].isupper() else text[0].lower() + text[1:]


def _fidelity(scores: dict[str, Scored]) -> Statement | None:
    kernel = scores.get("kernel_distance")
    if kernel is None or kernel.low is None:
        return None
    noise = max(float((kernel.baseline or {}).get("high") or 0.0), 0.0)
    ratio = _times_noise(scores.get("frechet_distance"))
    if kernel.low <= 0:
        text, word, look = (
            f"No difference from the reference was detected with {kernel.n} images",
            "not told apart",
            "ok",
        )
    elif kernel.low <= noise:
        text, word, look = (
            "The images differ from the reference, but hardly more than two halves of it do",
            "close",
            "warn",
        )
    else:
        text, word, look = "The images differ measurably from the reference", "differs", "bad"
    return Statement("fidelity", word, text + ratio + ".", look)


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
        text = "Some images are exact repeats: the set has collapsed in part."
        return Statement("diversity", "repeats", text, "bad")
    less = (vendi.high or 0) < vendi.baseline["low"]
    more = (vendi.low or 0) > vendi.baseline["high"]
    word = "less diverse" if less else "more diverse" if more else "as diverse"
    than = f"{word} than" if less or more else "about as diverse as"
    text = f"The set is {than} the reference (Vendi score {number_text(share * 100, 0)} % of the real images')."
    return Statement("diversity", word, text, "bad" if less and share < 0.5 else "warn" if less or more else "ok")


def _clinical(scores: dict[str, Scored]) -> Statement | None:
    area = scores.get("auroc")
    if area is None or area.value is None:
        return None
    real = area.baseline["value"] if area.baseline else None
    digits = decimals_for(area.low or 0.0, area.high or 0.0)
    beside = f" (on real images {number_text(real, digits)})" if real is not None else ""
    text = f"A classifier sees the findings that were asked for with AUROC {number_text(area.value, digits)}{beside}."
    if (area.low or 0) <= 0.5:
        return Statement("clinical", "not seen", text, "bad")
    below = area.baseline is not None and (area.high or 0) < area.baseline["low"]
    return Statement("clinical", "seen less" if below else "seen", text, "warn" if below else "ok")


def _privacy(scores: dict[str, Scored]) -> Statement | None:
    """Bad where any test finds more than it finds among real images that the model has not seen."""
    own = [scores[name] for name in MEMORY_TESTS if name in scores]
    if not own:
        return None
    found = [score for score in own if score.baseline and (score.low or 0.0) > (score.baseline.get("high") or 0.0)]
    parts = ", ".join(_beside(score) for score in found or own[:1])
    if found:
        return Statement("privacy", "remembers", f"Signs of remembered training images: {parts}.", "bad")
    return Statement("privacy", "no sign", f"No sign of remembered training images ({parts}).", "ok")


def _beside(score: Scored) -> str:
    title = METRICS[score.metric].title
    real = (score.baseline or {}).get("value")
    own = number_text(score.value, decimals_for(score.low or 0.0, score.high or 0.0))
    return f"{_lowered(title)} {own}" + (f", {number_text(real)} among unseen real images" if real is not None else "")


def _by_yardstick(axis: str) -> Judge:
    """The judge of an axis by its first score with a yardstick, in registry order."""

    def judge(scores: dict[str, Scored]) -> Statement | None:
        own = [scores[name] for name, metric in METRICS.items() if metric.axis == axis and name in scores]
        measured = [score for score in own if score.low is not None and score.high is not None]
        if not measured:
            return None
        score = next((score for score in measured if score.baseline), measured[0])
        return _beside_real(axis, score)

    return judge


def _beside_real(axis: str, score: Scored) -> Statement:
    low, high, real = score.low or 0.0, score.high or 0.0, score.baseline
    digits = decimals_for(low, high)
    text = f"{METRICS[score.metric].title}: {number_text(score.value, digits)}"
    if real is None or real.get("low") is None or real.get("high") is None:
        return Statement(axis, "measured", f"{text} ({number_text(low, digits)} to {number_text(high, digits)}).", "")
    text += f", beside {number_text(real['value'], digits)} ({score.baseline_label or 'real images'})."
    above, below = low > real["high"], high < real["low"]
    worse = {"lower": above, "higher": below}.get(score.direction, above or below)
    if worse:
        return Statement(axis, "off", text, "warn")
    return Statement(axis, "better" if above or below else "as real", text, "ok")


def spoken_metrics() -> set[str]:
    """Names of the metrics that a verdict may be drawn from."""
    by_axis = {name for name, metric in METRICS.items() if metric.axis in BY_YARDSTICK}
    return by_axis | {"kernel_distance", "frechet_distance", "vendi_score", "recall", "auroc", *MEMORY_TESTS}


_JUDGES: tuple[Judge, ...] = (
    _fidelity,
    _diversity,
    _clinical,
    _by_yardstick("alignment"),
    _privacy,
    _by_yardstick("parts"),
)
