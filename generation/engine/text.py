"""Prompts to the vectors that the U-Net reads. Each prompt is encoded alone, once."""

from collections.abc import Iterable

import torch

from generation.engine.loading import LoadedPipeline

MAX_REMEMBERED = 4096


def encode_prompts(loaded: LoadedPipeline, prompts: Iterable[str]) -> torch.Tensor:
    """Prompts as one (prompts, tokens, width) tensor on the pipeline's device.

    Each prompt goes through the encoder alone, so that its vectors do not depend on its neighbours.
    """
    return torch.stack([_encode(loaded, prompt) for prompt in prompts])


def _encode(loaded: LoadedPipeline, prompt: str) -> torch.Tensor:
    known = loaded.embeddings.get(prompt)
    if known is not None:
        loaded.embeddings.move_to_end(prompt)
        return known
    with torch.inference_mode():
        encoded, _ = loaded.pipe.encode_prompt(prompt, loaded.device, 1, False)
        if loaded.projection is not None:
            encoded = loaded.projection(encoded)
    vectors: torch.Tensor = encoded[0]
    loaded.embeddings[prompt] = vectors
    if len(loaded.embeddings) > MAX_REMEMBERED:
        loaded.embeddings.popitem(last=False)
    return vectors


def truncated_prompts(loaded: LoadedPipeline, prompts: Iterable[str]) -> list[str]:
    """The prompts whose end the text encoder never sees, because they have more tokens than it reads."""
    tokenizer = loaded.pipe.tokenizer
    limit = tokenizer.model_max_length
    return [prompt for prompt in prompts if len(tokenizer(prompt, verbose=False).input_ids) > limit]
