"""What inspection learns of a sound checkpoint, and how it refuses every other kind."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from generation.engine import CheckpointError, Overrides, inspect_checkpoint
from generation.engine.convert import convert
from generation.engine.errors import BrokenWeights, ClassNotAllowed, NotACheckpoint, PartsDoNotFit, UnsafeFile
from tests.generation.tiny import build_checkpoint, build_text_encoder, build_tokenizer, build_unet, build_vae

Copy = Callable[[], Path]


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_facts_of_a_sound_checkpoint(tiny_checkpoint: Path) -> None:
    facts = inspect_checkpoint(tiny_checkpoint)
    assert [part.name for part in facts.parts] == ["vae", "unet", "text_encoder", "tokenizer", "scheduler"]
    assert facts.resolution == 32
    assert facts.multiple == 8
    assert facts.channels == 3
    assert facts.prediction_type == "epsilon"
    unet = next(part for part in facts.parts if part.name == "unet")
    assert unet.parameters == sum(p.numel() for p in build_unet().parameters())
    assert unet.dtype == "F32"
    json.dumps(facts.as_json())


def test_digest_names_the_content_not_the_place(tiny_checkpoint: Path, checkpoint_copy: Copy, tmp_path: Path) -> None:
    copy = checkpoint_copy()
    (copy / "README.md").write_text("words do not change pictures")
    assert inspect_checkpoint(copy).digest == inspect_checkpoint(tiny_checkpoint).digest
    other = build_checkpoint(tmp_path / "other", seed=1)
    assert inspect_checkpoint(other).digest != inspect_checkpoint(tiny_checkpoint).digest


def test_half_precision_variant_is_found(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    for name in ("vae", "unet"):
        weights = copy / name / "diffusion_pytorch_model.safetensors"
        weights.rename(weights.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert inspect_checkpoint(copy).variant == "fp16"


def test_without_model_index(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    (copy / "model_index.json").unlink()
    with pytest.raises(NotACheckpoint, match="model_index.json"):
        inspect_checkpoint(copy)


def test_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotACheckpoint, match="not a folder"):
        inspect_checkpoint(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.ckpt", "a.pt", "b.PTH", "c.pkl"])
def test_pickle_is_refused_with_the_command_that_converts_it(checkpoint_copy: Copy, name: str) -> None:
    copy = checkpoint_copy()
    (copy / "unet" / name).write_bytes(b"\x80\x04.")
    with pytest.raises(UnsafeFile, match="pickle.*Convert it.*python"):
        inspect_checkpoint(copy)


def test_the_converting_command_does_convert(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    weights = copy / "vae" / "diffusion_pytorch_model.safetensors"
    pickle = weights.with_suffix(".bin")
    torch.save({"state_dict": build_vae().state_dict()}, pickle)
    weights.unlink()
    assert convert(pickle) == weights
    pickle.unlink()
    assert inspect_checkpoint(copy).parts[0].parameters == sum(p.numel() for p in build_vae().parameters())


@pytest.mark.parametrize("name", ["pipeline.py", "unet/extra.so", "notes.exe"])
def test_code_and_strange_files_are_refused(checkpoint_copy: Copy, name: str) -> None:
    copy = checkpoint_copy()
    (copy / name).write_text("print('hello')")
    with pytest.raises(UnsafeFile, match="remove it"):
        inspect_checkpoint(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_class_name", "FluxPipeline"),
        ("_class_name", ["my_pipeline", "MyPipeline"]),
        ("vae", ["my_module", "AutoencoderKL"]),
        ("unet", ["diffusers", "Transformer2DModel"]),
        ("text_encoder", ["transformers", "AutoModel"]),
        ("controlnet", ["diffusers", "ControlNetModel"]),
        ("scheduler", ["os", "system"]),
    ],
)
def test_classes_outside_the_list_are_refused(checkpoint_copy: Copy, key: str, value: object) -> None:
    copy = checkpoint_copy()
    edit_json(copy / "model_index.json", **{key: value})
    with pytest.raises(ClassNotAllowed, match="[Aa]llowed"):
        inspect_checkpoint(copy)


@pytest.mark.parametrize("file", ["text_encoder/config.json", "tokenizer/tokenizer_config.json", "unet/config.json"])
def test_custom_code_is_refused(checkpoint_copy: Copy, file: str) -> None:
    copy = checkpoint_copy()
    edit_json(copy / file, auto_map={"AutoModel": "modeling.Mine"})
    with pytest.raises(ClassNotAllowed, match="custom code"):
        inspect_checkpoint(copy)


def test_config_of_another_class_is_refused(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    edit_json(copy / "unet" / "config.json", _class_name="UNet3DConditionModel")
    with pytest.raises(ClassNotAllowed, match="configured as UNet3DConditionModel"):
        inspect_checkpoint(copy)


def weights_of(copy: Path) -> Path:
    return copy / "unet" / "diffusion_pytorch_model.safetensors"


@pytest.mark.parametrize("keep", [0, 5, 100, -1000, -1])
def test_truncated_weights(checkpoint_copy: Copy, keep: int) -> None:
    weights = weights_of(checkpoint_copy())
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(BrokenWeights, match="cut off"):
        inspect_checkpoint(weights.parent.parent)


def test_weights_with_more_than_their_header_names(checkpoint_copy: Copy) -> None:
    weights = weights_of(checkpoint_copy())
    weights.write_bytes(weights.read_bytes() + b"PK\x03\x04")
    with pytest.raises(BrokenWeights, match="does not name"):
        inspect_checkpoint(weights.parent.parent)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {"a": 1},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}},
        {"a": {"dtype": "OBJ", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}},
        {},
    ],
)
def test_headers_that_lie(checkpoint_copy: Copy, header: object) -> None:
    weights = weights_of(checkpoint_copy())
    raw = json.dumps(header).encode()
    weights.write_bytes(struct.pack("<Q", len(raw)) + raw + (b"" if header == {} else bytes(4)))
    with pytest.raises(BrokenWeights):
        inspect_checkpoint(weights.parent.parent)


def test_missing_weights_and_parts(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    weights_of(copy).unlink()
    with pytest.raises(NotACheckpoint, match="no safetensors weights"):
        inspect_checkpoint(copy)
    (copy / "unet" / "config.json").unlink()
    with pytest.raises(NotACheckpoint, match="missing"):
        inspect_checkpoint(copy)


def test_missing_shard(checkpoint_copy: Copy) -> None:
    weights = weights_of(checkpoint_copy())
    weights.rename(weights.with_name("diffusion_pytorch_model-00001-of-00002.safetensors"))
    index = weights.with_name("diffusion_pytorch_model.safetensors.index.json")
    index.write_text(json.dumps({"weight_map": {"a": "diffusion_pytorch_model-00002-of-00002.safetensors"}}))
    with pytest.raises(BrokenWeights, match="lacks the shards"):
        inspect_checkpoint(weights.parent.parent)
    index.write_text(json.dumps({"weight_map": {"a": "../../secret.safetensors"}}))
    with pytest.raises(BrokenWeights, match="no shards of this folder"):
        inspect_checkpoint(weights.parent.parent)


def test_links_must_stay_inside(checkpoint_copy: Copy, tmp_path: Path) -> None:
    copy = checkpoint_copy()
    weights = weights_of(copy)
    secret = tmp_path / "secret.safetensors"
    weights.rename(secret)
    os.symlink(secret, weights)
    with pytest.raises(UnsafeFile, match="leads out"):
        inspect_checkpoint(copy)
    # A hub snapshot is made of such links; there the cache is trusted as a whole.
    assert inspect_checkpoint(copy, trusted_root=tmp_path).digest


def test_parts_that_do_not_fit(checkpoint_copy: Copy, tmp_path: Path) -> None:
    copy = checkpoint_copy()
    edit_json(copy / "vae" / "config.json", latent_channels=8)
    with pytest.raises(PartsDoNotFit, match="8 latent channels"):
        inspect_checkpoint(copy)


def test_broken_json(checkpoint_copy: Copy) -> None:
    copy = checkpoint_copy()
    (copy / "scheduler" / "scheduler_config.json").write_text("{")
    with pytest.raises(CheckpointError, match="not JSON"):
        inspect_checkpoint(copy)


def test_overrides_change_digest_and_are_reported(tiny_checkpoint: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    build_vae().save_pretrained(tmp_path / "vae", safe_serialization=True)
    facts = inspect_checkpoint(tiny_checkpoint, Overrides(vae=tmp_path / "vae"))
    assert {part.name: part.origin for part in facts.parts}["vae"] == "override"
    assert facts.digest != inspect_checkpoint(tiny_checkpoint).digest


def test_wider_text_encoder_needs_a_projection(tiny_checkpoint: Path, tmp_path: Path) -> None:
    text = tmp_path / "text"
    tokenizer = build_tokenizer(text / "tokenizer")
    tokenizer.save_pretrained(text / "tokenizer")
    build_text_encoder(len(tokenizer), width=48).save_pretrained(text / "text_encoder", safe_serialization=True)
    with pytest.raises(PartsDoNotFit, match="textual projection"):
        inspect_checkpoint(tiny_checkpoint, Overrides(text_encoder=text))
    projection = tmp_path / "projection.safetensors"
    save_file({"weight": torch.randn(32, 48)}, projection)
    assert inspect_checkpoint(tiny_checkpoint, Overrides(text_encoder=text, textual_projection=projection)).digest


def test_override_that_is_a_pickle(tiny_checkpoint: Path, tmp_path: Path) -> None:
    pickle = tmp_path / "lora.bin"
    pickle.write_bytes(b"\x80\x04.")
    with pytest.raises(UnsafeFile, match="pickle"):
        inspect_checkpoint(tiny_checkpoint, Overrides(lora=(pickle,)))
