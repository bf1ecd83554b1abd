"""Pictures through the autoencoder alone."""

import numpy as np
import pytest
import torch

from generation.engine import BadRequest, LoadedPipeline, reconstruct_images

PICTURES = list(np.random.default_rng(0).integers(0, 256, size=(11, 32, 32), dtype=np.uint8))


def test_a_reconstruction_does_not_depend_on_its_neighbours(tiny_pipeline: LoadedPipeline) -> None:
    together = list(reconstruct_images(tiny_pipeline, PICTURES))
    assert [p.shape for p in together] == [(32, 32)] * 11 and {p.dtype for p in together} == {np.dtype(np.uint8)}
    torch.manual_seed(99)
    for number in (0, 10):
        (alone,) = reconstruct_images(tiny_pipeline, [PICTURES[number]])
        assert np.array_equal(alone, together[number])


def test_it_is_the_autoencoder_of_the_library(tiny_pipeline: LoadedPipeline) -> None:
    (found,) = reconstruct_images(tiny_pipeline, PICTURES[:1])
    inputs = torch.from_numpy(np.repeat(PICTURES[0][None, None], 3, axis=1)).float() / 127.5 - 1
    with torch.no_grad():
        decoded = tiny_pipeline.pipe.vae(inputs, sample_posterior=False).sample[0].mean(dim=0)
    assert np.abs((decoded.numpy() + 1) * 127.5 - found).max() <= 0.51 or (found.min() == 0 or found.max() == 255)


def test_wrong_sizes_are_refused_and_a_tick_can_end_the_work(tiny_pipeline: LoadedPipeline) -> None:
    with pytest.raises(BadRequest, match="multiples of 4"):
        list(reconstruct_images(tiny_pipeline, [np.zeros((30, 32), np.uint8)]))
    with pytest.raises(BadRequest, match="one size"):
        list(reconstruct_images(tiny_pipeline, [np.zeros((32, 32), np.uint8), np.zeros((64, 64), np.uint8)]))
    assert list(reconstruct_images(tiny_pipeline, [])) == []

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(reconstruct_images(tiny_pipeline, PICTURES, tick=stop))
