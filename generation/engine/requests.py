"""What is asked for: one picture each, and the settings that a whole run shares."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from generation.engine.errors import BadRequest
from generation.engine.facts import CheckpointFacts

MAX_STEPS: Final = 1000
MAX_SIDE: Final = 2048
MAX_SEED: Final = 2**63 - 1

#: name -> diffusers class; "" keeps the checkpoint's own.
SCHEDULERS: Final = {
    "": "",
    "ddim": "DDIMScheduler",
    "ddpm": "DDPMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler-ancestral": "EulerAncestralDiscreteScheduler",
    "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler",
}


@dataclass(frozen=True)
class Request:
    """One picture: its prompt, the seed of its initial noise, and what it should not show."""

    prompt: str
    seed: int
    negative: str = ""


@dataclass(frozen=True)
class Settings:
    """Shared by every picture of a run.

    steps: denoising steps. guidance: classifier-free guidance scale; 1 or less switches it off.
    width, height: pixels. scheduler: a name of SCHEDULERS.
    """

    steps: int = 50
    guidance: float = 7.5
    width: int = 512
    height: int = 512
    scheduler: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON-ready dictionary."""
        return asdict(self)


def check_settings(settings: Settings, facts: CheckpointFacts) -> None:
    """Raise BadRequest, with what would do instead, when `facts`' checkpoint cannot serve `settings`."""
    if not 1 <= settings.steps <= MAX_STEPS:
        raise BadRequest(f"Steps must lie between 1 and {MAX_STEPS}.")
    if not 0 <= settings.guidance <= 100:
        raise BadRequest("Guidance must lie between 0 and 100.")
    if settings.scheduler not in SCHEDULERS:
        raise BadRequest(f"Unknown scheduler {settings.scheduler!r}; known: {', '.join(filter(None, SCHEDULERS))}.")
    for side in (settings.width, settings.height):
        if side % facts.multiple or not facts.multiple <= side <= MAX_SIDE:
            raise BadRequest(
                f"Width and height must be multiples of {facts.multiple} px, at most {MAX_SIDE}; "
                f"this checkpoint was made for {facts.resolution}."
            )
