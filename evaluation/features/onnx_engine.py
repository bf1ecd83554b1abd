"""The same network through ONNX Runtime on a CPU: about 1.5 times as fast as torch, and used only where it says the same.

The network is exported once (the file lies in the user's cache, under the digest of its weights) and compared with torch
on a seeded input. Where any output differs by more than 1e-6 of its largest value, or anything fails, torch goes on and
`words` says why. Two batches of different size differ as much in torch itself, so the fingerprint of the features is the
same for both engines, and the engine is named in the provenance. Needs the extra `onnx`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.features.network import NetworkExtractor

TOLERANCE = 1e-6
# Exporting costs as much as some dozens of images; fewer than these are looked at by torch.
WORTH_IMAGES = 64
# A file in ONNX's format ends at 2 GB.
MAX_BYTES = 1_800_000_000


class OnnxEngine:
    """Decides after WORTH_IMAGES whether ONNX Runtime takes over. `enabled=False`: never."""

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.words = "torch"
        self._seen = 0
        self._session: Any = None

    def ready(self, extractor: NetworkExtractor, batch: Any) -> bool:
        """Whether `run` may be called for this batch, which lies on the CPU."""
        self._seen += len(batch)
        if self._session is None and self.enabled and self._seen > WORTH_IMAGES:
            self._open(extractor, batch)
        return self._session is not None

    def run(self, batch: Any) -> tuple[Any, Any]:
        """Features (n, d) and class outputs (n, c) or None, as torch tensors."""
        return _outputs(self._session, batch)

    def _open(self, extractor: NetworkExtractor, batch: Any) -> None:
        self.enabled = False
        if not (importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx")):
            return
        import onnxruntime
        import torch

        example = seeded_like(batch[:2])
        try:
            session = open_session(extractor, example)
            with torch.inference_mode():
                difference = largest_difference(
                    extractor.forward(extractor.network, example), _outputs(session, example)
                )
        except Exception as error:  # whatever an exporter of foreign networks may raise: torch does the work
            self.words = f"torch (ONNX Runtime cannot run this network: {type(error).__name__})"
            return
        if difference > TOLERANCE:
            self.words = f"torch (ONNX Runtime differed by {difference:.1e})"
            return
        self._session, self.words = session, f"onnxruntime {onnxruntime.__version__}"


def seeded_like(batch: Any) -> Any:
    """Noise of the shape and range of a batch, the same every time."""
    import torch

    low, high = batch.min(), batch.max()
    noise = torch.rand(batch.shape, generator=torch.Generator().manual_seed(0))
    return (low + noise * (high - low)).to(batch.dtype)


def largest_difference(ours: tuple[Any, Any], theirs: tuple[Any, Any]) -> float:
    """Largest absolute difference of any output, relative to the largest value of that output."""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None]
    return max(float((a - b).abs().max() / a.abs().max().clamp_min(1e-12)) for a, b in pairs)


def open_session(extractor: NetworkExtractor, example: Any) -> Any:
    """A session of the exported network; exports it where its file is not in the cache, or cannot be read."""
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    path = cache_path(extractor)

    def session() -> Any:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    if path.is_file():
        try:
            return session()
        except Exception:  # a damaged file: ONNX Runtime has many kinds of error
            path.unlink(missing_ok=True)
    _export(extractor, example, path)
    return session()


def cache_path(extractor: NetworkExtractor) -> Path:
    """Where the export of this network lies: in the user's cache, under what decides it."""
    import torch

    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parts = (extractor.name, extractor.weights_digest, str(extractor.input_size), torch.__version__)
    return root / "negatoscope" / "onnx" / f"{hashlib.sha256('|'.join(parts).encode()).hexdigest()}.onnx"


def _export(extractor: NetworkExtractor, example: Any, path: Path) -> None:
    import torch

    size = sum(p.numel() * p.element_size() for p in extractor.network.parameters())
    if size > MAX_BYTES:
        raise ValueError("too large for a file of this format")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draft = Path(folder) / "network.onnx"
        module = _module(extractor)
        torch.onnx.export(
            module, (example,), str(draft), dynamo=False, input_names=["images"], dynamic_axes={"images": {0: "n"}}
        )
        draft.replace(path)


def _module(extractor: NetworkExtractor) -> Any:
    import torch

    class Exported(torch.nn.Module):
        """The network with the outputs that are kept."""

        def __init__(self) -> None:
            super().__init__()
            self.network = extractor.network

        def forward(self, images: Any) -> Any:
            features, outputs = extractor.forward(self.network, images)
            return features if outputs is None else (features, outputs)

    return Exported().eval()


def _outputs(session: Any, batch: Any) -> tuple[Any, Any]:
    import torch

    found = [torch.from_numpy(array) for array in session.run(None, {"images": batch.numpy()})]
    return found[0], found[1] if len(found) > 1 else None
