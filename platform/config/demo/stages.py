"""The stages of the demonstration. Each does its work through the services that real work uses, or finds it done."""

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from accounts.models import User, Workspace
from config.demo.browser import find_chromium, read_in_browser
from config.demo.people import make_workspace
from config.demo.readers import Eye, SimulatedReader
from config.demo.server import site
from evaluation.models import ScoreCard, ScoringRun
from evaluation.services import start_scoring
from generation.models import Checkpoint, GenerationRun, PromptSet
from generation.services import import_prompt_set, register_checkpoint, start_generation
from images import phantom
from images.models import ImageSet
from images.services import ItemRow, create_image_set, start_import, store_image
from jobs.models import Run, RunState
from reader_study.models import Reader, Study, StudyState
from reader_study.services import (
    build_study,
    close_study,
    enrol,
    invite_reader,
    lock_study,
    open_study,
    renew_invitation,
    unseal_study,
)

KINDS = (phantom.NO_FINDING, *phantom.FINDINGS)
SEED = 2027
PHANTOMS = "Phantoms"
CHECKPOINT = "Phantom diffusion (demo)"
PROMPTS = "Phantom prompts"
READ = "read by simulated readers"
OPEN = "open"

Tell = Callable[[str], None]


class StageFailed(Exception):
    """A stage could not be done; the message is for the person who started the demonstration."""


@dataclass(frozen=True)
class Size:
    """How much is made."""

    phantoms_per_kind: int = 40
    prompts_per_kind: int = 6
    seeds_per_prompt: int = 3
    steps: int = 25
    cases_per_side: int = 30
    pixels: int = 128
    checkpoint: Path = settings.BASE_DIR / "demo" / "checkpoint"
    classifier: str = "demo/classifier"
    # A folder of real radiographs to use in place of drawn phantoms, and its layout.
    real: Path | None = None
    layout: str = "nih"


SMALL = Size(phantoms_per_kind=10, prompts_per_kind=2, seeds_per_prompt=2, steps=4, cases_per_side=12)


@dataclass
class House:
    """What the stages have made so far, and who works in it."""

    size: Size
    workspace: Workspace
    researcher: User
    coordinator: User
    real: ImageSet | None = None
    checkpoint: Checkpoint | None = None
    prompts: PromptSet | None = None
    synthetic: ImageSet | None = None
    card: ScoreCard | None = None
    study: Study | None = None
    open_study: Study | None = None

    def people(self) -> list[User]:
        """Those whom the printed links sign in as: a researcher, a coordinator, and the readers of the open study."""
        readers = (
            Reader.objects.filter(study=self.open_study, user__isnull=False).order_by("code") if self.open_study else []
        )
        return [self.researcher, self.coordinator, *(reader.user for reader in readers if reader.user)]


def move_in(size: Size) -> House:
    """The workspace and its people."""
    workspace = make_workspace()
    return House(
        size=size,
        workspace=workspace,
        researcher=User.objects.get(username="demo-researcher"),
        coordinator=User.objects.get(username="demo-coordinator"),
    )


def reference(house: House, tell: Tell) -> str:
    """Reference images: a real dataset where a folder was named, else phantoms in equal numbers of every kind."""
    name = house.size.real.name if house.size.real else PHANTOMS
    house.real = ImageSet.objects.filter(workspace=house.workspace, name=name).first()
    if house.real is None:
        house.real = _import_real(house, house.size.real, tell) if house.size.real else _draw_phantoms(house, tell)
    return f"{house.real.count} {'images' if house.size.real else 'phantoms'}"


def _import_real(house: House, folder: Path, tell: Tell) -> ImageSet:
    run = start_import(
        workspace=house.workspace,
        name=folder.name,
        layout=house.size.layout,
        directory=str(folder),
        roots=[folder],
        user=house.researcher,
    )
    _wait(run, tell)
    assert run.image_set
    return run.image_set


