"""Procedural chest radiographs with known findings: seeded, pure, and labelled as phantoms wherever they appear."""

from .render import Phantom, draw
from .spec import FINDINGS, NO_FINDING, Finding, PhantomSpec, sample_finding, sample_spec
from .text import PromptRow, prompts, sentence

__all__ = [
    "FINDINGS",
    "NO_FINDING",
    "Finding",
    "Phantom",
    "PhantomSpec",
    "PromptRow",
    "draw",
    "prompts",
    "sample_finding",
    "sample_spec",
    "sentence",
]
