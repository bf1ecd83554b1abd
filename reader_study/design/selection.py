"""Choosing the pictures of a study: n real and n synthetic, alike in their findings as far as these are known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reader_study.design.chance import shuffled

UNKNOWN = "Not known"
UNMATCHED = "Not matched"


class NotEnoughCases(ValueError):
    """A source has fewer pictures than the study asks for."""


@dataclass(frozen=True)
class Candidate:
    """A picture that could become a case.

    `name` is its own among all candidates and does not depend on when it was imported; `group` is the patient or the
    prompt it comes from; `findings` are () where nobody said.
    """

    name: str
    group: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stratum:
    """How many pictures with the same findings were there, and were taken, on either side."""

    findings: str
    real: int
    synthetic: int
    real_available: int
    synthetic_available: int


@dataclass(frozen=True)
class Selection:
    """The candidates chosen, by name, and the table of strata that shows how alike the two sides are."""

    real: tuple[str, ...]
    synthetic: tuple[str, ...]
    strata: tuple[Stratum, ...]
    unmatched: int


def select_cases(
    real: Sequence[Candidate], synthetic: Sequence[Candidate], *, n_real: int, n_synthetic: int, match: bool, seed: str
) -> Selection:
    """Choose `n_real` and `n_synthetic` candidates.

    With `match`, both sides get the same share of every set of findings that both sides have; where these overlaps do
    not fill the study, the rest is drawn from what is left and counted in `unmatched`. Within a stratum the draw is
    random (`shuffled`), but no group gives its second picture before every group has given its first.
    Raises NotEnoughCases where a side has fewer candidates than asked, ValueError for a study without one of the sides.
    """
    if min(n_real, n_synthetic) < 1:
        raise ValueError("A study needs at least one real and one synthetic case.")
    _require(len(real), n_real, "real")
    _require(len(synthetic), n_synthetic, "synthetic")
    pools = _strata(real, match), _strata(synthetic, match)
    sizes = [{name: len(pool) for name, pool in side.items()} for side in pools]
    shares = _shares(sizes[0], sizes[1], n_real, n_synthetic)
    chosen = tuple(_choose(side, shares, n, seed) for side, n in zip(pools, (n_real, n_synthetic)))
    matched = sum(sum(_quotas(shares, n).values()) for n in (n_real, n_synthetic))
    return Selection(
        real=tuple(c.name for c in chosen[0]),
        synthetic=tuple(c.name for c in chosen[1]),
        strata=_table(pools, chosen, match),
        unmatched=n_real + n_synthetic - matched,
    )


def _require(available: int, asked: int, side: str) -> None:
    if available < asked:
        raise NotEnoughCases(f"{asked} {side} cases are asked for, but the image set has only {available}.")


def stratum(candidate: Candidate, match: bool = True) -> str:
    """The name of the set of findings of a candidate; one name for all where nothing is matched."""
    if not match:
        return "All"
    return " + ".join(sorted(set(candidate.findings))) or UNKNOWN


def _strata(candidates: Sequence[Candidate], match: bool) -> dict[str, list[Candidate]]:
    pools: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        pools.setdefault(stratum(candidate, match), []).append(candidate)
    return pools


def _shares(real: Mapping[str, int], synthetic: Mapping[str, int], n_real: int, n_synthetic: int) -> dict[str, float]:
    """The share of the study that each common stratum gets: what the scarcer side can give, scaled down to 1 in all."""
    capacity = {s: min(real[s] / n_real, synthetic[s] / n_synthetic) for s in sorted(real.keys() & synthetic.keys())}
    total = max(1.0, sum(capacity.values()))
    return {s: share / total for s, share in capacity.items()}


def _quotas(shares: Mapping[str, float], n: int) -> dict[str, int]:
    """Whole numbers for `shares` of `n`, by largest remainder; they never exceed what a stratum can give."""
    exact = {s: share * n for s, share in shares.items()}
    quotas = {s: int(value + 1e-9) for s, value in exact.items()}
    rest = int(sum(exact.values()) + 1e-9) - sum(quotas.values())
    for s in sorted(exact, key=lambda s: (quotas[s] - exact[s], s))[:rest]:
        quotas[s] += 1
    return quotas


def _choose(pools: Mapping[str, list[Candidate]], shares: Mapping[str, float], n: int, seed: str) -> list[Candidate]:
    quotas = _quotas(shares, n)
    chosen = [c for s, quota in quotas.items() for c in _spread(pools[s], seed)[:quota]]
    taken = {c.name for c in chosen}
    left = [c for pool in pools.values() for c in pool if c.name not in taken]
    return chosen + _spread(left, seed)[: n - len(chosen)]


def _spread(candidates: Sequence[Candidate], seed: str) -> list[Candidate]:
    """The candidates at random, but every group's first before any group's second."""
    turn: Counter[str] = Counter()
    ranked = []
    for place, candidate in enumerate(shuffled(candidates, seed=seed, purpose="select", name=lambda c: c.name)):
        ranked.append((turn[candidate.group], place, candidate))
        turn[candidate.group] += 1
    return [candidate for _, _, candidate in sorted(ranked, key=lambda r: r[:2])]


def _table(
    pools: tuple[dict[str, list[Candidate]], dict[str, list[Candidate]]],
    chosen: tuple[list[Candidate], ...],
    match: bool,
) -> tuple[Stratum, ...]:
    counts = [Counter(stratum(c, match) for c in side) for side in chosen]
    names = sorted(counts[0].keys() | counts[1].keys())
    real, synthetic = pools
    return tuple(Stratum(s, counts[0][s], counts[1][s], len(real.get(s, ())), len(synthetic.get(s, ()))) for s in names)
