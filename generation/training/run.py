"""The whole training in order: phantoms, autoencoder, denoiser with its text encoder, classifier; each stage can be taken up."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .autoencoder import train_autoencoder
from .classifier import save_classifier, train_classifier
from .dataset import load_or_draw
from .diffusion import train_denoiser
from .export import save_pipeline
from .options import STAGES, add_options
from .parallel import join, rank
from .recipe import Recipe


@dataclass(frozen=True)
class Places:
    """`work`: state and phantoms, may be deleted; `checkpoint` and `classifier`: what is published."""

    work: Path
    checkpoint: Path
    classifier: Path


def train_demo(
    places: Places,
    recipe: Recipe,
    *,
    stages: Sequence[str] = STAGES,
    threads: int = 2,
    progress: Callable[[str], None] = print,
) -> None:
    """Train what is not trained yet and write the diffusers folder and the classifier; may be stopped and called again."""
    torch.set_num_threads(threads)
    places.work.mkdir(parents=True, exist_ok=True)
    report = _timed(progress) if rank() == 0 else _silent
    data = load_or_draw(places.work, "train", recipe.phantoms, size=recipe.size, seed=recipe.seed, progress=report)
    if "classifier" in stages:
        held_out = load_or_draw(
            places.work, "heldout", recipe.held_out, size=recipe.size, seed=recipe.held_out_seed, progress=report
        )
        trained_classifier = train_classifier(data, held_out, recipe, places.work, report)
        if rank() == 0:
            save_classifier(trained_classifier, recipe, places.classifier)
    if "autoencoder" in stages or "denoiser" in stages:
        autoencoder = train_autoencoder(data, recipe, places.work, report)
        if "denoiser" in stages:
            for trained in train_denoiser(data, autoencoder, recipe, places.work, report):
                if rank() == 0:
                    save_pipeline(autoencoder, trained, places.checkpoint)


def _timed(progress: Callable[[str], None]) -> Callable[[str], None]:
    start = time.monotonic()
    return lambda line: progress(f"[{time.monotonic() - start:7.1f} s] {line}")


def _silent(line: str) -> None:
    """Only the first of several processes reports."""


def run_with(options: argparse.Namespace, progress: Callable[[str], None]) -> None:
    names = ("phantoms", "vae_steps", "unet_steps", "classifier_steps")
    changed = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    places = Places(options.work, options.output / "checkpoint", options.output / "classifier")
    train_demo(places, replace(Recipe(), **changed), stages=options.stages, threads=options.threads, progress=progress)


def main() -> None:
    join()
    parser = argparse.ArgumentParser(prog="python -m generation.training", description=train_demo.__doc__)
    add_options(parser, work=Path("var/train_demo"), output=Path("demo"))
    run_with(parser.parse_args(), lambda line: print(line, flush=True))
