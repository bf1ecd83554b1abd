"""Encode and decode: what a checkpoint's autoencoder makes of a picture that it is given."""

from collections.abc import Callable, Generator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from generation.engine.blocks import block_size, blocks, filled
from generation.engine.errors import BadRequest
from generation.engine.loading import LoadedPipeline

Picture = npt.NDArray[np.uint8]


def reconstruct_images(
    loaded: LoadedPipeline, pictures: Sequence[Picture], *, tick: Callable[[], None] = lambda: None
) -> Generator[Picture, None, None]:
    """Yield the reconstruction of each (height, width) uint8 picture, in order and of the same size.

    The latent is the mean of the encoder's distribution: nothing is drawn at random. Grey goes in as three equal channels
    (or as many as the autoencoder has) in [-1, 1] and comes back as their mean, rounded to 256 levels. `tick` is called
    before every block; what it raises ends the work.

    Raises BadRequest where a picture's sides are no multiple of the autoencoder's factor, or pictures differ in size.
    """
    if not pictures:
        return
    height, width = pictures[0].shape
    factor = loaded.pipe.vae_scale_factor
    if any(picture.shape != (height, width) for picture in pictures):
        raise BadRequest("Pictures of one size at a time.")
    if height % factor or width % factor:
        raise BadRequest(f"Width and height must be multiples of {factor} for this autoencoder.")
    # One shape for every block, as in generating.py: a picture does not depend on those beside it.
    size = block_size(loaded.device.type, width, height)
    for block in blocks(pictures, size):
        tick()
        yield from _reconstruct(loaded, np.stack(filled(block, size)))[: len(block)]


def _reconstruct(loaded: LoadedPipeline, pixels: npt.NDArray[np.uint8]) -> list[Picture]:
    vae = loaded.pipe.vae
    with torch.inference_mode():
        grey = torch.from_numpy(pixels).to(loaded.device).float().div_(127.5).sub_(1)
        inputs = grey[:, None].expand(-1, vae.config.in_channels, -1, -1).to(loaded.dtype)
        decoded = vae.decode(vae.encode(inputs).latent_dist.mode()).sample
        levels = decoded.float().mean(dim=1).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return list(levels.cpu().numpy())
