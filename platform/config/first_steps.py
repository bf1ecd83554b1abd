"""The way from an empty workspace to results, each step with where to take it and whether it was taken."""

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse_lazy
from django.utils.functional import Promise

from accounts.models import Workspace
from accounts.policy import Action
from evaluation.models import ScoreCard
from generation.models import Checkpoint, GenerationRun, PromptSet
from images.models import ImageSet, Source
from reader_study.models import Study


@dataclass(frozen=True)
class Step:
    """One of the first steps: `done` once there is such a thing, `next` for the first one that is not."""

    title: str
    text: str
    url: str | Promise
    label: str
    rows: Any
    action: Action
    done: bool = False
    allowed: bool = False
    next: bool = False


STEPS = (
    Step(
        "Import real radiographs",
        "What generated pictures are measured against and mixed with: a folder, a CSV table or DICOM files.",
        reverse_lazy("images:import_create"),
        "Import",
        ImageSet.objects.from_source(Source.REAL),
        Action.IMPORT_IMAGES,
    ),
    Step(
        "Register a checkpoint",
        "A text-to-image pipeline as a diffusers folder or a hub id; only safetensors are loaded.",
        reverse_lazy("generation:checkpoint_register"),
        "Register",
        Checkpoint.objects.all(),
        Action.MANAGE_CHECKPOINTS,
    ),
    Step(
        "Import a prompt set",
        "A CSV table with a prompt column; findings, age, sex and view where they are known.",
        reverse_lazy("generation:prompt_set_import"),
        "Import",
        PromptSet.objects.all(),
        Action.MANAGE_CHECKPOINTS,
    ),
    Step(
        "Generate",
        "Every prompt with several seeds; the pictures appear as they are made.",
        reverse_lazy("generation:run_new"),
        "Start",
        GenerationRun.objects.all(),
        Action.GENERATE,
    ),
    Step(
        "Score",
        "Fidelity, diversity and clinical agreement, each number with its interval.",
        reverse_lazy("evaluation:score_new"),
        "Score",
        ScoreCard.objects.all(),
        Action.SCORE,
    ),
    Step(
        "Have them read blind",
        "A visual Turing test: build it, lock it, invite radiologists by personal link.",
        reverse_lazy("reader_study:study_new"),
        "Build",
        Study.objects.all(),
        Action.MANAGE_STUDIES,
    ),
)


def first_steps(workspace: Workspace, actions: frozenset[Action]) -> list[Step]:
    """The steps as this workspace stands, for somebody with these allowed actions."""
    steps = [
        replace(step, done=step.rows.filter(workspace=workspace).exists(), allowed=step.action in actions)
        for step in STEPS
    ]
    coming = next((place for place, step in enumerate(steps) if not step.done), None)
    return [replace(step, next=place == coming) for place, step in enumerate(steps)]
