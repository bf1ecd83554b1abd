"""Names of findings: one spelling for the same finding across label sets.

Collections spell findings differently ("Pleural Effusion", "Effusion", "Pleural_Thickening"). Names are compared after
lower-casing, turning separators into spaces, and this table, which leads to torchxrayvision's pathologies. Only spelling is
settled here: which column of a collection means which pathology, and what is done with uncertain labels, is the readers' part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from evaluation.metrics.result import IntArray, Sample

NO_FINDING = "no finding"
POSITIVE, NEGATIVE, UNKNOWN = 1, 0, -1

# The pathologies that torchxrayvision's networks may have as classes, in its own order and spelling.
PATHOLOGIES = (
    "Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion", "Pneumonia",
    "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture", "Lung Opacity",
    "Enlarged Cardiomediastinum",
)  # fmt: skip

# Other spellings by pathology: CheXpert and its labeller, MIMIC-CXR, NIH, PadChest, VinDr-CXR, RSNA, Open-i (MeSH).
_SPELLINGS = {
    "atelectasis": ("atelectases", "pulmonary atelectasis", "laminar atelectasis", "lobar atelectasis", "total atelectasis",
                    "round atelectasis", "segmental atelectasis", "linear atelectasis"),
    "consolidation": ("consolidations", "lung consolidation", "pulmonary consolidation"),
    "infiltration": ("infiltrate", "infiltrates", "pulmonary infiltrate"),
    "pneumothorax": ("pneumothoraces", "hydropneumothorax"),
    "edema": ("oedema", "pulmonary edema", "pulmonary oedema", "lung edema"),
    "emphysema": ("pulmonary emphysema", "lung emphysema"),
    "fibrosis": ("pulmonary fibrosis", "lung fibrosis"),
    "effusion": ("effusions", "pleural effusion", "pleural effusions"),
    "pneumonia": ("pneumonias", "atypical pneumonia"),
    "pleural thickening": ("thickening of the pleura", "apical pleural thickening"),
    "cardiomegaly": ("enlarged heart", "heart enlarged", "cardiac enlargement"),
    "nodule": ("nodules", "lung nodule", "pulmonary nodule", "multiple nodules", "solitary pulmonary nodule"),
    "mass": ("masses", "lung mass", "pulmonary mass"),
    "hernia": ("hiatal hernia", "hernia, hiatal", "hiatus hernia"),
    "lung lesion": ("lesion", "pulmonary lesion"),
    "fracture": ("fractures", "fractures, bone", "rib fracture", "clavicle fracture", "callus rib fracture",
                 "vertebral fracture", "humeral fracture"),
    "lung opacity": ("opacity", "opacities", "airspace opacity", "air space opacity", "pulmonary opacity"),
    "enlarged cardiomediastinum": ("enlarged cardiom.", "enlarged cardiom", "widened mediastinum", "mediastinal enlargement"),
    "nodule/mass": ("nodule or mass", "mass/nodule"),
    NO_FINDING: ("normal", "no findings", "no abnormality", "nofinding"),
}  # fmt: skip
ALIASES = {other: name for name, others in _SPELLINGS.items() for other in others}


@lru_cache(maxsize=65536)
def canonical(name: str) -> str:
    """The one spelling by which findings are compared."""
    plain = re.sub(r"[\s_\-]+", " ", name).strip().lower()
    plain = re.sub(r"\s*/\s*", "/", plain)
    return ALIASES.get(plain, plain)


def label_table(sample: Sample, findings: Sequence[str]) -> IntArray:
    """(n, f) of the images' labels: 1 = said to show the finding, 0 = said to show others or none, -1 = nothing is said, or it
    is kept apart as uncertain."""
    column = {canonical(finding): number for number, finding in enumerate(findings)}
    table = np.full((sample.n, len(findings)), UNKNOWN, dtype=np.intp)
    for row, names in enumerate(sample.findings):
        if names:
            table[row] = NEGATIVE
            table[row, [column[name] for name in map(canonical, names) if name in column]] = POSITIVE
    for row, names in enumerate(sample.uncertain):
        table[row, [column[name] for name in map(canonical, names) if name in column]] = UNKNOWN
    return table


def labels(sample: Sample, finding: str) -> IntArray:
    """(n,) the labels of one finding, as in `label_table`."""
    return np.asarray(label_table(sample, (finding,))[:, 0])


def requested(sample: Sample, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes, in their own order and spelling, that at least one image was asked to show."""
    asked = {canonical(name) for names in sample.findings for name in names}
    return tuple(name for name in classes if name and canonical(name) in asked)
