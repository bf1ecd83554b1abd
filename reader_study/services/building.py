"""Making a draft, and throwing it away."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User, Workspace
from audit.services import record
from images.models import ImageSet, ImageSetItem, Source
from reader_study import chance
from reader_study.models import Question, RenditionRun, Study, StudyState
from reader_study.questions import DEFAULT_QUESTIONS, QuestionSpec, finding_question
from reader_study.services import renditions
from reader_study.services.asked_findings import checked_findings

DEFAULT_INSTRUCTIONS = (
    "You will see chest radiographs one at a time. Some were taken of patients, some were made by a computer; "
    "how many of each is not said, and some pictures may come twice. Answer each by your first careful look."
)
DEFAULT_CONSENT = (
    "Taking part is voluntary. Your answers, your reading times and your use of the viewing tools are stored under a "
    "reader code and analysed together with those of other readers."
)


@transaction.atomic
def build_study(
    *,
    workspace: Workspace,
    user: User | None,
    title: str,
    real_set: ImageSet,
    synthetic_set: ImageSet,
    n_real: int,
    n_synthetic: int,
    reader_title: str = "Chest radiograph reading study",
    instructions: str = DEFAULT_INSTRUCTIONS,
    consent_text: str = DEFAULT_CONSENT,
    margin: float = 0.1,
    alpha: float = 0.05,
    match: bool = True,
    repeats: float = 0.15,
    min_lag: int = 25,
    max_run: int = 4,
    break_every: int = 100,
    frame_size: int | None = None,
    questions: list[QuestionSpec] | None = None,
    findings: Sequence[str] = (),
    seed: str | int = "",
) -> Study:
    """Make a draft and queue the preparation of its cases.

    `margin` is the half-width around 0.5, of balanced accuracy and AUC, within which readers count as unable to tell;
    `repeats` the share of cases seen twice; `frame_size` the side of the frames in pixels, or None for the largest that
    enlarges no picture (at most 1024); `findings` are asked about after `questions`; `seed` decides which cases are chosen.
    Raises ValidationError, by field, for anything that no study can be made of.
    """
    design: dict[str, Any] = {"n_real": n_real, "n_synthetic": n_synthetic, "match": match}
    design |= {"margin": margin, "alpha": alpha}
    design |= {"repeats_share": repeats, "min_lag": min_lag, "max_run": max_run, "break_every": break_every}
    design |= {"frame_size": frame_size, "seed": str(seed) or chance.nonce()}
    check_ranges(design)
    _check_sets(workspace, real_set, synthetic_set, n_real, n_synthetic)
    design["findings"] = asked = checked_findings(findings, (real_set, synthetic_set))
    study = Study(
        workspace=workspace,
        created_by=user,
        title=title.strip(),
        reader_title=reader_title.strip(),
        instructions=instructions.strip(),
        consent_text=consent_text.strip(),
        real_set=real_set,
        synthetic_set=synthetic_set,
        settings=design,
    )
    study.full_clean(exclude=["workspace", "created_by", "real_set", "synthetic_set"], validate_unique=False)
    study.save(force_insert=True)
    first = DEFAULT_QUESTIONS if questions is None else questions
    _add_questions(study, [*first, *map(finding_question, asked)] if first else [])
    run = RenditionRun.objects.create(workspace=workspace, created_by=user, study=study, total=n_real + n_synthetic)
    record(workspace=workspace, actor=user, action="study.built", target=study, details={"cases": run.total})
    transaction.on_commit(lambda: renditions.requeue(run))
    return study


@transaction.atomic
def discard_draft(*, study: Study, user: User) -> None:
    """Delete a draft with everything that was prepared for it. Raises ValidationError once it is locked."""
    draft = Study.objects.select_for_update().filter(pk=study.pk, state=StudyState.DRAFT).first()
    if draft is None:
        raise ValidationError("Only a draft can be deleted: what was locked stays on record.")
    record(workspace=study.workspace, actor=user, action="study.discarded", target=draft)
    draft.delete()


# Lowest and highest value of every setting, and what to say otherwise.
_RANGES: dict[str, tuple[float, float, str]] = {
    "n_real": (1, 5000, "Ask for 1 to 5,000 real cases."),
    "n_synthetic": (1, 5000, "Ask for 1 to 5,000 synthetic cases."),
    "margin": (0.01, 0.49, "The margin lies between 0.01 and 0.49: it is a distance from an AUC of 0.5."),
    "alpha": (0.001, 0.5, "The significance level lies between 0.001 and 0.5."),
    "repeats_share": (0, 0.5, "The share of repeats lies between 0 and 0.5."),
    "min_lag": (1, 1000, "The distance of repeats lies between 1 and 1,000 cases."),
    "max_run": (0, 1000, "The longest run lies between 0 (no limit) and 1,000."),
    "break_every": (5, 1000, "A break comes after 5 to 1,000 cases."),
    "frame_size": (32, 1024, "The frame's side lies between 32 and 1,024 pixels."),
}


def check_ranges(design: dict[str, Any]) -> None:
    """Raises ValidationError, by field, for settings out of range."""
    errors = {
        field: message
        for field, (low, high, message) in _RANGES.items()
        if design.get(field) is not None and not low <= design[field] <= high
    }
    if errors:
        raise ValidationError(errors)


def _check_sets(workspace: Workspace, real: ImageSet, synthetic: ImageSet, n_real: int, n_synthetic: int) -> None:
    errors: dict[str, str] = {}
    if real.workspace_id != workspace.pk or real.source != Source.REAL:
        errors["real_set"] = "Choose an image set of real radiographs."
    elif real.count < n_real:
        errors["n_real"] = f"{n_real} real cases are asked for, but {real.name} has only {real.count}."
    if synthetic.workspace_id != workspace.pk or synthetic.source != Source.SYNTHETIC:
        errors["synthetic_set"] = "Choose an image set of synthetic radiographs."
    elif synthetic.count < n_synthetic:
        errors["n_synthetic"] = (
            f"{n_synthetic} synthetic cases are asked for, but {synthetic.name} has only {synthetic.count}."
        )
    if not errors:
        common = ImageSetItem.objects.filter(image_set=real, image__items__image_set=synthetic).count()
        if common:
            errors["synthetic_set"] = f"{common} pictures are in both sets: no picture can be real and synthetic."
    if errors:
        raise ValidationError(errors)


def _add_questions(study: Study, questions: list[QuestionSpec]) -> None:
    if not questions or any(len(question["choices"]) < 2 for question in questions):
        raise ValidationError({"questions": "A study asks at least one question, and each has at least two answers."})
    Question.objects.bulk_create(
        Question(study=study, slug=q["slug"], text=q["text"], choices=q["choices"], order=order)
        for order, q in enumerate(questions)
    )
