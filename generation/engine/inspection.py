"""Look at a checkpoint folder without loading it: is it whole, is it safe, what is it?

Only names, JSON and safetensors headers are read (and every file's bytes, for the digest): no code of the checkpoint's
can run, and torch is not needed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from generation.engine.allowed import CLASSES, IGNORED_COMPONENTS, PIPELINES, WEIGHTED
from generation.engine.errors import BrokenWeights, ClassNotAllowed, NotACheckpoint, PartsDoNotFit
from generation.engine.facts import CheckpointFacts, Part
from generation.engine.folder import digest_of, file_digest, safe_files
from generation.engine.overrides import Overrides, inspect_overrides
from generation.engine.weights import Tensor, read_header

MAX_JSON: Final = 20_000_000
WEIGHT_STEMS: Final = ("diffusion_pytorch_model", "model")


def inspect_checkpoint(
    path: Path, overrides: Overrides | None = None, *, trusted_root: Path | None = None
) -> CheckpointFacts:
    """Facts of the diffusers folder at `path`, with `overrides` in place of some of its parts.

    `trusted_root` is given for a hub snapshot, whose files are links into the hub cache.
    Raises a CheckpointError that says what is wrong and what to do about it.
    """
    if not path.is_dir():
        raise NotACheckpoint(f"{path} is not a folder.")
    if not (path / "model_index.json").is_file():
        raise NotACheckpoint(
            "The folder has no model_index.json, so it is not a diffusers pipeline. Give the folder that "
            "save_pretrained() wrote; a single-file checkpoint is converted with StableDiffusionPipeline.from_single_file."
        )
    files = safe_files(path, trusted_root=trusted_root)
    classes = _component_classes(read_json(path / "model_index.json"))
    parts = {name: _inspect_part(path, name, class_name, files) for name, class_name in classes.items()}
    for part in inspect_overrides(overrides or Overrides()):
        parts[part.name if part.name in CLASSES else f"{part.name} {part.digest[:8]}"] = part
    configs = {name: _config_of(path, name, overrides or Overrides()) for name in (*WEIGHTED, "scheduler")}
    _check_fit(configs, has_projection=any(p.name == "textual_projection" for p in parts.values()))
    return _facts(path, list(parts.values()), configs, files)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises NotACheckpoint when it is missing, huge or not an object."""
    try:
        if path.stat().st_size > MAX_JSON:
            raise NotACheckpoint(f"{path.name} is larger than {MAX_JSON // 1_000_000} MB.")
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, NotACheckpoint):
            raise
        raise NotACheckpoint(f"{path.parent.name}/{path.name} is missing or not JSON.") from error
    if not isinstance(value, dict):
        raise NotACheckpoint(f"{path.parent.name}/{path.name} is not a JSON object.")
    return value


def _component_classes(index: dict[str, Any]) -> dict[str, str]:
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str) or pipeline not in PIPELINES:
        raise ClassNotAllowed(f"model_index.json names the pipeline {pipeline!r}; allowed: {', '.join(PIPELINES)}.")
    found: dict[str, str] = {}
    for name, value in index.items():
        if not isinstance(value, list) or name.startswith("_") or name in IGNORED_COMPONENTS:
            continue
        library, class_name = (*value, None, None)[:2]
        allowed = CLASSES.get(name, {}).get(str(library), frozenset())
        if class_name not in allowed:
            raise ClassNotAllowed(
                f"model_index.json names {library}.{class_name} for {name}, which is not on the list of classes that "
                f"are loaded here. Allowed: {', '.join(sorted(allowed)) or 'no such part'}."
            )
        found[name] = str(class_name)
    if missing := [name for name in CLASSES if name not in found]:
        raise NotACheckpoint(f"model_index.json lacks {', '.join(missing)}.")
    return {name: found[name] for name in CLASSES}


def _inspect_part(path: Path, name: str, class_name: str, files: Sequence[Path]) -> Part:
    own = [path / file for file in files if file.parts[0] == name]
    if not own:
        raise NotACheckpoint(f"The folder {name}/ is missing or empty.")
    return inspect_component(path / name, name, class_name, own, origin="base")


def inspect_component(folder: Path, name: str, class_name: str, files: Sequence[Path], *, origin: str) -> Part:
    """One component folder: its JSON names no custom code, its weights are whole."""
    for file in files:
        if file.suffix == ".json" and "auto_map" in read_json_or_empty(file):
            raise ClassNotAllowed(f"{name}/{file.name} asks for custom code (auto_map). It is never run here.")
    if name in WEIGHTED or name == "scheduler":
        _check_config(folder, name, class_name)
    tensors = _tensors(folder, name) if name in WEIGHTED else []
    return Part(
        name=name,
        class_name=class_name,
        origin=origin,
        digest=digest_of((str(file.relative_to(folder)), file_digest(file)) for file in files),
        size=sum(file.stat().st_size for file in files),
        parameters=sum(tensor.size for tensor in tensors),
        dtype=_main_dtype(tensors),
    )


