"""From a specification and a seed to the pixels of one phantom radiograph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .anatomy import TOWARDS, Thorax, place_thorax
from .bones import bones
from .canvas import Layer, Pen, blur, closed_curve, cloud, grid, smoothstep
from .mediastinum import airways, cardiothoracic_ratio, heart_layer, heart_outline, hilum, vessels
from .pathology import Lungs, add_findings, healthy, mediastinal_shift
from .spec import PhantomSpec
from .text import sentence


@dataclass(frozen=True)
class Phantom:
    """A drawn radiograph and everything that is known of it.

    `pixels`: uint8 [size, size], 0 black (air) to 255 white (dense); the patient's right is picture left.
    `cardiothoracic_ratio`: widest heart over widest inner thorax, above 0.55 exactly with Cardiomegaly.
    """

    pixels: NDArray[np.uint8]
    spec: PhantomSpec
    findings: tuple[str, ...]
    sentence: str
    sex: str
    age: int
    view: str
    seed: int
    cardiothoracic_ratio: float


def draw(spec: PhantomSpec, *, size: int = 256, seed: int) -> Phantom:
    """Draw one radiograph; the same arguments give the same bytes.

    The same seed with other findings gives the same patient. `size` is in pixels, 64 to 1024; ValueError otherwise.
    """
    if not 64 <= size <= 1024:
        raise ValueError(f"a phantom is 64 to 1024 pixels a side, not {size}")
    part = [np.random.default_rng((seed, number)) for number in range(8)]
    thorax = place_thorax(spec, size, part[0])
    ratio = cardiothoracic_ratio(bool(spec.find("Cardiomegaly")), spec.view, part[1])
    shift = mediastinal_shift(spec)
    heart = heart_layer(thorax, heart_outline(thorax, ratio, shift, part[1]))
    lungs = healthy(thorax)
    add_findings(lungs, spec, thorax, heart, part[2])
    density = _chest(thorax, lungs, heart, shift, part[3]) + bones(thorax, part[4]) * _bone_contrast(thorax, lungs)
    pixels = _frame(_expose(density, part[5]), part[6])
    text = sentence(spec, seed)
    return Phantom(pixels, spec, spec.labels, text, spec.sex, spec.age, spec.view, seed, ratio)


def _chest(thorax: Thorax, lungs: Lungs, heart: Layer, shift: float, rng: np.random.Generator) -> Layer:
    """Soft tissue, lungs, vessels and mediastinum: density along each ray, about 0 (air) to 1 (abdomen)."""
    tissue = _soft_tissue(thorax, rng)
    air = lungs.air["right"] + lungs.air["left"]
    open_lung = np.clip(air, 0, 1) * (1 - 0.93 * heart)
    fine = cloud(rng, 48, thorax.size) * 0.5 + cloud(rng, 20, thorax.size) * 0.5
    markings = 0.17 * np.clip(vessels(thorax, rng), 0, 1.3) + 0.010 * fine + _hila(thorax)
    density = tissue * (1 - _aeration(thorax) * open_lung - 0.76 * lungs.pleural_air * (1 - 0.93 * heart))
    density += markings * np.clip(air + 0.25 * lungs.opacity, 0, 1) * (1 - 0.75 * heart)
    density += 0.07 * blur(heart, 0.03, thorax.size) * heart + 0.05 * lungs.opacity
    density += lungs.added * (1 - 0.5 * heart) - 0.13 * airways(thorax, shift)
    return np.asarray(density - 0.16 * _stomach(thorax, rng) * (1 - np.clip(air, 0, 1)))


def _aeration(thorax: Thorax) -> Layer:
    """Part of the tissue density that aerated lung takes away; the bases, seen through more tissue, less."""
    _, y = grid(thorax.size)
    return np.float32(0.66) - np.float32(0.10) * smoothstep(y - np.float32(thorax.at(0.65)), 0.25)


def _hila(thorax: Thorax) -> Layer:
    x, y = grid(thorax.size)
    blob = np.zeros((thorax.size, thorax.size), dtype=np.float32)
    for side in TOWARDS:
        column, row = hilum(thorax, side)
        blob += np.exp(-(((x - column) / np.float32(0.032)) ** 2) - ((y - row - 0.02) / np.float32(0.06)) ** 2)
    return np.float32(0.10) * blob


def _bone_contrast(thorax: Thorax, lungs: Lungs) -> Layer:
    """Bone stands out against lung and drowns in the abdomen."""
    _, y = grid(thorax.size)
    over_lung = np.maximum(thorax.inside("right"), thorax.inside("left")) * (1 - 0.4 * lungs.opacity)
    elsewhere = np.float32(0.75) - np.float32(0.48) * smoothstep(y - np.float32(thorax.at(0.9)), 0.1)
    return np.asarray(np.maximum(over_lung, elsewhere))


def _soft_tissue(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Torso, neck, shoulders, arms and breasts: thicker in the middle and below the diaphragm."""
    x, y = grid(thorax.size)
    wall = thorax.width / 2 + 0.055 + 0.12 * thorax.habitus
    neck, top = rng.uniform(0.10, 0.13), thorax.top
    levels = [0, top - 0.07, top - 0.01, top + 0.06, top + 0.20, top + 0.34, 1.0]
    widths = [neck, neck + 0.025, 0.30, wall + 0.12, wall + 0.09, wall, wall + 0.01 + 0.05 * thorax.habitus]
    half = np.interp(y, levels, widths).astype(np.float32)
    across = np.abs(x - np.float32(thorax.centre))
    thickness = np.sqrt(np.clip(1 - (across / half) ** 2, 0.0, 1))
    profile = np.interp(y, [0, top, thorax.at(0.4), thorax.at(0.85), 1], [0.74, 0.80, 0.84, 0.97, 1.02]).astype(
        np.float32
    )
    torso = blur((0.36 + 0.64 * thickness) * (across < half) * profile, 0.006, thorax.size)
    arms = _arm_layer(thorax, wall, rng)
    return (np.maximum(torso, arms) + _breasts(thorax, rng)) * np.float32(0.9 + 0.12 * thorax.habitus)


