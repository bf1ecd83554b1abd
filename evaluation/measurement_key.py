"""What a measured number is a function of, as one digest. Pure: no database, and the same on every machine.

Two measurements with one key would give the same numbers: same images with the same things said of them, seen by the same
networks, under the same settings, by the same code and libraries. Whatever differs in any of these differs in the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import images.pixels
from evaluation.metrics.result import Settings

# Of a network's facts, what reaches the metrics; the fingerprint stands for weights, preprocessing and precision.
NETWORK_FACTS = ("fingerprint", "space", "classes", "thresholds", "reads_text", "input_size")
_ROOT = Path(__file__).parent
# The code between the kept features and the numbers.
_SOURCES = (
    *sorted((_ROOT / "metrics").rglob("*.py")),
    *sorted(_ROOT / f"{name}.py" for name in ("samples", "halves", "shrunken", "neighbourhood", "parts")),
    *sorted(Path(images.pixels.__file__).parent.rglob("*.py")),
)


def source_digest(files: Iterable[Path]) -> str:
    """SHA-256 over the files' names and contents."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


# Once, as the code is loaded: a worker that runs old code never says that its numbers are of the new.
CODE = source_digest(_SOURCES)


def rows_digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 of a set's rows in their order: each is the image's digest and everything that is said of the image."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, default=str).encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class Inputs:
    """All that a part of a card depends on.

    part: its name; metrics: those that it gives; sets: by side, the digest of its rows; networks: facts of each.
    """

    part: str
    metrics: Sequence[str]
    sets: Mapping[str, str]
    networks: Sequence[Mapping[str, Any]]
    settings: Settings
    libraries: Mapping[str, str]
    code: str = CODE

    def key(self) -> str:
        """SHA-256 of all of it."""
        document = {
            "part": self.part,
            "metrics": list(self.metrics),
            "sets": dict(self.sets),
            "networks": [{name: facts.get(name) for name in NETWORK_FACTS} for facts in self.networks],
            "settings": asdict(self.settings),
            "libraries": dict(self.libraries),
            "code": self.code,
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
