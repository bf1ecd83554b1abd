"""Which images train, which test, and for which findings: whole patients on one side, the same findings on all sides. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from evaluation.metrics.findings import NO_FINDING, canonical

# With and without the finding, in every part.
PER_CLASS = 10

Rows = Sequence[Sequence[str]]


class NothingToLearn(ValueError):
    """The sets do not allow the comparison; the message says why."""


def split_patients(groups: Sequence[str], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """(n,) whether each row is of the test part: whole patients, seeded, about ``share`` of the rows.

    Which patients they are depends on their names and the seed, not on the order of the rows.
    """
    names, codes, sizes = np.unique(
        np.asarray(groups, dtype=object).astype(str), return_inverse=True, return_counts=True
    )
    order = np.random.default_rng(seed).permutation(len(names))
    before = np.cumsum(sizes[order]) - sizes[order]
    chosen = np.zeros(len(names), dtype=np.bool_)
    chosen[order[before < share * len(groups)]] = True
    mask: npt.NDArray[np.bool_] = chosen[codes]
    return mask


def label_matrix(findings: Rows, names: Sequence[str]) -> npt.NDArray[np.int8]:
    """(n, c) 1 where a row is said to show the finding; an image said to show others, or none, does not."""
    said = [{canonical(name) for name in row} for row in findings]
    return np.array([[name in row for name in names] for row in said], dtype=np.int8).reshape(len(said), len(names))


def known_rows(findings: Rows) -> npt.NDArray[np.intp]:
    """Rows of which something is said."""
    return np.flatnonzero([bool(len(row)) for row in findings]).astype(np.intp)


def shared_findings(parts: dict[str, Rows], wanted: Collection[str] = ()) -> tuple[str, ...]:
    """Findings with at least 10 images with and 10 without in every part (name -> findings of its rows), in one spelling.

    ``wanted`` narrows them down. Raises NothingToLearn with the counts where none is left.
    """
    named = {part: {canonical(name) for row in rows for name in row} - {NO_FINDING} for part, rows in parts.items()}
    common = sorted(set.intersection(*named.values()))
    chosen = {canonical(name) for name in wanted}
    candidates = [name for name in common if not chosen or name in chosen]
    counts = {part: label_matrix(rows, candidates).sum(axis=0) for part, rows in parts.items()}
    enough = [
        name
        for column, name in enumerate(candidates)
        if all(PER_CLASS <= counts[part][column] <= len(rows) - PER_CLASS for part, rows in parts.items())
    ]
    if not enough:
        raise NothingToLearn(_reason(candidates, counts, {part: len(rows) for part, rows in parts.items()}))
    return tuple(enough)


def _reason(candidates: Sequence[str], counts: dict[str, npt.NDArray[np.int8]], sizes: dict[str, int]) -> str:
    if not candidates:
        return "The sets have no finding in common: nothing that both could teach. Choose sets whose images are labelled alike."
    lines = [
        f"{name}: " + ", ".join(f"{int(counts[part][column])} of {size} in the {part}" for part, size in sizes.items())
        for column, name in enumerate(candidates[:5])
    ]
    return f"Each part needs at least {PER_CLASS} images with and {PER_CLASS} without a finding. There are: {'; '.join(lines)}."