def _arm_layer(thorax: Thorax, wall: float, rng: np.random.Generator) -> Layer:
    pen, gap = Pen(thorax.size), rng.uniform(0.0, 0.09)
    for sign in TOWARDS.values():
        inner = wall + gap * 0.5
        arm = [(inner, thorax.at(0.35)), (inner + gap, 1.02), (inner + gap + 0.2, 1.02), (inner + 0.17, thorax.at(0.1))]
        pen.polygon(np.array([(thorax.centre + sign * x, y) for x, y in arm]), 0.5)
        bone = np.array(
            [(thorax.centre + sign * (inner + 0.07), thorax.at(0.1)), (thorax.centre + sign * (inner + gap + 0.1), 1)]
        )
        pen.line(bone, 0.035, 0.68)
    return blur(pen.layer(), 0.008, thorax.size)


def _breasts(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Breast shadows of most women: fuller below, where their lower border shows."""
    weight = rng.uniform(0.5, 1.2) * (0.4 + thorax.habitus)
    pen = Pen(thorax.size)
    if thorax.sex != "F" or weight < 0.35:
        return pen.layer()
    across, low, size = rng.uniform(0.50, 0.58), rng.uniform(0.62, 0.76), 0.07 + 0.05 * weight
    for sign in TOWARDS.values():
        x, y = thorax.centre + sign * across * thorax.width / 2, thorax.at(low)
        pen.polygon(closed_curve([(x - size, y), (x, y + 1.15 * size), (x + size, y), (x, y - 2.2 * size)]))
    shape = pen.layer()
    _, rows = grid(thorax.size)
    fuller = smoothstep(rows - np.float32(thorax.at(low) - 0.5 * size), 2.2 * size)
    return np.float32(0.11 * weight) * blur(shape, 0.006, thorax.size) * fuller


def _stomach(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Gas under the left dome, flat below where it meets fluid; about half of the patients show it."""
    pen = Pen(thorax.size)
    shown, wide, high = rng.random() < 0.55, rng.uniform(0.04, 0.085), rng.uniform(0.025, 0.05)
    x, y = thorax.centre + 0.5 * thorax.width / 2 * rng.uniform(0.75, 1.1), thorax.domes["left"] + 0.035 + high
    if shown:
        across, heights = np.array([-1, -0.6, 0, 0.7, 1]), np.array([0, -0.8, -1, -0.7, 0])
        dome = closed_curve(np.stack([x + wide * across, y + high * heights], axis=1).tolist())[: 8 * 4]
        level = np.array([(x + wide, y + 0.3 * high), (x - wide, y + 0.3 * high)])
        pen.polygon(np.concatenate([dome, level]))
    return blur(pen.layer(), 0.006, thorax.size)


def _expose(density: Layer, rng: np.random.Generator) -> NDArray[np.float32]:
    """Display grey, 0 to 1: scatter, contrast, a film-like curve with toe and shoulder, quantum and grain noise."""
    size = density.shape[0]
    veiled = density * 0.9 + 0.1 * blur(density, 0.05, max(size, 1))
    low, high = rng.uniform(0.10, 0.16), rng.uniform(1.0, 1.1)
    t = np.clip((veiled - np.float32(low)) / np.float32(high - low), -0.1, 1.3)
    steepness = np.float32(rng.uniform(1.75, 2.05))
    curve = np.float32(1.03) * (1 - np.exp(-steepness * np.clip(t, 0, None) ** np.float32(1.25)))
    grain = rng.standard_normal(density.shape, dtype=np.float32) * np.float32(rng.uniform(0.006, 0.013))
    return np.asarray(curve * np.float32(rng.uniform(1.04, 1.12)) + grain * (1.1 - curve))


def _frame(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Collimate, put the laterality marker, quantise."""
    size = picture.shape[0]
    x, y = grid(size)
    edges = np.where(rng.random(4) < 0.12, rng.uniform(0.008, 0.04, 4), 0.0)
    open_field = (x > edges[0]) & (x < 1 - edges[1]) & (y > edges[2]) & (y < 1 - edges[3])
    pixels = np.clip(picture * open_field * 255 + 0.5, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    _marker(ImageDraw.Draw(image), size, rng)
    return np.asarray(image)


def _marker(pen: ImageDraw.ImageDraw, size: int, rng: np.random.Generator) -> None:
    """R in the picture's upper left or L in its upper right corner, some in a ring."""
    letter, column = ("R", rng.uniform(0.07, 0.1)) if rng.random() < 0.6 else ("L", 1 - rng.uniform(0.07, 0.1))
    row, tall = rng.uniform(0.07, 0.13), rng.uniform(0.07, 0.085) * size
    font = ImageFont.load_default(tall)
    if rng.random() < 0.3:
        radius = 0.62 * tall
        box = (column * size - radius, row * size - radius, column * size + radius, row * size + radius)
        pen.ellipse(box, outline=235, width=max(1, size // 128))
    pen.text((column * size, row * size), letter, fill=int(rng.integers(225, 256)), font=font, anchor="mm")
