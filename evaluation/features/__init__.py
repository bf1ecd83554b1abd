"""Networks that turn radiographs into features and class probabilities. Knows no Django; torch is loaded on first use.

from evaluation.features import extract_folder, open_extractor
extractor = open_extractor("xrv-densenet", "densenet121-res224-all")
extraction = extract_folder("synthetic/", extractor)
"""

from evaluation.features.base import (
    Extraction,
    Extractor,
    ExtractorError,
    InputOutOfRange,
    MissingWeights,
    ReadsNoText,
    RefusedWeights,
    UnknownExtractor,
    gather,
)
from evaluation.features.folder import extract_folder, image_files
from evaluation.features.kinds import ExtractorKind
from evaluation.features.registry import EXTRACTORS, open_extractor
from evaluation.features.xrv_hub import HUB_WEIGHTS
from evaluation.plugins import load_plugins

__all__ = [
    "EXTRACTORS",
    "HUB_WEIGHTS",
    "Extraction",
    "Extractor",
    "ExtractorError",
    "ExtractorKind",
    "InputOutOfRange",
    "MissingWeights",
    "ReadsNoText",
    "RefusedWeights",
    "UnknownExtractor",
    "extract_folder",
    "gather",
    "image_files",
    "open_extractor",
]

# Last: a plug-in may import any of the names above.
EXTRACTORS.update(load_plugins("negatoscope.extractors", ExtractorKind, EXTRACTORS, ExtractorError))
