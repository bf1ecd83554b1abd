"""The fourteen observations of the CheXpert labeler, as CheXpert, CheXpert Plus and MIMIC-CXR-JPG publish them."""

from collections.abc import Mapping
from functools import lru_cache

from images.datasets.labels import finding_of

OBSERVATIONS = (
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
    "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture",
    "Support Devices",
)  # fmt: skip
BLANK, POSITIVE, NEGATIVE, UNCERTAIN = range(4)
_STATES = {"": BLANK, "nan": BLANK, "1": POSITIVE, "0": NEGATIVE, "-1": UNCERTAIN}
UNREAD = "label not understood, left empty"


def state_of(cell: str) -> int | None:
    """What a cell says: blank, positive (1), negative (0) or uncertain (-1); None for anything else."""
    return _STATES.get(cell.removesuffix(".0"))


def encoded(cells: Mapping[str, str]) -> int:
    """The states of all observations, two bits each, so that a study takes one number."""
    code = 0
    for place, name in enumerate(OBSERVATIONS):
        code |= (state_of(cells.get(name, "")) or BLANK) << (2 * place)
    return code


def unread(cells: Mapping[str, str]) -> bool:
    """Whether a cell says something that a label cannot be."""
    return any(state_of(cells.get(name, "")) is None for name in OBSERVATIONS)


@lru_cache(maxsize=10_000)
def findings_of(code: int, policy: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Findings that are present, and those kept apart as uncertain, under a policy of `ReadingOptions.uncertain`.

    A blank is taken as "not present", as CheXpert's own baselines take it.
    """
    present, uncertain = [], []
    for place, name in enumerate(OBSERVATIONS):
        state = code >> (2 * place) & 3
        if state == POSITIVE or (state == UNCERTAIN and policy == "ones"):
            present.append(finding_of("chexpert", name))
        elif state == UNCERTAIN and policy == "ignore":
            uncertain.append(finding_of("chexpert", name))
    return tuple(present), tuple(uncertain)
