"""A torchxrayvision DenseNet of one's own: a folder with config.json and model.safetensors.

config.json: growth_rate, block_config, num_init_features (the arguments of torchxrayvision.models.DenseNet),
pathologies (its classes), input_size (pixels; 224 if absent), and optionally op_threshs (one operating point a class on
the sigmoid's scale; 0.5 if absent), bn_size, num_classes, in_channels (1).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from evaluation.features.base import MissingWeights, RefusedWeights
from evaluation.features.densenet import densenet_extractor
from evaluation.features.network import NetworkExtractor

CONFIG, WEIGHTS = "config.json", "model.safetensors"
NEEDED = ("growth_rate", "block_config", "num_init_features", "pathologies")
PICKLES = {".pt", ".pth", ".bin", ".ckpt", ".pkl"}
CONVERT = (
    'python -c "import torch; from safetensors.torch import save_file; '
    "m = torch.load('{name}', weights_only=True); save_file(m, 'model.safetensors')\""
)
MAX_SIDE = 1024


def open_densenet_folder(folder: Path) -> NetworkExtractor:
    """The network of a folder. Raises MissingWeights or RefusedWeights with what is wrong and what to do."""
    config = read_config(folder)
    path = folder / WEIGHTS
    data = path.read_bytes()
    digest = hashlib.sha256(data + json.dumps(config, sort_keys=True).encode()).hexdigest()
    classes = tuple(str(name) for name in config["pathologies"])
    thresholds = tuple(float(t) for t in config.get("op_threshs") or (0.5,) * len(classes))
    if len(thresholds) != len(classes):
        raise RefusedWeights(f"{CONFIG}: op_threshs needs one value for each of the {len(classes)} pathologies.")
    network = _load_network(config, data, len(classes))
    size = int(config.get("input_size", 224))
    licence = str(config.get("licence", ""))
    return densenet_extractor("xrv-densenet", folder.name, digest, network, size, classes, thresholds, licence=licence)


def read_config(folder: Path) -> dict[str, Any]:
    """The checked config.json of a folder whose weights are there and are no pickle."""
    if folder.suffix in PICKLES:
        raise RefusedWeights(
            f"{folder.name} is a pickle, which can run any code when it is opened. Convert it: "
            + CONVERT.format(name=folder.name)
        )
    if not folder.is_dir():
        raise MissingWeights(f"There is no folder {folder.name!r} with {CONFIG} and {WEIGHTS}.")
    if not (folder / WEIGHTS).is_file():
        pickles = [p.name for p in sorted(folder.iterdir()) if p.suffix in PICKLES]
        if pickles:
            raise RefusedWeights(
                f"{folder.name} holds its weights as a pickle ({pickles[0]}). Convert it: "
                + CONVERT.format(name=pickles[0])
            )
        raise MissingWeights(f"{folder.name} has no {WEIGHTS}.")
    try:
        config = json.loads((folder / CONFIG).read_text())
        missing = [key for key in NEEDED if key not in config]
    except (OSError, ValueError, TypeError) as error:
        raise RefusedWeights(f"{folder.name}: {CONFIG} is missing or is not JSON.") from error
    if missing:
        raise RefusedWeights(f"{folder.name}: {CONFIG} lacks {', '.join(missing)}.")
    return _checked(config, folder.name)


def _checked(config: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        sizes = [
            config["growth_rate"],
            config["num_init_features"],
            *config["block_config"],
            *config["pathologies"][:0],
        ]
        fits = all(isinstance(n, int) and 0 < n <= 256 for n in sizes) and len(config["block_config"]) <= 6
        fits = fits and 32 <= int(config.get("input_size", 224)) <= MAX_SIDE and int(config.get("in_channels", 1)) == 1
        fits = fits and 0 < len(config["pathologies"]) <= 1000
    except (TypeError, ValueError, KeyError):
        fits = False
    if not fits:
        raise RefusedWeights(f"{name}: {CONFIG} does not describe a DenseNet of sensible size for gray images.")
    return config


def _load_network(config: dict[str, Any], data: bytes, classes: int) -> Any:
    import torchxrayvision as xrv
    from safetensors import SafetensorError
    from safetensors.torch import load

    network = xrv.models.DenseNet(
        weights=None,
        num_classes=classes,
        growth_rate=config["growth_rate"],
        block_config=tuple(config["block_config"]),
        num_init_features=config["num_init_features"],
        bn_size=int(config.get("bn_size", 4)),
        in_channels=1,
    )
    try:
        state = load(data)
        network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
    except (SafetensorError, RuntimeError) as error:
        raise RefusedWeights(f"{WEIGHTS} is damaged or does not fit {CONFIG}: {str(error).splitlines()[0]}") from error
    broken = [name for name, t in network.state_dict().items() if t.is_floating_point() and not t.isfinite().all()]
    if broken:
        raise RefusedWeights(
            f"{WEIGHTS} holds infinite or undefined values ({broken[0]}): the network would say the same of every image. "
            "Half precision overflows in the statistics of batch normalisation; save those in float32."
        )
    return network.eval()
