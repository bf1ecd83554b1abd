"""Running an opened network over images: preparing, batching, the device, the precision."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.features.base import BF16, FLOAT32, Extraction, Picture, ReadsNoText, fingerprint_of
from evaluation.features.convolutions import CONVOLUTIONAL_BATCH, for_cpu
from evaluation.features.onnx_engine import OnnxEngine
from evaluation.features.preprocessing import Preprocessing

# Small batches are fastest on a CPU (the activations stay in its cache); an accelerator wants more.
CPU_BATCH, GPU_BATCH = 8, 64
TEXT_BATCH = 32
MAX_LOADERS = 16


@dataclass(frozen=True)
class NetworkExtractor:
    """A torch network in evaluation mode with all that makes features of pixels.

    ``forward(network, inputs)`` gives features (n, d) and the outputs of its classes (n, c), or None for those;
    ``finish`` makes probabilities of these outputs. ``texts(network, captions)`` gives (n, d) in the same space.
    ``convolutional``: it is one that `convolutions.for_cpu` may make ready for a CPU.
    """

    name: str
    weights: str
    weights_digest: str
    licence: str
    how_to_get: str
    network: Any
    forward: Callable[[Any, Any], tuple[Any, Any]]
    prepared: Preprocessing
    classes: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    finish: Callable[[Any, Any], Any] | None = None
    texts: Callable[[Any, Sequence[str]], Any] | None = None
    precision: str = FLOAT32
    convolutional: bool = False
    onnx: OnnxEngine = field(default_factory=OnnxEngine, compare=False)

    @property
    def preprocessing(self) -> str:
        return self.prepared.name

    @property
    def input_size(self) -> int:
        return self.prepared.input_size

    @property
    def filter(self) -> str:
        return self.prepared.filter

    @property
    def scaling(self) -> str:
        return self.prepared.scaling

    @property
    def engine(self) -> str:
        return self.onnx.words

    @property
    def reads_text(self) -> bool:
        return self.texts is not None

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.name, self.weights_digest, self.preprocessing, self.precision)

    def extract(self, images: Iterable[Picture]) -> Iterator[Extraction]:
        """Batches of 8 on a CPU (16 for a convolutional network), 64 on an accelerator, in inference mode."""
        device = best_device()
        self.network.to(device)
        size = GPU_BATCH if device != "cpu" else CONVOLUTIONAL_BATCH if self.convolutional else CPU_BATCH
        inputs = (self._prepare(image) for image in images) if device == "cpu" else self._prepared_ahead(images)
        while chunk := list(islice(inputs, size)):
            for _, same in groupby(chunk, key=lambda tensor: tensor.shape):
                yield self._run(list(same), device)

    def embed_text(self, captions: Sequence[str]) -> npt.NDArray[np.float32]:
        """(n, d) float32, not normalised; captions longer than the network reads are cut at its end, as its authors did."""
        import torch

        if self.texts is None:
            raise ReadsNoText(f"{self.name} looks at images only; choose a network of image-text pairs.")
        self.network.to(best_device())
        starts = range(0, len(captions), TEXT_BATCH)
        with torch.inference_mode(), _autocast(best_device(), self.precision):
            found = [self.texts(self.network, list(captions[at : at + TEXT_BATCH])).float().cpu() for at in starts]
        return np.asarray(torch.cat(found).numpy()) if found else np.zeros((0, 0), np.float32)

    @cached_property
    def _on_cpu(self) -> Any:
        """What computes float32 on a CPU; the network itself stays as its library made it."""
        return for_cpu(self.network) if self.convolutional else self.network

    def _prepare(self, image: Picture) -> Any:
        return self.prepared.to_input(image() if callable(image) else image)

    def _prepared_ahead(self, images: Iterable[Picture]) -> Iterator[Any]:
        """Inputs in order, prepared on several threads a few batches before the accelerator asks for them."""
        workers = min(MAX_LOADERS, os.cpu_count() or 1)
        waiting: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for image in images:
                waiting.append(pool.submit(self._prepare, image))
                if len(waiting) >= 2 * GPU_BATCH:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _run(self, inputs: list[Any], device: str) -> Extraction:
        import torch

        batch = torch.stack(inputs)
        with torch.inference_mode():
            if device == "cpu" and self.precision == FLOAT32 and self.onnx.ready(self, batch):
                features, outputs = self.onnx.run(batch)
            else:
                network = self._on_cpu if device == "cpu" and self.precision == FLOAT32 else self.network
                with _autocast(device, self.precision):
                    features, outputs = self.forward(network, batch.to(device, non_blocking=True))
            scores = None if outputs is None or self.finish is None else self.finish(self.network, outputs.float())
        rows = features.float().cpu().numpy()
        nothing = np.zeros((len(rows), 0), np.float32)
        return Extraction(rows, nothing if scores is None else scores.float().cpu().numpy())


def best_device() -> str:
    """cuda where there is one, else cpu."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _autocast(device: str, precision: str) -> Any:
    import torch

    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == BF16)