def _draw_phantoms(house: House, tell: Tell) -> ImageSet:
    rows = [_phantom_row(house, kind, number) for kind in KINDS for number in _counted(house, kind, tell)]
    return create_image_set(
        workspace=house.workspace,
        name=PHANTOMS,
        source="real",
        rows=rows,
        is_phantom=True,
        description="Procedurally drawn chest radiographs with known findings, in place of a real dataset.",
        created_by=house.researcher,
    )


def _counted(house: House, kind: str, tell: Tell) -> range:
    tell(f"drawing {kind}")
    return range(house.size.phantoms_per_kind)


def _phantom_row(house: House, kind: str, number: int) -> ItemRow:
    seed = SEED * 100_000 + KINDS.index(kind) * 1_000 + number
    spec = phantom.sample_spec(np.random.default_rng(seed), kind)
    drawn = phantom.draw(spec, size=house.size.pixels, seed=seed)
    image = store_image(workspace=house.workspace, pixels=drawn.pixels, created_by=house.researcher)
    return ItemRow(
        image=image,
        group=f"phantom-{seed}",
        caption=drawn.sentence,
        findings=drawn.findings,
        patient=f"phantom-{seed}",
        age=spec.age,
        sex=spec.sex,
        view=spec.view,
    )


def register(house: House, tell: Tell) -> str:
    """The bundled checkpoint."""
    house.checkpoint = Checkpoint.objects.filter(workspace=house.workspace, name=CHECKPOINT).first()
    if house.checkpoint is None:
        tell("reading and checking its files")
        house.checkpoint = register_checkpoint(
            workspace=house.workspace,
            name=CHECKPOINT,
            location=str(house.size.checkpoint),
            user=house.researcher,
        )
    return f"digest {house.checkpoint.digest[:12]}"


def import_prompts(house: House, tell: Tell) -> str:
    """Prompts for every kind of phantom, through the same CSV that a researcher would upload."""
    house.prompts = PromptSet.objects.filter(workspace=house.workspace, name=PROMPTS).first()
    if house.prompts is None:
        tell("writing sentences")
        house.prompts = import_prompt_set(
            workspace=house.workspace, name=PROMPTS, data=_prompt_csv(house.size), user=house.researcher
        )
    return f"{house.prompts.prompts.count()} prompts"


def _prompt_csv(size: Size) -> bytes:
    rows = phantom.prompts(size.prompts_per_kind * len(KINDS), seed=SEED)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["prompt", "findings", "age", "sex", "view"])
    writer.writerows([row.prompt, "|".join(row.findings), row.age, row.sex, row.view] for row in rows)
    return text.getvalue().encode()


def generate(house: House, tell: Tell) -> str:
    """One generation run over all prompts."""
    assert house.checkpoint and house.prompts
    run = GenerationRun.objects.filter(checkpoint=house.checkpoint, state=RunState.SUCCEEDED).first()
    if run is None:
        run = _unfinished(GenerationRun, house) or start_generation(
            checkpoint=house.checkpoint,
            prompt_set=house.prompts,
            seeds_per_prompt=house.size.seeds_per_prompt,
            steps=house.size.steps,
            guidance=3.0,
            size=house.size.pixels,
            batch_size=8,
            seed=SEED,
            user=house.researcher,
            name="Phantoms by request",
        )
        _wait(run, tell)
    house.synthetic = run.image_set
    assert house.synthetic
    return f"{house.synthetic.count} images"


def score(house: House, tell: Tell) -> str:
    """A score card of the generated images against the phantoms."""
    assert house.synthetic and house.real
    house.card = ScoreCard.objects.filter(synthetic=house.synthetic, reference=house.real).first()
    if house.card is None:
        run = _unfinished(ScoringRun, house) or start_scoring(
            synthetic=house.synthetic,
            reference=house.real,
            extractor="xrv-densenet",
            weights=house.size.classifier,
            user=house.researcher,
        )
        _wait(run, tell)
        house.card = ScoreCard.objects.get(run=run)
    return f"{house.card.scores.count()} scores"