def read_json_or_empty(path: Path) -> dict[str, Any]:
    """A JSON object, or {} for a JSON file that holds something else (a vocabulary may be a list)."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotACheckpoint(f"{path.parent.name}/{path.name} is not JSON.") from error
    return value if isinstance(value, dict) else {}


def _check_config(folder: Path, name: str, class_name: str) -> None:
    config = read_json(folder / ("scheduler_config.json" if name == "scheduler" else "config.json"))
    own = config.get("_class_name") or (config.get("architectures") or [class_name])[0]
    if own != class_name and not (name == "scheduler" and own in CLASSES[name]["diffusers"]):
        raise ClassNotAllowed(f"{name}/ is configured as {own}, but model_index.json says {class_name}.")


def weight_files(folder: Path) -> tuple[list[Path], str]:
    """The safetensors files that hold a component's weights, and their variant ("" or "fp16").

    Raises NotACheckpoint when there are none, BrokenWeights when a shard is missing.
    """
    for variant in ("", "fp16"):
        infix = f".{variant}" if variant else ""
        for stem in WEIGHT_STEMS:
            index = folder / f"{stem}.safetensors.index{infix}.json"
            single = folder / f"{stem}{infix}.safetensors"
            if single.is_file():
                return [single], variant
            if index.is_file():
                return _shards(index), variant
    raise NotACheckpoint(
        f"{folder.name}/ holds no safetensors weights ({WEIGHT_STEMS[0]}.safetensors or model.safetensors)."
    )


def _shards(index: Path) -> list[Path]:
    names = set(read_json(index).get("weight_map", {}).values())
    if not names or any(not isinstance(name, str) or Path(name).name != name for name in names):
        raise BrokenWeights(f"{index.name} names no shards of this folder.")
    shards = [index.parent / name for name in sorted(names)]
    if missing := [shard.name for shard in shards if not shard.is_file()]:
        raise BrokenWeights(f"{index.parent.name}/ lacks the shards {', '.join(missing)}.")
    return shards


def _tensors(folder: Path, name: str) -> list[Tensor]:
    tensors = [tensor for file in weight_files(folder)[0] for tensor in read_header(file)]
    if not tensors:
        raise BrokenWeights(f"{name}/ holds no weights: its safetensors file is empty.")
    return tensors


def _main_dtype(tensors: Sequence[Tensor]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    return max(sizes, key=lambda dtype: sizes[dtype]) if sizes else ""


def _config_of(path: Path, name: str, overrides: Overrides) -> dict[str, Any]:
    folder = overrides.component(name) or path / name
    return read_json(folder / ("scheduler_config.json" if name == "scheduler" else "config.json"))


def _check_fit(configs: dict[str, dict[str, Any]], *, has_projection: bool) -> None:
    unet, vae, text = configs["unet"], configs["vae"], configs["text_encoder"]
    latent, wanted = vae.get("latent_channels", 4), unet.get("in_channels", 4)
    if latent != wanted:
        raise PartsDoNotFit(f"The VAE makes {latent} latent channels, the U-Net reads {wanted}.")
    hidden, cross = text.get("hidden_size"), unet.get("cross_attention_dim")
    if not has_projection and None not in (hidden, cross) and hidden != cross:
        raise PartsDoNotFit(
            f"The text encoder makes vectors of {hidden}, the U-Net reads {cross}: add a textual projection."
        )


def _facts(path: Path, parts: list[Part], configs: dict[str, dict[str, Any]], files: Sequence[Path]) -> CheckpointFacts:
    unet, vae = configs["unet"], configs["vae"]
    factor = 2 ** (len(vae.get("block_out_channels", [0])) - 1)
    sample = unet.get("sample_size") or 64
    sample = max(sample) if isinstance(sample, list) else sample
    index = file_digest(path / "model_index.json")
    return CheckpointFacts(
        digest=digest_of([("model_index.json", index), *((f"{p.origin}/{p.name}", p.digest) for p in parts)]),
        pipeline="StableDiffusionPipeline",
        parts=tuple(parts),
        resolution=sample * factor,
        multiple=factor * 2 ** (len(unet.get("block_out_channels", [0])) - 1),
        channels=vae.get("out_channels", 3),
        prediction_type=configs["scheduler"].get("prediction_type", "epsilon"),
        scheduler=configs["scheduler"].get("_class_name", ""),
        variant=weight_files(path / "unet")[1],
        size=sum(part.size for part in parts),
        parameters=sum(part.parameters for part in parts),
    )
