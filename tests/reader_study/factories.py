"""Image sets, studies and readers for tests: small, quick, and built through the services that real ones use."""

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.test import Client

from accounts.models import User, Workspace
from images.models import ImageSet
from images.services import ItemRow, create_image_set, store_image
from reader_study import services
from reader_study.models import Presentation, Reader, Study

FINDINGS = ("No Finding", "Effusion", "Nodule")


def picture(seed: int, *, height: int = 48, width: int = 48) -> np.ndarray:
    """A smooth random picture with some noise, (height, width) uint8; nothing in it depends on anything but `seed`."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / height
    waves = sum(np.sin(rng.uniform(2, 9) * rows + rng.uniform(2, 9) * columns + rng.uniform(0, 6)) for _ in range(4))
    levels = 128 + 28 * waves + rng.normal(0, 5, (height, width))
    return np.clip(levels, 0, 255).astype(np.uint8)


def image_set(
    workspace: Workspace,
    source: str,
    count: int = 12,
    *,
    name: str = "",
    first_seed: int = 0,
    side: int = 48,
    findings: Sequence[str] = FINDINGS,
    caption: str = "",
    is_phantom: bool = False,
) -> ImageSet:
    """An image set of `count` pictures with seeds from `first_seed` on and findings in turn."""
    rows = [
        ItemRow(
            image=store_image(workspace=workspace, pixels=picture(first_seed + number, height=side, width=side)),
            group=f"{source}-{number}",
            caption=caption,
            findings=(findings[number % len(findings)],) if findings else (),
            patient=f"patient-{number}" if source == "real" else "",
        )
        for number in range(count)
    ]
    return create_image_set(
        workspace=workspace, name=name or f"{source} pictures", source=source, rows=rows, is_phantom=is_phantom
    )


def build_draft(workspace: Workspace, user: User | None, *, n: int = 6, prepared: bool = True, **options: Any) -> Study:
    """A draft of `n` real and `n` synthetic cases; `prepared` runs the work that a worker would do."""
    options.setdefault("real_set", None)
    options.setdefault("synthetic_set", None)
    real = options.pop("real_set") or image_set(workspace, "real", n)
    synthetic = options.pop("synthetic_set") or image_set(workspace, "synthetic", n, first_seed=1000)
    options = {"title": "Can they tell?", "n_real": n, "n_synthetic": n, "seed": "a seed", **options}
    study = services.build_study(workspace=workspace, user=user, real_set=real, synthetic_set=synthetic, **options)
    if prepared:
        services.run_rendition(study.rendition)
        study.refresh_from_db()
    return study


def lock(study: Study, user: User | None) -> Study:
    """Lock a draft, whatever its blinding report says."""
    services.lock_study(study=study, user=user, acknowledgement="These pictures are random.")
    study.refresh_from_db()
    return study


def build_open(workspace: Workspace, user: User | None, **options: Any) -> Study:
    """A study that readers can read."""
    study = lock(build_draft(workspace, user, **options), user)
    services.open_study(study=study, user=user)
    study.refresh_from_db()
    return study


def enter(
    study: Study, *, user: User | None = None, client: Client | None = None, **options: Any
) -> tuple[Client, Reader]:
    """A new reader who has followed the link and consented, with the browser they did it in."""
    invitation = services.invite_reader(study=study, user=user, **options)
    client = client or Client()
    client.get(invitation.path)
    client.post(f"/read/{study.token}/consent/", {"consent": "on"})
    return client, Reader.objects.select_related("study").get(pk=invitation.reader_id)


def event(token: str, *, source: int | None = 2, realism: int | None = 4, **members: Any) -> dict[str, Any]:
    """One answer as the browser sends it."""
    answers = {"source_confidence": source, "realism": realism}
    return {
        "key": str(uuid.uuid4()),
        "token": token,
        "answers": {slug: value for slug, value in answers.items() if value is not None},
        "active_ms": 1500,
        "total_ms": 1700.4,
        "first_paint_ms": 12,
        "window": {"center": 128, "width": 256},
        "tools": {"invert": 1},
        **members,
    }


def send(client: Client, study: Study, *events: dict[str, Any]) -> Any:
    """Deliver answers."""
    return client.post(f"/read/{study.token}/answers", {"events": list(events)}, content_type="application/json")


def read_all(client: Client, study: Study, **answers: int) -> int:
    """Read to the end through the reader's routes, and say how many cases that were."""
    for count in range(10_000):
        current = client.get(f"/read/{study.token}/session").json()["current"]
        if current is None:
            return count
        response = send(client, study, event(current["token"], **answers))
        assert response.status_code == 200, response.content
    raise AssertionError("the study does not end")


def tokens_of(reader: Reader) -> list[str]:
    """The addresses of a reader's cases, in order."""
    return list(Presentation.objects.filter(reader=reader).order_by("position").values_list("token", flat=True))
