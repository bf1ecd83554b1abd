"""The whole export of a large study, from the database to the last byte: time, memory and size.

    OMP_NUM_THREADS=1 python benchmarks/export.py [--cases 300] [--readers 30] [--questions 6]

Starts a database of its own in a temporary folder, fills it with an unsealed study, and has it analysed, as a worker does
after unsealing. Then a fresh process exports it, twice, and its memory is measured. Nothing but chunks is held back: the
bundle is counted and thrown away.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reader_study.models import Study

OPTIONS = [{"value": value, "label": f"answer {value}"} for value in range(1, 7)]


def start(folder: Path) -> None:
    """A database, and Django on it."""
    import django
    from django.core.management import call_command

    from embedded import EmbeddedServers

    servers = EmbeddedServers(folder, durable=False)
    urls = servers.start()
    os.environ |= {"NEGATOSCOPE_HOME": str(folder), "DATABASE_URL": urls.database, "BROKER_URL": urls.broker}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    call_command("migrate", verbosity=0)


def fill(cases: int, readers: int, questions: int) -> Study:
    """An unsealed study of which everything was read; ratings know a little of the truth."""
    from django.utils import timezone

    from accounts.models import Workspace
    from images.models import ImageSet
    from reader_study import blinding
    from reader_study.models import Case, Study, StudyState

    workspace = Workspace.objects.create(name="Benchmark", slug="benchmark")
    sets = {
        source: ImageSet.objects.create(workspace=workspace, name=f"{source} images", source=source, count=0, digest="")
        for source in ("real", "synthetic")
    }
    slugs = ["source_confidence", "realism", *(f"question_{number}" for number in range(3, questions + 1))]
    asked = [{"slug": slug, "text": slug, "kind": "choice", "choices": OPTIONS, "required": True} for slug in slugs]
    key = {
        f"C{number:03d}": {
            "source": ("real", "synthetic")[number % 2], "image": "", "generator": ("", "a checkpoint")[number % 2],
            "findings": ["Effusion"],
        }
        for number in range(1, cases + 1)
    }  # fmt: skip
    nonce = secrets.token_hex(32)
    protocol = {"settings": {"margin": 0.1, "alpha": 0.05}, "questions": asked}
    study = Study.objects.create(
        workspace=workspace, title="Benchmark", reader_title="Benchmark", real_set=sets["real"],
        synthetic_set=sets["synthetic"], state=StudyState.UNSEALED, protocol=protocol,
        protocol_hash=blinding.digest_json(protocol), revealed_key={"key": key, "nonce": nonce},
        key_commitment=blinding.commit(key, nonce), unsealed_at=timezone.now(),
    )  # fmt: skip
    Case.objects.bulk_create(Case(study=study, code=code, frame="", frame_sha256=code) for code in key)
    for number in range(readers):
        _read(study, number, slugs)
    return study


def _read(study: Study, number: int, slugs: list[str]) -> None:
    from reader_study.models import Case, Presentation, Reader, Reading

    rng = np.random.default_rng(number)
    reader = Reader.objects.create(study=study, code=f"R{number + 1:02d}", seed=str(number), max_run=4, min_lag=25)
    key = (study.revealed_key or {})["key"]
    shown = Presentation.objects.bulk_create(
        Presentation(reader=reader, position=place, case=case, token=secrets.token_urlsafe(16))
        for place, case in enumerate(Case.objects.filter(study=study))
    )
    Reading.objects.bulk_create(
        Reading(
            presentation=presentation,
            revision=1,
            key=uuid.uuid4(),
            answers={slug: _answer(rng, key[presentation.case.code]["source"]) for slug in slugs},
            complete=True,
            active_ms=int(rng.gamma(4, 2000)),
            total_ms=20_000,
            first_paint_ms=20,
            events={"window": {"center": 128.0, "width": 256.0}, "tools": {"window": 3, "zoom": 1}},
        )
        for presentation in shown
    )


def _answer(rng: np.random.Generator, source: str) -> int:
    return int(np.clip(np.round(rng.normal(3.5 + 0.5 * (source == "synthetic"), 1.4)), 1, 6))


def analyse(study: Study) -> float:
    """Seconds that the analysis with all figures takes; it is then kept."""
    from reader_study.services import finished_analysis

    begin = time.perf_counter()
    finished_analysis(study=study)
    return time.perf_counter() - begin


def export(identifier: str) -> None:
    """In a process that has done nothing before: export, and say what it took."""
    import django

    django.setup()
    from reader_study.bundle import export_blinded, export_study
    from reader_study.models import Study

    study = Study.objects.get(pk=identifier)
    print(f"fresh process: {memory():.0f} MB before the export")
    for name, write in (("whole", export_study), ("whole, again", export_study), ("blinded", export_blinded)):
        begin, used, first, size = time.perf_counter(), time.process_time(), 0.0, 0
        for chunk in write(study=study, user=None):
            first = first or time.perf_counter() - begin
            size += len(chunk)
        used, total = time.process_time() - used, time.perf_counter() - begin
        print(
            f"{name}: first byte {first:.2f} s, all {total:.2f} s (processor {used:.2f} s), {size / 1e6:.1f} MB, "
            f"peak memory {memory():.0f} MB"
        )
    heavy = [name for name in ("pandas", "statsmodels", "matplotlib", "torch") if name in sys.modules]
    print(f"loaded beside: {', '.join(heavy) or 'none of pandas, statsmodels, matplotlib, torch'}")


def memory() -> float:
    """Largest resident memory of this program so far, in MB (Linux). What getrusage says counts the parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Fill, analyse, export in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--readers", type=int, default=30)
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--export", metavar="STUDY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        return export(options.export)
    with tempfile.TemporaryDirectory(prefix="negatoscope-benchmark-", ignore_cleanup_errors=True) as folder:
        start(Path(folder))
        study = fill(options.cases, options.readers, options.questions)
        print(f"{options.cases * options.readers * options.questions:,} answers; analysed in {analyse(study):.1f} s")
        subprocess.run([sys.executable, __file__, "--export", str(study.pk)], check=True)


if __name__ == "__main__":
    main()
