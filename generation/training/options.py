"""The options that the module and the management command share; no torch here, so that --help is quick."""

import argparse
from pathlib import Path

STAGES = ("autoencoder", "denoiser", "classifier")


def add_options(options: argparse.ArgumentParser, *, work: Path, output: Path) -> None:
    """Places, stages and sizes of a training."""
    options.add_argument("--work", type=Path, default=work, help="folder of states and drawn phantoms")
    options.add_argument("--output", type=Path, default=output, help="gets checkpoint/ and classifier/")
    options.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    options.add_argument("--threads", type=int, default=2)
    for name in ("phantoms", "vae-steps", "unet-steps", "classifier-steps"):
        options.add_argument(f"--{name}", type=int, help="instead of the recipe's own number")
