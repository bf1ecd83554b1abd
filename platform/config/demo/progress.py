"""How far the demonstration is: a small file that the command writes and the home page reads."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings


@dataclass
class Stage:
    """One stage: `state` is waiting, running, done or failed."""

    title: str
    state: str = "waiting"
    detail: str = ""
    url: str = ""


@dataclass
class Progress:
    """All stages in order."""

    stages: list[Stage] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether every stage is done."""
        return bool(self.stages) and all(stage.state == "done" for stage in self.stages)

    @property
    def failed(self) -> bool:
        """Whether a stage failed."""
        return any(stage.state == "failed" for stage in self.stages)

    def save(self) -> None:
        """Write at once and whole: the page may read at any moment."""
        path = _path()
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        os.replace(fresh, path)


def read_progress() -> Progress | None:
    """What the command wrote last; None where no demonstration was started."""
    if not settings.DEMO:
        return None
    try:
        stages = json.loads(_path().read_text())["stages"]
    except FileNotFoundError:
        return None
    return Progress([Stage(**stage) for stage in stages])


def _path() -> Path:
    return Path(settings.NEGATOSCOPE_HOME) / "demo.json"
