"""Running a torchxrayvision DenseNet: features and class probabilities in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from evaluation.features.base import Extraction, fingerprint_of
from evaluation.features.preprocessing import to_xrv_input, xrv_preprocessing_name
from images.pixels import Pixels

# Small batches are fastest on a CPU (the activations stay in its cache); an accelerator wants more.
CPU_BATCH, GPU_BATCH = 8, 64


@dataclass(frozen=True)
class DenseNetExtractor:
    """A torchxrayvision.models.DenseNet in evaluation mode.

    Features are the globally averaged activations after the last ReLU (``features2``), probabilities those of its own
    forward pass (sigmoid, moved so that the operating point is 0.5 where the weights bring operating points of their own).
    """

    name: str
    weights: str
    weights_digest: str
    licence: str
    network: Any
    input_size: int
    classes: tuple[str, ...]
    thresholds: tuple[float, ...]

    @property
    def preprocessing(self) -> str:
        return xrv_preprocessing_name(self.input_size)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.name, self.weights_digest, self.preprocessing)

    def extract(self, images: Iterable[Pixels]) -> Iterator[Extraction]:
        """Batches of 8 on a CPU, 64 on an accelerator, in inference mode."""
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        network = self.network.to(device)
        source = iter(images)
        with torch.inference_mode():
            while chunk := list(islice(source, CPU_BATCH if device == "cpu" else GPU_BATCH)):
                inputs = torch.stack([to_xrv_input(pixels, self.input_size) for pixels in chunk]).to(device)
                features = network.features2(inputs)
                scores = probabilities(network, network.classifier(features))
                yield Extraction(features.float().cpu().numpy(), scores.float().cpu().numpy())


def probabilities(network: Any, outputs: Any) -> Any:
    """What the network's own forward pass makes of its classifier's outputs."""
    import torch
    from torchxrayvision.models import op_norm

    scores = torch.sigmoid(outputs)
    return scores if network.op_threshs is None else op_norm(scores, network.op_threshs)
