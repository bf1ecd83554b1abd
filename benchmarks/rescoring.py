"""Scoring the same sets again, with their features kept, against scoring them for the first time; and how much memory it takes.

    OMP_NUM_THREADS=1 python benchmarks/rescoring.py [--images 500]
    OMP_NUM_THREADS=1 python benchmarks/rescoring.py --memory 100000 [--dimensions 1024]

A database of its own in a temporary folder, a DenseNet-121 of torchxrayvision's with random weights (time does not depend on
them), images of noise at 256 pixels. With --memory nothing is extracted: made-up features of so many synthetic and so many real
images, and as many of a training set, are kept as a run keeps them, then a run measures every metric on features; peak memory is
that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from side_by_side import features, one_thread

if TYPE_CHECKING:
    from images.models import ImageSet

METRICS = [
    "frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage", "vendi_score",
]  # fmt: skip
ROWS = 512


def start(folder: Path) -> None:
    """A database, and Django on it."""
    import django
    from django.core.management import call_command

    from embedded import EmbeddedServers

    urls = EmbeddedServers(folder, durable=False).start()
    os.environ |= {"NEGATOSCOPE_HOME": str(folder), "DATABASE_URL": urls.database, "BROKER_URL": urls.broker}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    call_command("migrate", verbosity=0)


def network(folder: Path) -> str:
    """A folder with the weights of a DenseNet-121 as they were drawn."""
    import torch
    import torchxrayvision as xrv
    from safetensors.torch import save_file

    torch.manual_seed(0)
    shape = {"growth_rate": 32, "block_config": [6, 12, 24, 16], "num_init_features": 64}
    classes = [f"class {number}" for number in range(18)]
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**shape, "pathologies": classes}))
    built = xrv.models.DenseNet(weights=None, num_classes=18, **{**shape, "block_config": tuple(shape["block_config"])})
    save_file(built.state_dict(), folder / "model.safetensors")
    return str(folder)


def noise_set(name: str, count: int, seed: int) -> ImageSet:
    """Images of smooth noise, two to a group."""
    from accounts.models import Workspace
    from images.services import ItemRow, create_image_set, store_image

    workspace, _ = Workspace.objects.get_or_create(name="Benchmark", slug="benchmark")
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        pixels = np.kron(draw.integers(0, 256, (32, 32), dtype=np.uint8), np.ones((8, 8), dtype=np.uint8))
        rows.append(ItemRow(store_image(workspace=workspace, pixels=pixels), f"group-{number // 2}"))
    return create_image_set(workspace=workspace, name=name, source="real", rows=rows)


def bare_set(name: str, count: int, fingerprint: str, dimensions: int, seed: int) -> ImageSet:
    """A set of images that have features, kept as a run keeps them, and no files."""
    from accounts.models import Workspace
    from evaluation import cache
    from evaluation.features.base import Extraction
    from images.models import Image, ImageSet, ImageSetItem

    workspace, _ = Workspace.objects.get_or_create(name="Benchmark", slug="benchmark")
    digests = sorted(uuid.UUID(int=seed << 100 | number).hex * 2 for number in range(count))
    for first in range(0, count, ROWS):
        some = digests[first : first + ROWS]
        rows = features(len(some), dimensions, seed + first)
        rows[1::2] = 0.1 * rows[1::2] + 0.9 * rows[::2][: len(rows) // 2]  # two images of one patient are alike
        cache.keep(fingerprint, some, lambda rows=rows: Extraction(rows, np.zeros((len(rows), 0), np.float32)))
    image_set = ImageSet.objects.create(
        workspace=workspace, name=name, source="real", count=count, digest=ImageSet.digest_of(digests)
    )
    for first in range(0, count, 5_000):
        images = [
            Image(workspace=workspace, sha256=digest, width=1, height=1, bits=8, file="-")
            for digest in digests[first : first + 5_000]
        ]
        Image.objects.bulk_create(images)
        ImageSetItem.objects.bulk_create(
            ImageSetItem(
                image_set=image_set, image=image, position=first + number, group=f"{name}-{(first + number) // 2}"
            )
            for number, image in enumerate(images)
        )
    return image_set


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of this process: other work on the machine does not count, nor does the database's."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def rescore(images: int, folder: Path, metrics: list[str]) -> None:
    """Runs of the same sets: a first one, the same again, and one that reads the features back but measures anew."""
    from evaluation import cache
    from evaluation.services import run_scoring, start_scoring, work_on

    sets = {"synthetic": noise_set("made", images, 0), "reference": noise_set("real", images, 1)}
    asked = {**sets, "extractor": "xrv-densenet", "weights": network(folder / "network"), "user": None, "queue": False}

    def whole(*, anew: bool = False) -> dict[str, float]:
        run = start_scoring(**asked, metrics=metrics, anew=anew)
        spent = {"plan": timed(lambda: work_on(run)), "images": 0.0}
        while run.steps.filter(kind="images").exclude(state="done").exists():
            spent["images"] += timed(lambda: work_on(run))
        spent["measure"] = timed(lambda: run_scoring(run))
        run.refresh_from_db()
        assert run.state == "succeeded", run.error
        spent["network"] = run.networks[0]["fingerprint"]
        return spent

    runs = {"first": whole(), "again": whole(), "again, measured anew": whole(anew=True)}
    first = runs["first"]
    digests = [
        list(one.items.order_by("image__sha256").values_list("image__sha256", flat=True)) for one in sets.values()
    ]
    load = min(timed(lambda: [cache.load(first["network"], one) for one in digests]) for _ in range(3))
    print(f"features of {2 * images} images: {first['images']:.1f} s CPU, read back in {load:.3f} s: ", end="")
    print(f"{first['images'] / load:.0f} times as fast")
    totals = {name: sum(one[part] for part in ("plan", "images", "measure")) for name, one in runs.items()}
    for name, one in runs.items():
        parts = ", ".join(f"{part} {one[part]:.2f}" for part in ("plan", "images", "measure"))
        print(
            f"{name}: {totals[name]:.2f} s CPU ({parts}), {totals['first'] / totals[name]:.1f} times as fast as the first"
        )


def peak() -> float:
    """GB (10^9 bytes) that this process held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def remember(images: int, dimensions: int, metrics: list[str]) -> None:
    """A run that measures the kept features of two large sets and a training set."""
    from evaluation.metrics import METRICS as KNOWN
    from evaluation.models import ScoringRun
    from evaluation.scoring import measure_run

    fingerprint = "f" * 64
    names = {"synthetic": "made", "reference": "real", "training": "learnt"}
    sets = {
        side: bare_set(name, images, fingerprint, dimensions, seed) for seed, (side, name) in enumerate(names.items())
    }
    facts = {
        "fingerprint": fingerprint,
        "space": "",
        "classes": [],
        "thresholds": [],
        "reads_text": False,
        "input_size": 224,
    }
    asked = metrics or [name for name, metric in KNOWN.items() if metric.needs <= {"features", "training"}]
    run = ScoringRun(**sets, workspace=sets["synthetic"].workspace, networks=[facts], metrics=asked)
    print(f"before: {peak():.2f} GB", flush=True)
    last = ["", time.perf_counter(), time.process_time()]

    def stage(title: str) -> None:
        if last[0]:
            wall, cpu = time.perf_counter() - last[1], time.process_time() - last[2]
            print(f"    {last[0]}: {wall:.0f} s, {cpu:.0f} s CPU, peak {peak():.2f} GB", flush=True)
        last[:] = [title, time.perf_counter(), time.process_time()]

    found = measure_run(run, stage)
    stage("done")
    refused = [f"{one.metric}: {one.refused}" for one in found.results if one.refused]
    print(
        f"{images} + {images} images x {dimensions}: peak {peak():.2f} GB (goal 4), {len(found.results)} scores; {refused}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=500, help="images on either side")
    parser.add_argument(
        "--memory", type=int, default=0, help="measure memory with so many images on either side instead"
    )
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--metrics", nargs="+", default=[], help="only these")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        start(Path(folder))
        if options.memory:
            remember(options.memory, options.dimensions, options.metrics)
        else:
            one_thread()
            rescore(options.images, Path(folder), options.metrics or METRICS)


if __name__ == "__main__":
    main()
