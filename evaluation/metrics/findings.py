"""Names of findings: one spelling for the same finding across label sets.

Collections spell findings differently ("Pleural Effusion", "Effusion", "Pleural_Thickening"). Names are compared after
lower-casing, turning separators into spaces, and this table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evaluation.metrics.result import IntArray, Sample

ALIASES = {
    "pleural effusion": "effusion",
    "lung mass": "mass",
    "lung nodule": "nodule",
    "airspace opacity": "lung opacity",
    "opacity": "lung opacity",
    "pulmonary edema": "edema",
    "enlarged heart": "cardiomegaly",
    "normal": "no finding",
}
NO_FINDING = "no finding"
POSITIVE, NEGATIVE, UNKNOWN = 1, 0, -1


def canonical(name: str) -> str:
    """The one spelling by which findings are compared."""
    plain = re.sub(r"[\s_\-]+", " ", name).strip().lower()
    return ALIASES.get(plain, plain)


def labels(sample: Sample, finding: str) -> IntArray:
    """(n,) 1 = said to show the finding, 0 = said to show others or none, -1 = nothing is said of the image."""
    wanted = canonical(finding)
    return np.array(
        [UNKNOWN if not names else int(wanted in map(canonical, names)) for names in sample.findings], dtype=np.intp
    )


def requested(sample: Sample, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes, in their own order and spelling, that at least one image was asked to show."""
    asked = {canonical(name) for names in sample.findings for name in names}
    return tuple(name for name in classes if name and canonical(name) in asked)
