"""The one table from each collection's labels to the pathologies of torchxrayvision.

A label that is not in the table keeps the name that its collection gives it. docs/datasets.md shows this table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NO_FINDING = "No Finding"
# As torchxrayvision.datasets.default_pathologies has them.
PATHOLOGIES = (
    "Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion",
    "Pneumonia", "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture",
    "Lung Opacity", "Enlarged Cardiomediastinum",
)  # fmt: skip

_CHEXPERT = {
    **{
        name: name
        for name in (
            "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
            "Pneumonia", "Atelectasis", "Pneumothorax", "Fracture",
        )
    },
    "Pleural Effusion": "Effusion",
    "No Finding": NO_FINDING,
}  # fmt: skip
_NIH = {
    **{
        name: name
        for name in (
            "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia",
            "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
        )
    },
    "No Finding": NO_FINDING,
}  # fmt: skip


def _inverted(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {label: finding for finding, labels in table.items() for label in labels}


_PADCHEST = _inverted(
    {
        "Atelectasis": (
            "atelectasis", "laminar atelectasis", "lobar atelectasis", "segmental atelectasis", "total atelectasis",
            "round atelectasis", "atelectasis basal",
        ),
        "Cardiomegaly": ("cardiomegaly",),
        "Consolidation": ("consolidation", "air bronchogram"),
        "Edema": ("pulmonary edema",),
        "Effusion": ("pleural effusion", "loculated pleural effusion", "loculated fissural effusion"),
        "Emphysema": ("emphysema",),
        "Fibrosis": ("pulmonary fibrosis",),
        "Fracture": (
            "fracture", "rib fracture", "callus rib fracture", "clavicle fracture", "humeral fracture",
            "vertebral fracture",
        ),
        "Hernia": ("hiatal hernia",),
        "Infiltration": (
            "infiltrates", "interstitial pattern", "reticular interstitial pattern",
            "reticulonodular interstitial pattern", "ground glass pattern", "alveolar pattern",
        ),
        "Mass": ("mass", "pulmonary mass"),
        "Nodule": ("nodule", "multiple nodules"),
        "Pleural_Thickening": ("pleural thickening", "apical pleural thickening", "calcified pleural thickening"),
        "Pneumonia": ("pneumonia", "atypical pneumonia"),
        "Pneumothorax": ("pneumothorax", "hydropneumothorax"),
        NO_FINDING: ("normal",),
    }
)  # fmt: skip
_VINDR = _inverted(
    {
        **{name: (name,) for name in ("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Emphysema")},
        **{name: (name,) for name in ("Infiltration", "Lung Opacity", "Pneumonia", "Pneumothorax")},
        "Effusion": ("Pleural effusion",),
        "Fibrosis": ("Pulmonary fibrosis",),
        "Fracture": ("Clavicle fracture", "Rib fracture"),
        "Lung Lesion": ("Nodule/Mass", "Lung tumor"),
        "Pleural_Thickening": ("Pleural thickening",),
        NO_FINDING: ("No finding",),
    }
)
_RSNA = {"Lung Opacity": "Lung Opacity", "Target 1": "Pneumonia", "Normal": NO_FINDING}
# Heading, or heading and place, of the manual coding (MeSH and RadLex).
_OPENI = _inverted(
    {
        "Atelectasis": ("Pulmonary Atelectasis",),
        "Cardiomegaly": ("Cardiomegaly",),
        "Consolidation": ("Consolidation",),
        "Edema": ("Pulmonary Edema",),
        "Effusion": ("Pleural Effusion",),
        "Emphysema": ("Emphysema", "Pulmonary Emphysema", "Bullous Emphysema"),
        "Fibrosis": ("Pulmonary Fibrosis", "Fibrosis"),
        "Fracture": ("Fractures, Bone",),
        "Hernia": ("Hernia, Hiatal", "Hernia, Diaphragmatic"),
        "Infiltration": ("Infiltrate",),
        "Lung Opacity": ("Opacity", "Airspace Disease"),
        "Mass": ("Mass",),
        "Nodule": ("Nodule",),
        "Pleural_Thickening": ("Thickening/pleura",),
        "Pneumonia": ("Pneumonia",),
        "Pneumothorax": ("Pneumothorax", "Hydropneumothorax", "Hemopneumothorax"),
        NO_FINDING: ("normal",),
    }
)

LABELS: dict[str, dict[str, str]] = {
    "chexpert": _CHEXPERT,
    "chexpert-plus": _CHEXPERT,
    "mimic": {**_CHEXPERT, "Airspace Opacity": "Lung Opacity"},
    "nih": _NIH,
    "padchest": _PADCHEST,
    "vindr": _VINDR,
    "rsna": _RSNA,
    "openi": _OPENI,
}
_PLAIN = {name: {label.casefold(): finding for label, finding in table.items()} for name, table in LABELS.items()}


def finding_of(collection: str, label: str) -> str:
    """The name under which a label is kept: a pathology of torchxrayvision, "No Finding", or the label itself."""
    return _PLAIN[collection].get(label.casefold(), label)


def knows(collection: str, label: str) -> bool:
    """Whether the table has the label."""
    return label.casefold() in _PLAIN[collection]


@dataclass(frozen=True)
class LabelRow:
    """One line of the documented table: a pathology, and the labels that mean it, by collection."""

    finding: str
    labels: dict[str, tuple[str, ...]]


def label_rows() -> Iterator[LabelRow]:
    """The table the other way round, for reading."""
    for finding in (*PATHOLOGIES, NO_FINDING):
        yield LabelRow(
            finding,
            {
                name: tuple(label for label, meant in table.items() if meant == finding)
                for name, table in LABELS.items()
            },
        )


def as_markdown() -> str:
    """The table as docs/datasets.md shows it."""
    names = [name for name in LABELS if name != "chexpert-plus"]
    head = f"| finding | {' | '.join(f'`{name}`' for name in names)} |\n|{'---|' * (len(names) + 1)}\n"
    lines = (
        f"| {row.finding} | {' | '.join(', '.join(row.labels[name]) or '–' for name in names)} |\n"
        for row in label_rows()
    )
    return head + "".join(lines)
