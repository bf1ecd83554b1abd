"""Fifty readers at once on the reader API: how long each request takes at the server's door.

    python benchmarks/reader_api.py [--readers 50] [--cases 20] [--think 2.0]

Real servers (PostgreSQL, gunicorn with two processes) in a temporary home, readers over HTTP on the loopback. Each reader
thinks between cases; DESIGN goal: 95 % of requests within 80 ms. A case of a real reader takes ten seconds and more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
ADDRESS = "127.0.0.1:8799"
SIDE = 512


def main() -> None:
    """Serve, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--cases", type=int, default=20, help="cases that each reader reads")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between cases")
    options = parser.parse_args()
    from embedded import EmbeddedServers

    with tempfile.TemporaryDirectory() as folder, EmbeddedServers(Path(folder) / "home") as servers:
        urls = servers.start()
        os.environ |= {"NEGATOSCOPE_HOME": f"{folder}/home", "DATABASE_URL": urls.database, "BROKER_URL": urls.broker}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
        links = prepare(options.readers)
        with Gunicorn():
            report(read_all(links, options.cases, options.think))


def prepare(readers: int) -> list[str]:
    """An open study of 60 phantoms against 60 others, and a link for each reader."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from accounts.models import Workspace
    from images import phantom
    from images.services import ItemRow, create_image_set, store_image
    from reader_study import services

    workspace = Workspace.objects.create(name="Benchmark", slug="benchmark")
    sets = []
    for source, start in (("real", 0), ("synthetic", 60)):
        drawn = [phantom.draw(phantom.PhantomSpec(), size=SIDE, seed=seed) for seed in range(start, start + 60)]
        rows = [
            ItemRow(image=store_image(workspace=workspace, pixels=one.pixels), group=str(number))
            for number, one in enumerate(drawn)
        ]
        sets.append(create_image_set(workspace=workspace, name=source, source=source, rows=rows, is_phantom=True))
    study = services.build_study(
        workspace=workspace, user=None, title="Load", real_set=sets[0], synthetic_set=sets[1], n_real=60, n_synthetic=60
    )
    services.run_rendition(study.rendition)
    study.refresh_from_db()
    services.lock_study(study=study, user=None, acknowledgement="a benchmark")
    study.refresh_from_db()
    services.open_study(study=study, user=None)
    return [services.invite_reader(study=study, user=None).path for _ in range(readers)]


class Gunicorn:
    """The web server as the Procfile starts it."""

    def __enter__(self) -> None:
        command = ["gunicorn", "config.wsgi", "--bind", ADDRESS, "--workers", "2", "--threads", "4"]
        self.process = subprocess.Popen([sys.executable, "-m", *command, "--no-control-socket"], cwd=ROOT)
        time.sleep(5)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def read_all(links: list[str], cases: int, think: float) -> dict[str, list[float]]:
    """Every reader in a thread of their own; seconds of each request, by kind."""
    from config.demo.readers import Eye, SimulatedReader

    took: dict[str, list[float]] = {"session": [], "frame": [], "answer": []}

    class Timed(SimulatedReader):
        """Thinks, and holds a watch."""

        read = 0

        def _read_case(self, session: dict[str, Any], urls: dict[str, str]) -> dict[str, Any]:
            if self.read >= cases:
                return {**session, "current": None}
            self.read += 1
            time.sleep(think * (0.5 + np.random.default_rng().random()))
            return super()._read_case(session, urls)

        def _opened(self, request: Any) -> bytes:
            address = request if isinstance(request, str) else request.full_url
            kind = next((k for k in ("session", "frame", "answer") if f"/{k}" in address), None)
            start = time.perf_counter()
            body = super()._opened(request)
            if kind:
                took[kind].append(time.perf_counter() - start)
            return body

    def go(number: int, link: str) -> None:
        Timed(f"http://{ADDRESS}", Eye(skill=0.5, seed=number)).read_study(f"http://{ADDRESS}{link}")

    threads = [threading.Thread(target=go, args=(number, link)) for number, link in enumerate(links)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def report(took: dict[str, list[float]]) -> None:
    """Median and 95th percentile of each kind, in milliseconds."""
    print(f"{'request':10} {'n':>6} {'median ms':>10} {'p95 ms':>8}")
    for kind, seconds in took.items():
        median, high = np.percentile(np.array(seconds) * 1000, [50, 95])
        print(f"{kind:10} {len(seconds):6d} {median:10.1f} {high:8.1f}")


if __name__ == "__main__":
    main()
