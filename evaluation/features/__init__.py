"""Networks that turn radiographs into features and class probabilities. Knows no Django; torch is loaded on first use.

from evaluation.features import gather, open_extractor
extraction = gather(open_extractor("xrv-densenet", "densenet121-res224-all"), images)
"""

from evaluation.features.base import (
    Extraction,
    Extractor,
    ExtractorError,
    InputOutOfRange,
    MissingWeights,
    RefusedWeights,
    UnknownExtractor,
    gather,
)
from evaluation.features.registry import EXTRACTORS, ExtractorKind, open_extractor
from evaluation.features.xrv_hub import HUB_WEIGHTS

__all__ = [
    "EXTRACTORS",
    "HUB_WEIGHTS",
    "Extraction",
    "Extractor",
    "ExtractorError",
    "ExtractorKind",
    "InputOutOfRange",
    "MissingWeights",
    "RefusedWeights",
    "UnknownExtractor",
    "gather",
    "open_extractor",
]
