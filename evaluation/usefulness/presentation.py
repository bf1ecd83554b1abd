"""The result of a usefulness run as words, as rows of a table and as a document."""

from __future__ import annotations

from typing import Any

from evaluation.models import UsefulnessRun

MEAN = "mean over findings"
# Training on real images and on synthetic ones are called alike when the whole interval is within this.
NEGLIGIBLE = 0.02


def sentence(result: dict[str, Any]) -> str:
    """What the run says, from intervals and never from point values alone; empty where there is no result."""
    if not result:
        return ""
    macro = result["macro"]
    arms, gaps = macro["arms"], macro["differences"]
    areas = f"{arms['synthetic']['value']:.3f} when trained on synthetic images and {arms['real']['value']:.3f} on real ones"
    return (
        f"Tested on {result['n']} real images, the classifier reaches a mean AUROC of {areas}: {_words(gaps['synthetic'])}. "
        f"With the synthetic images added to the real ones: {_words(gaps['mixed'])}."
    )


def _words(gap: dict[str, float]) -> str:
    numbers = f"difference {gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})".replace("-", "\N{MINUS SIGN}")
    if gap["high"] < 0:
        return f"worse than real images alone, {numbers}"
    if gap["low"] > 0:
        return f"better than real images alone, {numbers}"
    if gap["low"] > -NEGLIGIBLE and gap["high"] < NEGLIGIBLE:
        return f"as good as real images alone, {numbers}"
    return f"this test cannot tell which is better, {numbers}"


def table(result: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a finding, the mean first: estimates by training, and differences from training on real images."""
    if not result:
        return []
    rows = [{"finding": MEAN, "positives": None, **result["macro"]}, *result["findings"]]
    return [
        {
            "finding": row["finding"],
            "positives": row["positives"],
            "is_mean": row["finding"] == MEAN,
            **row["arms"],
            **{f"{arm}_difference": gap for arm, gap in row["differences"].items()},
        }
        for row in rows
    ]


def repeats(result: dict[str, Any]) -> list[tuple[int, float, float, float]]:
    """(seed, mean AUROC trained on real, synthetic and both) of every single training."""
    if not result:
        return []
    arms = result["macro"]["arms"]
    columns = [arms[arm]["repeats"] for arm in ("real", "synthetic", "mixed")]
    return list(zip(result["seeds"], *columns, strict=True))


def document(run: UsefulnessRun) -> dict[str, Any]:
    """Everything of a run, for a file."""
    sets = {"real": run.real, "synthetic": run.synthetic, "test": run.test}
    return {
        "run": str(run.pk),
        "sets": {
            name: {"id": str(s.pk), "name": s.name, "digest": s.digest, "count": s.count}
            for name, s in sets.items()
            if s
        },
        "phantoms": run.is_phantom,
        "state": run.state,
        "error": run.error,
        "result": run.result,
        "libraries": run.environment,
    }


def lines(result: dict[str, Any]) -> str:
    """The table as text."""
    form = "{:<28} {:>24} {:>24} {:>24}  {}"
    out = [form.format("AUROC", "real", "synthetic", "mixed", "synthetic - real")]
    for row in table(result):
        cells = [
            f"{row[a]['value']:.3f} ({row[a]['low']:.3f} to {row[a]['high']:.3f})"
            for a in ("real", "synthetic", "mixed")
        ]
        gap = row["synthetic_difference"]
        out.append(
            form.format(row["finding"], *cells, f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})")
        )
    return "\n".join(out)
