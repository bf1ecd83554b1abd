"""Sets of which everything is known that a metric may need: small, seeded, in whole prompts."""

from dataclasses import replace

import numpy as np

from evaluation.metrics import Sample, Space
from evaluation.metrics.result import Look
from images.pixels import square

CLASSES = ("Effusion", "Cardiomegaly", "Nodule")
SIDE = 176
SIZES, SIDES = ("small", "large"), ("left", "right")


def captions_of(codes: np.ndarray) -> tuple[str, ...]:
    """Every other prompt asks for an effusion of a size on a side, the others say that there is none."""
    found = []
    for code in codes:
        sick = f"{SIZES[code // 2 % 2]} {SIDES[code // 4 % 2]} pleural effusion, enlarged heart"
        impression = f" Impression: case {code}." if code % 3 else ""
        found.append(
            f"Findings: {sick if code % 2 else 'no pleural effusion'}{', stable' * (code % 4)}, p{code}.{impression}"
        )
    return tuple(found)


def make_sample(seed: int, n: int = 160, shift: float = 0.0, d: int = 8, per_group: int = 4, unit: str = "p") -> Sample:
    """n images of n / per_group prompts. Features and pixels move with ``shift``; float32 numbers in float64."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) // per_group
    positive, large, right = codes % 2, codes // 2 % 2, codes // 4 % 2
    probabilities = 0.4 + 0.2 * positive[:, None] + 0.05 * (positive * large)[:, None] + 0.15 * rng.normal(size=(n, 3))
    halves = 0.5 + 0.1 * rng.normal(size=(n, 2, 3))
    halves[np.arange(n), 1 - right] -= 0.1
    base = np.random.default_rng(1).random((SIDE, SIDE)).astype(np.float32)

    def load_pixels(index: int) -> np.ndarray:
        own = np.random.default_rng([seed, index]).random((SIDE, SIDE), dtype=np.float32)
        return np.clip((0.7 - 0.2 * shift) * base + (0.3 + 0.1 * shift) * own, 0, 1)

    def load_square(index: int, side: int) -> np.ndarray:
        return square(np.rint(load_pixels(index) * 255).astype(np.uint8), side)

    def look(rows: np.ndarray, side: int) -> np.ndarray:
        return np.array([load_square(int(row), side).reshape(d, -1).std(axis=1) for row in rows])

    few = max(d - 2, 1)
    texts = np.random.default_rng(2).normal(size=(1000, d))[codes]
    patients = rng.normal(size=(codes[-1] + 1, d))[codes]
    features = (patients + 0.25 * rng.normal(size=(n, d)) + 0.5 * texts) * np.arange(1, d + 1) ** -0.5 + shift
    return Sample(
        features.astype(np.float32).astype(np.float64),
        tuple(f"{unit}{code:03d}" for code in codes),
        tuple(("Pleural Effusion", "Enlarged heart") if p else ("No Finding",) for p in positive),
        CLASSES,
        np.clip(probabilities, 0, 1),
        (0.5,) * 3,
        load_pixels,
        captions=captions_of(codes),
        ages=tuple(int(age) for age in 20 + 60 * rng.random(n)),
        sexes=tuple("F" if x else "M" for x in rng.integers(0, 2, n)),
        views=tuple("PA" if x else "AP" for x in rng.integers(0, 2, n)),
        digests=tuple(f"{unit}{seed}-{i:05d}" for i in range(n)),
        text_features=texts,
        spaces={
            "second": Space(np.tanh(features[:, :few]), look=Look(SIDE, lambda rows, side: look(rows, side)[:, :few]))
        },
        sided_probabilities=np.clip(halves, 0, 1),
        sides=(SIDE,) * n,
        load_square=load_square,
        look=Look(SIDE, look),
    )


def sides(shift: float = 0.4, n: int = 160) -> tuple[Sample, Sample, Sample]:
    """Synthetic, reference and training set."""
    return make_sample(0, n, shift), make_sample(1, n, per_group=2, unit="r"), make_sample(2, n, per_group=2, unit="t")


def reconstructions(reference: Sample) -> Sample:
    """Every image of the reference after an autoencoder that smooths a little: one group an original."""

    def load_pixels(index: int) -> np.ndarray:
        image = reference.load_pixels(index)
        return (0.8 * image + 0.2 * np.roll(image, 1, axis=0)).astype(np.float32)

    groups = tuple(f"image-{digest}" for digest in reference.digests)
    return replace(reference, groups=groups, load_pixels=load_pixels, features=reference.features * 0.98)
