"""Metrics that other installed packages bring, found by their entry point in the group `negatoscope.metrics`."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points

from evaluation.metrics.metric import Metric
from evaluation.metrics.result import MetricError

GROUP = "negatoscope.metrics"


def plugin_metrics(known: Collection[str]) -> dict[str, Metric]:
    """The plug-ins' metrics by name, in the order of the entry points' names.

    An entry point names a Metric or a tuple of them. One that cannot be loaded is left out with a warning that names it; a name
    that exists already raises MetricError, because a score of that name would mean two things.
    """
    found: dict[str, Metric] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        for metric in _load(point):
            if metric.name in known or metric.name in found:
                raise MetricError(
                    f"The plug-in {_described(point)} brings a metric {metric.name!r} that exists already."
                )
            found[metric.name] = metric
    return found


def _load(point: EntryPoint) -> tuple[Metric, ...]:
    try:
        loaded = point.load()
        metrics = (loaded,) if isinstance(loaded, Metric) else tuple(loaded)
        if not all(isinstance(metric, Metric) for metric in metrics):
            raise TypeError("it is neither a Metric nor a tuple of them")
    except Exception as error:  # a plug-in may fail in any way; the others must still work
        warnings.warn(f"The plug-in {_described(point)} is left out: {error}", RuntimeWarning, stacklevel=2)
        return ()
    return metrics


def _described(point: EntryPoint) -> str:
    package = f" of {point.dist.name}" if point.dist else ""
    return f"{point.name} ({point.value}){package}"
