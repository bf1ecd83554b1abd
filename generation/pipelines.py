"""The pipeline that a worker process keeps: loading one takes longer than making many pictures."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING

from generation.engine import CheckpointError
from generation.models import Checkpoint
from generation.services.places import place_of

if TYPE_CHECKING:
    from generation.engine import LoadedPipeline

#: At most one: digest -> pipeline. A process works on one chunk at a time.
_kept: "dict[str, LoadedPipeline]" = {}


def pipeline_for(checkpoint: Checkpoint, tick: Callable[[], None]) -> "LoadedPipeline":
    """The checkpoint in memory. `tick` is called once a second while it is loaded; what it raises is raised here.

    Raises CheckpointError where the files are gone or are not those that were registered.
    """
    if checkpoint.digest not in _kept:
        _kept.clear()
        _kept[checkpoint.digest] = _load(checkpoint, tick)
    return _kept[checkpoint.digest]


def _load(checkpoint: Checkpoint, tick: Callable[[], None]) -> "LoadedPipeline":
    from generation.engine import load_pipeline

    place = place_of(checkpoint)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(load_pipeline, place.path, overrides=place.overrides, trusted_root=place.trusted_root)
        while True:
            try:
                loaded = future.result(timeout=1.0)
                break
            except NotYet:
                tick()
    if loaded.facts.digest != checkpoint.digest:
        raise CheckpointError(
            f"The files of {checkpoint.name} are not those that were registered (digest {loaded.facts.digest[:12]} "
            f"instead of {checkpoint.digest[:12]}). Register them again under another name."
        )
    return loaded
