"""Turn a weights pickle into safetensors: python -m generation.engine.convert FILE [FILE ...]

The pickle is read with torch's restricted loader, which builds tensors and runs no code of the file's own.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file


def convert(source: Path) -> Path:
    """Write `source`'s tensors beside it as .safetensors and return that path. The pickle stays where it is."""
    state = torch.load(source, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    tensors = {name: value.clone().contiguous() for name, value in state.items() if isinstance(value, torch.Tensor)}
    # pytorch_model.bin is transformers' old name, model.safetensors the new one; diffusers only changes the suffix.
    stem = "model" if source.stem == "pytorch_model" else source.stem
    target = source.with_name(f"{stem}.safetensors")
    save_file(tensors, target, metadata={"format": "pt"})
    return target


def main() -> None:
    """Convert each file that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    for source in parser.parse_args().files:
        print(f"{convert(source)} written; remove {source} before you register the folder.")


if __name__ == "__main__":
    main()