def read_study(house: House, tell: Tell) -> str:
    """A study from design to unsealed key, read by two programs that come in by personal links.

    The first sits at a browser where there is one; the second, and both where there is none, speak HTTP.
    """
    study = house.study = _open_a_study(house, READ, tell)
    if study.state == StudyState.OPEN:
        with site() as base:
            for number in (1, 2):
                _simulate(house, base, number, tell)
        close_study(study=study, user=house.coordinator)
        study.refresh_from_db()
    if study.state == StudyState.CLOSED:
        unseal_study(study=study, user=house.coordinator)
        study.refresh_from_db()
    return "closed and unsealed: two simulated readers"


def _simulate(house: House, base: str, number: int, tell: Tell) -> None:
    assert house.study
    tell(f"simulated reader {number} of 2 is reading")
    label = f"Simulated reader {number}"
    before = Reader.objects.filter(study=house.study, label=label).first()
    invitation = (
        renew_invitation(reader=before, user=house.coordinator)
        if before
        else invite_reader(study=house.study, user=house.coordinator, label=label, simulated=True)
    )
    eye, link, chromium = Eye(skill=0.9, seed=SEED + number), base + invitation.path, find_chromium()
    if number == 1 and chromium:
        read_in_browser(chromium, link, eye)
    else:
        SimulatedReader(base, eye).read_study(link)


def open_one(house: House, tell: Tell) -> str:
    """A second study, open for the two people who follow the printed links."""
    house.open_study = _open_a_study(house, OPEN, tell)
    for number in range(house.open_study.readers.count() + 1, 3):
        invitation = invite_reader(study=house.open_study, user=house.coordinator, label=f"Reader {number}")
        reader = enrol(secret=invitation.secret)
        assert reader.user
        reader.user.first_name = f"Reader {number}"
        reader.user.save(update_fields=["first_name"])
    return "open: two readers are expected"


def _open_a_study(house: House, title: str, tell: Tell) -> Study:
    assert house.real and house.synthetic
    real = house.size.real is not None
    title = f"{'Real' if real else 'Phantoms'} or generated? ({title})"
    origin = "was either taken of a patient" if real else "is either a phantom drawn by a program"
    study = Study.objects.filter(workspace=house.workspace, title=title).first() or build_study(
        workspace=house.workspace,
        title=title,
        reader_title="Chest radiographs",
        instructions=f"Each picture {origin} or made by a generative model.",
        real_set=house.real,
        synthetic_set=house.synthetic,
        n_real=house.size.cases_per_side,
        n_synthetic=house.size.cases_per_side,
        margin=0.1,
        seed=SEED,
        user=house.coordinator,
    )
    _wait(study.rendition, tell)
    study.refresh_from_db()
    if study.state == StudyState.DRAFT:
        reason = "A demonstration: what tells phantoms from generated pictures is its subject."
        lock_study(study=study, user=house.coordinator, acknowledgement=reason if study.suspicious else "")
    study.refresh_from_db()
    if study.state == StudyState.LOCKED:
        open_study(study=study, user=house.coordinator)
    study.refresh_from_db()
    return study


def _unfinished(model: Any, house: House) -> Any:
    """A run that an earlier, interrupted demonstration left behind."""
    return model.objects.filter(workspace=house.workspace, state__in=(RunState.QUEUED, RunState.RUNNING)).first()


def _wait(run: Run, tell: Tell, patience: float = 1_800.0) -> None:
    """Until the run is finished; a run that nobody works on for half an hour counts as failed."""
    moved, last = timezone.now(), (-1, "")
    while not run.is_finished:
        time.sleep(0.5)
        run.refresh_from_db()
        now = (run.done, run.message)
        if now != last:
            moved, last = timezone.now(), now
            tell(f"{run.done} of {run.total} {run.message}".strip())
        if (timezone.now() - moved).total_seconds() > patience:
            raise StageFailed("No worker took the work. Is a `gpu` worker running?")
    if run.state != RunState.SUCCEEDED:
        raise StageFailed(run.error or f"The run was {run.state}.")


STAGES: tuple[tuple[str, Callable[[House, Tell], str]], ...] = (
    ("Reference images", reference),
    ("Register the demo checkpoint", register),
    ("Import prompts", import_prompts),
    ("Generate", generate),
    ("Score", score),
    ("Read blind", read_study),
    ("Open a study", open_one),
)
