"""Requests to pictures. A picture is a function of checkpoint, prompt, seed and settings, and of nothing else."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from typing import Any

import diffusers
import numpy as np
import numpy.typing as npt
import torch

from generation.engine.blocks import block_size, blocks, filled
from generation.engine.errors import Aborted, BadRequest
from generation.engine.loading import LoadedPipeline
from generation.engine.requests import MAX_SEED, SCHEDULERS, Request, Settings, check_settings
from generation.engine.text import encode_prompts

Picture = npt.NDArray[np.uint8]
TICK_SECONDS = 1.0


def generate_images(
    loaded: LoadedPipeline,
    requests: Sequence[Request],
    settings: Settings,
    batch_size: int = 4,
    *,
    tick: Callable[[], None] | None = None,
) -> Generator[Picture, None, None]:
    """Yield one (height, width) uint8 picture per request, in order.

    Grey is the mean of the VAE's channels, rounded to the nearest of 256 levels. `batch_size` is how many pictures may
    be in the works at once; it changes speed and memory, never a pixel (see blocks.py). `tick` is called about once a
    second while pictures are computed; what it raises stops the work within one denoising step and is raised here.

    Raises BadRequest when the checkpoint cannot serve the settings.
    """
    check_settings(settings, loaded.facts)
    if batch_size < 1 or any(not 0 <= request.seed <= MAX_SEED for request in requests):
        raise BadRequest("The batch size must be at least 1, seeds between 0 and 2^63 - 1.")
    size = block_size(loaded.device.type, settings.width, settings.height)
    waiting = deque(blocks(requests, size))
    stop = threading.Event()
    with _one_thread_per_block(loaded.device) as cores:
        lanes = max(1, min(cores, -(-batch_size // size), len(waiting)))
        with ThreadPoolExecutor(lanes, initializer=_single_threaded, initargs=(loaded.device,)) as pool:
            running: deque[tuple[int, Future[list[Picture]]]] = deque()
            try:
                while waiting or running:
                    while waiting and len(running) < lanes:
                        block = waiting.popleft()
                        inputs = _inputs(loaded, filled(block, size), settings)
                        running.append((len(block), pool.submit(_compute, loaded, inputs, settings, stop)))
                    wanted, future = running.popleft()
                    yield from _result(future, tick)[:wanted]
            finally:
                stop.set()


def _result(future: Future[list[Picture]], tick: Callable[[], None] | None) -> list[Picture]:
    while True:
        try:
            return future.result(timeout=TICK_SECONDS)
        except NotYet:
            if tick is not None:
                tick()


def _inputs(loaded: LoadedPipeline, requests: Sequence[Request], settings: Settings) -> dict[str, Any]:
    """What one block of the pipeline is called with: noise (n, channels, h, w), vectors (n, tokens, width), generators."""
    generators = [torch.Generator("cpu").manual_seed(request.seed) for request in requests]
    channels = loaded.pipe.unet.config.in_channels
    factor = loaded.pipe.vae_scale_factor
    shape = (channels, settings.height // factor, settings.width // factor)
    noise = torch.stack([torch.randn(shape, generator=g, dtype=torch.float32) for g in generators])
    inputs = {
        "latents": noise.to(loaded.device, loaded.dtype),
        "prompt_embeds": encode_prompts(loaded, [request.prompt for request in requests]),
        # For schedulers that draw noise at every step: each picture draws its own.
        "generator": generators,
    }
    if settings.guidance > 1:
        inputs["negative_prompt_embeds"] = encode_prompts(loaded, [request.negative for request in requests])
    return inputs


def _compute(
    loaded: LoadedPipeline, inputs: dict[str, Any], settings: Settings, stop: threading.Event
) -> list[Picture]:
    def check_stop(_pipe: Any, _step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
        if stop.is_set():
            raise Aborted
        return values

    with torch.inference_mode():
        images = _pipeline_for(loaded, settings)(
            **inputs,
            width=settings.width,
            height=settings.height,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            callback_on_step_end=check_stop,
            output_type="pt",
        ).images
        grey = images.float().mean(dim=1).mul(255).round().clamp(0, 255).to(torch.uint8)
    return list(grey.cpu().numpy())


def _pipeline_for(loaded: LoadedPipeline, settings: Settings) -> Any:
    """The pipeline with a scheduler of its own: schedulers and pipelines keep state while they run."""
    components = dict(loaded.pipe.components)
    name = SCHEDULERS[settings.scheduler]
    scheduler = getattr(diffusers, name) if name else type(components["scheduler"])
    # Runge-Kutta warm-up steps are left out, as latent diffusion does; other schedulers do not know the setting.
    extra = {"skip_prk_steps": True} if name == "PNDMScheduler" else {}
    components["scheduler"] = scheduler.from_config(components["scheduler"].config, **extra)
    pipe = type(loaded.pipe)(**components, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@contextmanager
def _one_thread_per_block(device: torch.device) -> Iterator[int]:
    """Give the calling thread one core, too (it encodes prompts); yields how many blocks may run at once."""
    if device.type != "cpu":
        yield 1
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def _single_threaded(device: torch.device) -> None:
    if device.type == "cpu":
        torch.set_num_threads(1)
