"""What a phantom shows: the patient, the view and the findings; and how such specifications are sampled."""

from dataclasses import dataclass

import numpy as np

NO_FINDING = "No Finding"
FINDINGS = ("Cardiomegaly", "Effusion", "Pneumothorax", "Nodule", "Mass", "Consolidation")
SIDES = ("right", "left")
SIZES = ("small", "moderate", "large")
ZONES = ("upper", "mid", "lower")
LOBES = {"right": ("upper", "middle", "lower"), "left": ("upper", "lower")}

# Pairs that a second finding may complete; one side then never hides what the other finding shows.
_COMPANIONS = {"Cardiomegaly": ("Effusion", "Consolidation"), "Effusion": ("Cardiomegaly", "Nodule", "Consolidation")}


@dataclass(frozen=True)
class Finding:
    """One finding, named as torchxrayvision names its pathologies.

    `side` is the patient's. `size` (small, moderate, large) is used by Effusion and Pneumothorax, `place` by Nodule and Mass
    (upper, mid, lower zone) and by Consolidation (upper, middle, lower lobe).
    """

    name: str
    side: str = ""
    size: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.name not in FINDINGS:
            raise ValueError(f"unknown finding {self.name!r}: choose from {', '.join(FINDINGS)}")
        if self.name != "Cardiomegaly" and self.side not in SIDES:
            raise ValueError(f"{self.name} needs a side, right or left, not {self.side!r}")
        self._check_detail()

    def _check_detail(self) -> None:
        if self.name in ("Effusion", "Pneumothorax") and self.size not in SIZES:
            raise ValueError(f"{self.name} needs a size of {', '.join(SIZES)}, not {self.size!r}")
        places = {"Nodule": ZONES, "Mass": ZONES, "Consolidation": LOBES.get(self.side, ())}.get(self.name)
        if places is not None and self.place not in places:
            raise ValueError(f"{self.name} needs a place of {', '.join(places)}, not {self.place!r}")


@dataclass(frozen=True)
class PhantomSpec:
    """One patient on one radiograph."""

    findings: tuple[Finding, ...] = ()
    sex: str = "M"
    age: int = 50
    view: str = "PA"

    def __post_init__(self) -> None:
        if self.sex not in ("M", "F") or self.view not in ("PA", "AP") or not 0 < self.age < 120:
            raise ValueError("a phantom has sex M or F, view PA or AP, and an age from 1 to 119")

    @property
    def labels(self) -> tuple[str, ...]:
        """Finding names without repeats; `("No Finding",)` where there is none."""
        return tuple(dict.fromkeys(finding.name for finding in self.findings)) or (NO_FINDING,)

    def find(self, *names: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.name in names)


def sample_finding(rng: np.random.Generator, name: str, side: str | None = None) -> Finding:
    """A finding of this name with side, size and place at random."""
    if name == "Cardiomegaly":
        return Finding(name)
    side = side or str(rng.choice(SIDES))
    if name in ("Effusion", "Pneumothorax"):
        return Finding(name, side, size=str(rng.choice(SIZES)))
    places = LOBES[side] if name == "Consolidation" else ZONES
    return Finding(name, side, place=str(rng.choice(places)))


def sample_spec(rng: np.random.Generator, finding: str | None = None, *, combine: float = 0.12) -> PhantomSpec:
    """A patient at random.

    `finding` is one of FINDINGS or "No Finding"; None draws one, each of the seven equally often. With probability `combine` a
    second finding joins those that have a companion.
    """
    name = finding or str(rng.choice((NO_FINDING, *FINDINGS)))
    findings = () if name == NO_FINDING else _findings(rng, name, combine)
    sex = str(rng.choice(("M", "F")))
    age = int(np.clip(rng.normal(55, 17), 18, 92))
    return PhantomSpec(findings, sex, age, "AP" if rng.random() < 0.25 else "PA")


def _findings(rng: np.random.Generator, name: str, combine: float) -> tuple[Finding, ...]:
    first = sample_finding(rng, name)
    if name not in _COMPANIONS or rng.random() >= combine:
        return (first,)
    other_side = {"right": "left", "left": "right"}.get(first.side)
    return (first, sample_finding(rng, str(rng.choice(_COMPANIONS[name])), other_side))
