"""Numbers that others published for text-to-radiograph models, as quoted in their own words and definitions.

They stand on a leaderboard beside ours for orientation and are never ranked: other data, other preprocessing, other numbers of
images, and no intervals. Two papers give the same model an FID of 54.9 and of 42.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """``values``: metric name -> value as printed; ``definition``: what was computed; ``source``: where it is printed."""

    model: str
    definition: str
    source: str
    address: str
    values: Mapping[str, float]


_LLM_CXR = ("LLM-CXR, ICLR 2024, Tables 4 and 6", "https://arxiv.org/abs/2305.11490")
_ROENTGEN = ("RoentGen, Chambon et al. 2022", "https://arxiv.org/abs/2211.12737")
_BENCH = ("CheXGenBench, leaderboard", "https://arxiv.org/abs/2505.10496")
_UNIX = ("UniX, Table 3", "https://arxiv.org/abs/2601.11522")

_INCEPTION = "FID, Inception v3 pool3"
_XRV = "FD, torchxrayvision all (1024); macro AUROC by its classifier"
_RAD_DINO = "FD on RAD-DINO"
_PROTOCOL = "CheXGenBench protocol, RAD-DINO, 4,352 pairs"

_INCEPTION_ROWS = {"UniXGen": 78.19, "RoentGen": 42.38, "LLM-CXR": 22.75}
_XRV_ROWS = {"UniXGen": (7.894, 0.7499), "RoentGen": (6.039, 0.7013), "LLM-CXR": (0.7136, 0.7980)}
_BENCH_ROWS = {
    "Sana 0.6B": 54.23, "Pixart Sigma": 60.15, "RadEdit": 69.70, "LLM-CXR": 71.24, "SD 3.5 Medium": 91.30,
    "Lumina 2.0": 101.20, "SD 1.5": 118.93, "Flux.1-Dev": 122.40, "SD 1.4": 125.19, "SD 2.1": 186.53, "SD 2": 194.72,
}  # fmt: skip
# FD, KD, alignment, precision, recall, density, coverage
_UNIX_ROWS = {
    "Flux.1-Dev": (122.400, 0.144, 0.036, 0.420, 0.008, 0.125, 0.326),
    "Lumina 2.0": (101.198, 0.110, 0.121, 0.574, 0.014, 0.256, 0.170),
    "SD 3.5 Medium": (91.302, 0.103, 0.044, 0.632, 0.205, 0.401, 0.244),
    "SD 2.1": (186.530, 0.413, 0.197, 0.530, 0.049, 0.180, 0.038),
    "RadEdit": (69.695, 0.033, 0.677, 0.397, 0.544, 0.150, 0.285),
    "Sana 0.6B": (54.225, 0.016, 0.695, 0.674, 0.614, 0.520, 0.548),
    "Pixart Sigma": (60.154, 0.023, 0.697, 0.666, 0.522, 0.506, 0.506),
    "LLM-CXR (256 px)": (71.243, 0.061, 0.319, 0.782, 0.041, 0.671, 0.459),
    "UniX (256 px)": (65.208, 0.051, 0.251, 0.675, 0.243, 0.366, 0.419),
    "UniX (512 px)": (54.022, 0.024, 0.635, 0.736, 0.479, 0.536, 0.550),
}
_UNIX_METRICS = (
    "frechet_distance", "kernel_distance", "image_text_score", "precision", "recall", "density", "coverage",
)  # fmt: skip

PUBLISHED: tuple[Published, ...] = (
    Published("RoentGen", _INCEPTION, *_ROENTGEN, {"frechet_distance": 54.9}),
    Published("RoentGen", "FD, torchxrayvision", *_ROENTGEN, {"frechet_distance": 3.6}),
    *(Published(model, _INCEPTION, *_LLM_CXR, {"frechet_distance": fd}) for model, fd in _INCEPTION_ROWS.items()),
    *(
        Published(model, _XRV, *_LLM_CXR, {"frechet_distance": fd, "auroc": area})
        for model, (fd, area) in _XRV_ROWS.items()
    ),
    *(Published(model, _RAD_DINO, *_BENCH, {"frechet_distance": fd}) for model, fd in _BENCH_ROWS.items()),
    *(
        Published(model, _PROTOCOL, *_UNIX, dict(zip(_UNIX_METRICS, values, strict=True)))
        for model, values in _UNIX_ROWS.items()
    ),
)
