"""What may be asked for beside the weights: a precision, another preprocessing. Written after them: `weights+bf16`."""

from __future__ import annotations

from dataclasses import replace

from evaluation.features.base import BF16, Extractor, ExtractorError
from evaluation.features.network import NetworkExtractor
from evaluation.features.onnx_engine import OnnxEngine
from evaluation.features.preprocessing import ROENTGEN, ROENTGEN_SIZE, roentgen_preprocessing

MARK = "+"
OPTIONS = (BF16, ROENTGEN)


def split_options(weights: str) -> tuple[str, tuple[str, ...]]:
    """The weights, and the options that follow them; a folder may have the mark in its name."""
    base, _, last = weights.rpartition(MARK)
    if last not in OPTIONS:
        return weights, ()
    before, options = split_options(base)
    return before, (*options, last)


def with_options(extractor: Extractor, options: tuple[str, ...], preprocessings: tuple[str, ...] = ()) -> Extractor:
    """The same network as asked for. Raises ExtractorError for an option that it does not have."""
    if not options:
        return extractor
    if not isinstance(extractor, NetworkExtractor):
        raise ExtractorError(f"{extractor.name} has no options.")
    if ROENTGEN in options:
        if ROENTGEN not in preprocessings or extractor.input_size != ROENTGEN_SIZE:
            raise ExtractorError(f"{ROENTGEN} is for torchxrayvision's DenseNet at {ROENTGEN_SIZE} pixels only.")
        extractor = replace(extractor, prepared=roentgen_preprocessing())
    if BF16 in options:
        extractor = replace(extractor, precision=BF16, onnx=OnnxEngine(enabled=False))
    return replace(extractor, weights=MARK.join((extractor.weights, *options)))
