"""A score card as the `model-index` of a Hugging Face model card (hub-docs, modelcard.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluation.models import Score, ScoreCard

HEAD = "# For the metadata block at the top of the model's README.md\n"


def to_model_index(card: ScoreCard, scores: Sequence[Score]) -> bytes:
    """YAML with every score that has a number; refused ones are left out, since the format has no word for them."""
    import yaml

    index = {"model-index": [{"name": model_name(card), "results": [_result(card, scores)]}]}
    return (HEAD + yaml.safe_dump(index, sort_keys=False, allow_unicode=True, width=120)).encode()


def model_name(card: ScoreCard) -> str:
    """The checkpoint that made the images where that is known, else the set's name."""
    run = getattr(card.synthetic, "generation_run", None)
    return str(run.checkpoint.name) if run else card.synthetic.name


def _result(card: ScoreCard, scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "task": {"type": "text-to-image", "name": "Text-to-image"},
        "dataset": {
            "name": card.reference.name,
            "type": "image-set",
            "revision": card.reference.digest,
            "args": {"images": card.reference.count, "phantoms": card.is_phantom},
        },
        "metrics": [_metric(score) for score in scores if score.value is not None],
    }


def _metric(score: Score) -> dict[str, Any]:
    details = {
        "low": score.low,
        "high": score.high,
        "confidence": 0.95,
        "n": score.n,
        "method": score.method,
        "space": score.space,
        "finding": score.finding,
        "subgroup": score.subgroup,
        "real_images": (score.baseline or {}).get("value"),
    }
    args = {name: value for name, value in details.items() if value not in ("", None)}
    return {"type": score.metric, "value": score.value, "name": score.title, "args": args}
