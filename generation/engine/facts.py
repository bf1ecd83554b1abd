"""What inspection learned about a checkpoint: plain values, ready to be stored as JSON."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """One of the parts that make a picture."""

    name: str  # vae, text_encoder, tokenizer, unet, scheduler, textual_projection, textual_embeddings, lora
    class_name: str
    origin: str  # "base", or "override"
    digest: str
    size: int  # bytes
    parameters: int  # elements of its tensors, 0 for parts without weights
    dtype: str  # of the stored weights, "" without


@dataclass(frozen=True)
class CheckpointFacts:
    """A checkpoint's identity and what it makes.

    digest: SHA-256 over the sorted (path, SHA-256) of every file that generation reads.
    resolution: side in pixels that the U-Net was made for. multiple: sides must be multiples of this many pixels.
    variant: "" or the file name variant of the weights ("fp16").
    """

    digest: str
    pipeline: str
    parts: tuple[Part, ...]
    resolution: int
    multiple: int
    channels: int
    prediction_type: str
    scheduler: str
    variant: str
    size: int
    parameters: int

    def as_json(self) -> dict[str, Any]:
        """The same as JSON-ready dictionaries."""
        return asdict(self)
