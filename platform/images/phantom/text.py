"""Radiologist-style sentences for phantoms, and prompts to ask a checkpoint for them."""

from dataclasses import dataclass

import numpy as np

from .spec import FINDINGS, NO_FINDING, Finding, PhantomSpec, sample_spec

_NORMAL = (
    "No acute cardiopulmonary abnormality.",
    "Normal chest radiograph.",
    "The lungs are clear.",
    "No acute cardiopulmonary process.",
    "Clear lungs. Heart size is normal.",
    "No focal consolidation, pleural effusion or pneumothorax.",
)
_CARDIOMEGALY = (
    "Cardiomegaly.",
    "The heart is enlarged.",
    "Enlarged cardiac silhouette.",
    "The cardiac silhouette is enlarged.",
    "Marked cardiomegaly.",
)
_EFFUSION = (
    "{Size} {side} pleural effusion.",
    "There is a {size} {side} pleural effusion.",
    "{Size} {side}-sided pleural effusion.",
    "{Size} effusion on the {side}.",
)
_PNEUMOTHORAX = (
    "{Size} {side} pneumothorax.",
    "There is a {size} {side} pneumothorax.",
    "{Size} {side}-sided pneumothorax.",
    "{Size} {side} pneumothorax with a visible pleural line.",
)
_NODULE = (
    "{Side} {place} zone pulmonary nodule.",
    "Nodule in the {side} {place} zone.",
    "There is a nodule in the {side} {place} lung.",
    "Solitary pulmonary nodule in the {side} {place} zone.",
)
_MASS = (
    "{Side} {place} zone lung mass.",
    "Mass in the {side} {place} zone.",
    "There is a large mass in the {side} {place} lung.",
    "Lung mass in the {side} {place} zone.",
)
_CONSOLIDATION = (
    "{Side} {place} lobe consolidation.",
    "Consolidation in the {side} {place} lobe.",
    "There is consolidation of the {side} {place} lobe.",
    "{Side} {place} lobe airspace consolidation with air bronchograms.",
)
_PHRASES = {
    "Cardiomegaly": _CARDIOMEGALY,
    "Effusion": _EFFUSION,
    "Pneumothorax": _PNEUMOTHORAX,
    "Nodule": _NODULE,
    "Mass": _MASS,
    "Consolidation": _CONSOLIDATION,
}
_NORMAL_HEART = ("Heart size is normal.", "The heart is normal in size.")


@dataclass(frozen=True)
class PromptRow:
    """One row of a prompt set: what to ask for, and the findings and patient that it names."""

    prompt: str
    findings: tuple[str, ...]
    age: int
    sex: str
    view: str


def sentence(spec: PhantomSpec, seed: int = 0) -> str:
    """A report sentence for the specification; the seed chooses the wording."""
    rng = np.random.default_rng((seed, 1000))
    if not spec.findings:
        return str(rng.choice(_NORMAL))
    parts = [_phrase(finding, rng) for finding in spec.findings]
    if not spec.find("Cardiomegaly") and rng.random() < 0.3:
        parts.append(str(rng.choice(_NORMAL_HEART)))
    return " ".join(parts)


def _phrase(finding: Finding, rng: np.random.Generator) -> str:
    template = str(rng.choice(_PHRASES[finding.name]))
    words = {"side": finding.side, "size": finding.size, "place": finding.place}
    return template.format(**words, **{name.capitalize(): word.capitalize() for name, word in words.items()})


def prompts(count: int, *, seed: int, findings: tuple[str, ...] = (NO_FINDING, *FINDINGS)) -> list[PromptRow]:
    """`count` prompt rows that go through `findings` in turn; the same arguments give the same rows."""
    rows = []
    for number in range(count):
        spec = sample_spec(np.random.default_rng((seed, number)), findings[number % len(findings)], combine=0.0)
        rows.append(PromptRow(sentence(spec, seed + number), spec.labels, spec.age, spec.sex, spec.view))
    return rows
