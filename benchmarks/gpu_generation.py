"""What only a GPU can say of generation: throughput, sameness of pixels, precision. See docs/gpu-checks.md.

    python benchmarks/gpu_generation.py throughput|invariance|precision [--checkpoint FOLDER] [--device cuda]

Exit status: 0 goal reached, 1 missed, 2 no GPU.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from generation.engine import LoadedPipeline, Request, Settings, generate_images, load_pipeline

Outcome = tuple[bool, dict[str, Any]]
Loader = Callable[[str], LoadedPipeline]


def throughput(load: Loader, options: argparse.Namespace) -> Outcome:
    """Pictures per second of the engine over those of one pipeline call per prompt; goal 3."""
    loaded = load(options.dtype)
    settings = settings_for(loaded, options.steps)
    requests = some_requests(options.pictures)
    few = requests[: max(2, options.pictures // 8)]

    def one_by_one(part: Sequence[Request]) -> None:
        for request in part:
            loaded.pipe(
                request.prompt,
                generator=torch.Generator("cpu").manual_seed(request.seed),
                num_inference_steps=settings.steps,
                guidance_scale=settings.guidance,
                width=settings.width,
                height=settings.height,
            )

    one_by_one(few[:1])
    list(generate_images(loaded, few[:1], settings))
    alone = len(few) / seconds(lambda: one_by_one(few))
    together = len(requests) / seconds(lambda: list(generate_images(loaded, requests, settings, len(requests))))
    return together / alone >= 3, {
        "one_by_one_per_s": round(alone, 3),
        "engine_per_s": round(together, 3),
        "ratio": round(together / alone, 2),
    }


def invariance(load: Loader, options: argparse.Namespace) -> Outcome:
    """How many pictures differ when batch size, order, neighbours and process state change; goal 0."""
    loaded = load(options.dtype)
    settings = settings_for(loaded, options.steps)
    requests = some_requests(options.pictures)
    expected = list(generate_images(loaded, requests, settings, 1))
    random = np.random.default_rng(0)
    different = compared = 0
    for batch_size in (1, 3, options.pictures, 4 * options.pictures):
        order = random.permutation(len(requests))
        strangers = some_requests(int(random.integers(1, 9)), first_seed=10_000)
        mixed = [*strangers, *(requests[n] for n in order)]
        made = list(generate_images(loaded, mixed, settings, batch_size))[len(strangers) :]
        different += sum(not np.array_equal(expected[n], picture) for n, picture in zip(order, made))
        compared += len(made)
    return different == 0, {"compared": compared, "different": different}


def precision(load: Loader, options: argparse.Namespace) -> Outcome:
    """Mean absolute grey-level difference of half precision from float32; goals 2 (fp16) and 8 (bf16)."""
    goals = {"float16": 2.0, "bfloat16": 8.0}
    requests = some_requests(options.pictures)
    reference = None
    found: dict[str, float] = {}
    sound = True
    for dtype in ("float32", *goals):
        loaded = load(dtype)
        settings = settings_for(loaded, options.steps)
        made = np.stack(list(generate_images(loaded, requests, settings))).astype(float)
        sound &= bool(np.isfinite(made).all() and (made.reshape(len(made), -1).std(axis=1) > 1).all())
        if reference is None:
            reference = made
        else:
            found[dtype] = round(float(np.abs(made - reference).mean()), 3)
    return sound and all(found[dtype] <= goal for dtype, goal in goals.items()), {"difference": found, "sound": sound}


CHECKS = {"throughput": throughput, "invariance": invariance, "precision": precision}


def main() -> int:
    """Run one check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="float16", choices=["float16", "bfloat16", "float32"])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--tiny", action="store_true", help="a checkpoint of a few MB instead of the real size")
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("There is no GPU here; --device cpu --tiny --dtype float32 shows that the check works.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        path = options.checkpoint or random_checkpoint(Path(folder), tiny=options.tiny)
        reached, numbers = CHECKS[options.check](lambda dtype: load_pipeline(path, options.device, dtype), options)
    machine = torch.cuda.get_device_name() if options.device.startswith("cuda") else platform.processor()
    print(
        json.dumps({"check": options.check, "reached": reached, **numbers, "machine": machine, "dtype": options.dtype})
    )
    return 0 if reached else 1


def seconds(work: Callable[[], object]) -> float:
    """Wall time of `work`, the device's queue emptied before and after."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def settings_for(loaded: LoadedPipeline, steps: int) -> Settings:
    """The checkpoint's own size, guidance as usual."""
    return Settings(steps=steps, guidance=7.5, width=loaded.facts.resolution, height=loaded.facts.resolution)


def some_requests(count: int, first_seed: int = 0) -> list[Request]:
    """Prompts that differ."""
    return [Request(f"large left pleural effusion number {n}", first_seed + n) for n in range(count)]


def random_checkpoint(folder: Path, *, tiny: bool) -> Path:
    """Stable Diffusion 1.5's shape (U-Net of 860 M parameters, 64 x 64 latents, 77 tokens) with random weights, in fp16.

    With `tiny`, the same kinds of parts, as small as they go.
    """
    torch.manual_seed(0)
    width, levels, text = (32, 2, 32) if tiny else (320, 4, 768)
    vae_widths = (16, 16, 16) if tiny else (128, 256, 512, 512)
    unet = UNet2DConditionModel(
        sample_size=8 if tiny else 64,
        block_out_channels=tuple(width * factor for factor in (1, 2, 4, 4)[:levels]),
        down_block_types=("CrossAttnDownBlock2D",) * (levels - 1) + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (levels - 1),
        cross_attention_dim=text,
        attention_head_dim=8,
        norm_num_groups=32,
    )
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(vae_widths),
        up_block_types=("UpDecoderBlock2D",) * len(vae_widths),
        block_out_channels=vae_widths,
        layers_per_block=1 if tiny else 2,
        norm_num_groups=8 if tiny else 32,
        sample_size=32 if tiny else 512,
    )
    tokenizer, encoder = text_parts(folder / "words", text, layers=1 if tiny else 12)
    pipe = StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.to(torch.float16).save_pretrained(folder / "checkpoint")
    return folder / "checkpoint"


def text_parts(folder: Path, width: int, layers: int) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """A tokenizer that spells letter by letter, and an encoder of `layers` layers."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        vocab=str(folder / "vocab.json"),
        merges=str(folder / "merges.txt"),
        model_max_length=77,
        pad_token="<|endoftext|>",
    )
    config = CLIPTextConfig(
        vocab_size=len(pieces),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64 or 1,
        bos_token_id=len(pieces) - 2,
        eos_token_id=len(pieces) - 1,
        pad_token_id=len(pieces) - 1,
    )
    return tokenizer, CLIPTextModel(config)


if __name__ == "__main__":
    sys.exit(main())
