"""Memory and time of listing a collection as large as MIMIC-CXR-JPG: 377,110 images, tables only, no pictures.

python benchmarks/import_listing.py [--images 377110]
"""

import argparse
import gzip
import hashlib
import tempfile
import time
import tracemalloc
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from images.datasets import ReadingOptions, list_folder
from images.datasets.observations import OBSERVATIONS
from images.datasets.sampling import Candidate, Pool
from images.layouts import DirectoryFolder, Listed

METADATA = "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate"
VIEWS = ("PA", "AP", "LATERAL", "LL", "")


def write_mimic(root: Path, images: int) -> None:
    """Tables with as many images, about three to two studies and five to a patient, as MIMIC-CXR-JPG has."""
    with ExitStack() as stack:
        metadata, split, chexpert = (
            stack.enter_context(gzip.open(root / f"mimic-cxr-2.0.0-{kind}.csv.gz", "wt", compresslevel=1))
            for kind in ("metadata", "split", "chexpert")
        )
        metadata.write(METADATA + "\n")
        split.write("dicom_id,study_id,subject_id,split\n")
        chexpert.write(f"subject_id,study_id,{','.join(OBSERVATIONS)}\n")
        for number in range(images):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            image = "-".join(digest[at : at + 8] for at in range(0, 40, 8))
            patient, study = 10_000_000 + number // 6, 50_000_000 + number * 3 // 5
            metadata.write(f"{image},{patient},{study},CHEST (PA AND LAT),{VIEWS[number % 5]},3056,2544,21800506\n")
            split.write(f"{image},{study},{patient},{'test' if patient % 60 == 0 else 'train'}\n")
            if number * 3 % 5 < 3:
                cells = (("", "1.0", "0.0", "-1.0")[int(letter, 16) % 4] for letter in digest[:14])
                chexpert.write(f"{patient},{study},{','.join(cells)}\n")


def traced_peak(root: Path) -> tuple[int, float]:
    """Entries of one walk, and the most bytes that Python held during it."""
    tracemalloc.start()
    count = sum(isinstance(entry, Listed) for entry in list_folder(DirectoryFolder(root), "mimic"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, peak


def draw(root: Path, n: int) -> tuple[int, float]:
    """Size of a stratified draw, and the most bytes that Python held."""
    tracemalloc.start()
    options = ReadingOptions(views=("frontal",), sample=n)
    entries = list_folder(DirectoryFolder(root), "mimic", options).walk(Counter())
    listed = ((place, entry) for place, entry in enumerate(entries) if isinstance(entry, Listed))
    candidates = (Candidate.of(place, entry.file, entry.attributes) for place, entry in listed)
    drawn = Pool(candidates, by=("finding", "view"), seed=0).draw(n, one_per_patient=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(drawn), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=377_110)
    images = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_mimic(root, images)
        started = time.process_time()
        count = sum(1 for _ in list_folder(DirectoryFolder(root), "mimic"))
        print(f"listing {count:,} images: {time.process_time() - started:.1f} CPU seconds, one thread")
        print(f"  most memory held by Python: {traced_peak(root)[1] / 2**20:.0f} MiB")
        n, peak = draw(root, 2000)
        print(f"drawing {n:,} of their frontal images, one per patient: {peak / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
