"""Parts that stand in for those of the base: a VAE, a text encoder, a projection, new tokens, a U-Net or a LoRA.

Each is given as diffusers saves it, so that diffusers' own loaders read it:

    vae                  folder with config.json and safetensors
    text_encoder         folder with text_encoder/ and tokenizer/
    unet                 folder with config.json and safetensors
    textual_projection   safetensors file with "weight" (U-Net width x encoder width) and, if wanted, "bias"
    textual_embeddings   safetensors files, one new token each (token -> vectors), as textual inversion saves them
    lora                 safetensors files of U-Net (and text encoder) low-rank updates
"""

from dataclasses import dataclass
from pathlib import Path

from generation.engine.errors import BrokenWeights, NotACheckpoint, UnsafeFile
from generation.engine.facts import Part
from generation.engine.folder import digest_of, file_digest, refuse_unsafe_name, safe_files
from generation.engine.weights import read_header

OVERRIDABLE = ("vae", "text_encoder", "textual_projection", "textual_embeddings", "unet", "lora")


@dataclass(frozen=True)
class Overrides:
    """Where the parts lie that replace the base's; empty means the base's own."""

    vae: Path | None = None
    text_encoder: Path | None = None
    unet: Path | None = None
    textual_projection: Path | None = None
    textual_embeddings: tuple[Path, ...] = ()
    lora: tuple[Path, ...] = ()

    def component(self, name: str) -> Path | None:
        """Folder of an overridden component (vae, text_encoder, tokenizer, unet), or None."""
        if name in ("text_encoder", "tokenizer"):
            return self.text_encoder / name if self.text_encoder else None
        return {"vae": self.vae, "unet": self.unet}.get(name)

    def files(self) -> list[tuple[str, Path]]:
        """(part, file) of every override that is a single file."""
        projection = [self.textual_projection] if self.textual_projection else []
        return [
            *(("textual_projection", path) for path in projection),
            *(("textual_embeddings", path) for path in self.textual_embeddings),
            *(("lora", path) for path in self.lora),
        ]


def inspect_overrides(overrides: Overrides) -> list[Part]:
    """One Part per override. Raises a CheckpointError as inspect_checkpoint does."""
    folders = [(name, overrides.component(name)) for name in ("vae", "text_encoder", "tokenizer", "unet")]
    parts = [_inspect_folder(name, folder) for name, folder in folders if folder is not None]
    return parts + [_inspect_file(name, path) for name, path in overrides.files()]


def _inspect_folder(name: str, folder: Path) -> Part:
    from generation.engine.inspection import inspect_component, read_json  # a folder is inspected as a base's part is

    if not folder.is_dir():
        raise NotACheckpoint(f"{folder} is not a folder; the {name} override needs one.")
    config = read_json(folder / ("tokenizer_config.json" if name == "tokenizer" else "config.json"))
    key = {"tokenizer": "tokenizer_class", "text_encoder": "architectures"}.get(name, "_class_name")
    value = config.get(key)
    class_name = str(value[0] if isinstance(value, list) and value else value)
    _check_class(name, class_name)
    files = [folder / file for file in safe_files(folder)]
    return inspect_component(folder, name, class_name, files, origin="override")


def _check_class(name: str, class_name: str) -> None:
    from generation.engine.allowed import CLASSES
    from generation.engine.errors import ClassNotAllowed

    allowed = frozenset[str]().union(*CLASSES[name].values())
    if class_name not in allowed:
        raise ClassNotAllowed(f"The {name} override is a {class_name}; allowed: {', '.join(sorted(allowed))}.")


def _inspect_file(name: str, path: Path) -> Part:
    refuse_unsafe_name(path)
    if path.suffix != ".safetensors" or not path.is_file():
        raise UnsafeFile(f"{path} is not a safetensors file; the {name} override needs one.")
    tensors = read_header(path)
    if not tensors:
        raise BrokenWeights(f"{path.name} holds no tensors.")
    if name == "textual_projection" and "weight" not in {tensor.name for tensor in tensors}:
        raise BrokenWeights(f"{path.name} holds no tensor named weight; a textual projection is one linear layer.")
    return Part(
        name=name,
        class_name="Linear" if name == "textual_projection" else name,
        origin="override",
        digest=digest_of([(name, file_digest(path))]),
        size=path.stat().st_size,
        parameters=sum(tensor.size for tensor in tensors),
        dtype=tensors[0].dtype,
    )
