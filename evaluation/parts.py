"""The parts of a score card: what is measured, and kept, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from evaluation import metrics as ours
from evaluation.metrics import METRICS, Comparison, Metric, MetricResult, families, measure, measure_subgroups

# stage(title): called before each stage; may raise to stop the work.
Stage = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """Some of a card's scores. ``spaces``: of the networks that it depends on; ``make``: measures it."""

    name: str
    metrics: tuple[str, ...]
    spaces: tuple[str, ...]
    make: Callable[[Comparison, Stage], tuple[MetricResult, ...]]

    @property
    def is_ours(self) -> bool:
        """Whether all of its code is this project's, so that it is known what the numbers are a function of."""
        modules = {METRICS[name].function.__module__ for name in self.metrics}
        return all(module.startswith(f"{ours.__name__}.") for module in modules)

    @property
    def needs_training(self) -> bool:
        """Whether the training set has to do with it."""
        return any("training" in METRICS[name].needs for name in self.metrics)


def family_parts(names: Sequence[str], spaces: Sequence[str]) -> Iterator[Part]:
    """A family of metrics in one space each; metrics of all spaces together are one part."""
    wanted = names or list(METRICS)
    for function in families(wanted):
        members = [m for m in METRICS.values() if m.function is function and m.name in wanted]
        own = tuple(m.name for m in members)
        for seen in _spaces(members[0], spaces):
            name = f"{function.__module__}.{function.__qualname__}"
            yield Part(name, own, seen, partial(_measure_family, own, seen))


def _spaces(metric: Metric, spaces: Sequence[str]) -> list[tuple[str, ...]]:
    """The spaces of each part; the first network's classifier is seen in every space."""
    if not metric.each_space:
        return [("",)]
    if "text" in metric.needs:
        return [tuple(spaces)]
    return [tuple(dict.fromkeys(("", space))) for space in spaces]


def _measure_family(
    names: Sequence[str], spaces: Sequence[str], comparison: Comparison, stage: Stage
) -> tuple[MetricResult, ...]:
    text = any("text" in METRICS[name].needs for name in names)
    seen = comparison if text else _only(comparison, spaces[-1])
    found = measure(
        seen.synthetic, seen.reference, names=names, settings=seen.settings, training=seen.training, progress=stage
    )
    return found if text else tuple(replace(result, space=spaces[-1]) for result in found)


def _only(comparison: Comparison, space: str) -> Comparison:
    """The comparison in this space, which knows of no other."""
    seen = comparison.in_space(space)
    return replace(seen, synthetic=replace(seen.synthetic, spaces={}), reference=replace(seen.reference, spaces={}))


def subgroup_parts(names: Sequence[str], attributes: Sequence[str], spaces: Sequence[str]) -> Iterator[Part]:
    """All metrics by the values of one attribute."""
    wanted = tuple(name for name in METRICS if name in (names or METRICS))
    for attribute in attributes:
        yield Part(f"by {attribute}", wanted, tuple(spaces), partial(_measure_subgroups, wanted, attribute))


def _measure_subgroups(
    names: Sequence[str], attribute: str, comparison: Comparison, stage: Stage
) -> tuple[MetricResult, ...]:
    stage(f"By {attribute}")
    return measure_subgroups(comparison, names, [attribute], progress=stage)
