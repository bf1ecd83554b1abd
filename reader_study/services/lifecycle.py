"""From draft to unsealed: every step once, in order, and on record."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from jobs.models import RunState
from reader_study import blinding, chance
from reader_study.analysis.plan import ANALYSIS_PLAN
from reader_study.models import Case, RenditionRun, SealedNonce, Study, StudyState
from reader_study.questions import FIRST_SYNTHETIC, SOURCE_CONFIDENCE, question_for_browser
from reader_study.services.analysing import request_analysis


@transaction.atomic
def lock_study(*, study: Study, user: User | None, acknowledgement: str = "") -> None:
    """Freeze the protocol, publish its hash and the commitment to the key, and seal the key.

    Raises ValidationError when the cases are not ready or fewer than asked for, when the rating question is missing,
    or when the blinding report has suspicious features that `acknowledgement` does not answer for.
    """
    study = _held(study)
    cases = list(Case.objects.filter(study=study).select_related("key__item__image"))
    _check_lockable(study, cases, acknowledgement)
    nonce = chance.nonce()
    SealedNonce.objects.create(study=study, nonce=nonce)
    commitment = blinding.commit(_key_of(cases), nonce)
    protocol = _protocol(study, cases, acknowledgement.strip(), commitment)
    _move(
        study,
        StudyState.LOCKED,
        acknowledgement=acknowledgement.strip(),
        protocol=protocol,
        protocol_hash=blinding.digest_json(protocol),
        key_commitment=commitment,
        form=_form(study),
        locked_at=chance.now(),
    )
    hashes = {"protocol_hash": study.protocol_hash, "key_commitment": study.key_commitment}
    record(workspace=study.workspace, actor=user, action="study.locked", target=study, details=hashes)


@transaction.atomic
def open_study(*, study: Study, user: User | None) -> None:
    """Let readers read, for the first time or after a pause."""
    study = _held(study)
    _move(study, StudyState.OPEN, opened_at=study.opened_at or chance.now())
    record(workspace=study.workspace, actor=user, action="study.opened", target=study)


@transaction.atomic
def pause_study(*, study: Study, user: User | None) -> None:
    """Stop taking answers for a while; readers keep theirs and send them when it goes on."""
    study = _held(study)
    _move(study, StudyState.PAUSED)
    record(workspace=study.workspace, actor=user, action="study.paused", target=study)


@transaction.atomic
def close_study(*, study: Study, user: User | None) -> None:
    """Stop taking answers for good."""
    study = _held(study)
    _move(study, StudyState.CLOSED, closed_at=chance.now())
    record(workspace=study.workspace, actor=user, action="study.closed", target=study)


def unseal_study(*, study: Study, user: User | None) -> None:
    """Publish the key and its nonce, after checking that they are what the commitment was made of.

    Raises ValidationError unless the study is closed, or when the key was tampered with; the latter is on record.
    """
    cases = list(Case.objects.filter(study=study).select_related("key__item__image"))
    with transaction.atomic():
        study = _held(study)
        key, nonce = _key_of(cases), _nonce_of(study)
        genuine = blinding.opens(study.key_commitment, key, nonce) if study.key_commitment else True
        if genuine:
            _move(study, StudyState.UNSEALED, revealed_key={"key": key, "nonce": nonce}, unsealed_at=chance.now())
            request_analysis(study=study, user=user)
        action = "study.unsealed" if genuine else "study.unseal_refused"
        details = {"key_commitment": study.key_commitment, "genuine": genuine}
        record(workspace=study.workspace, actor=user, action=action, target=study, details=details)
    if not genuine:
        raise ValidationError("The key in the database is not the one that was committed to at the lock.")


def _held(study: Study) -> Study:
    """The study as it is now, held against other changes until the transaction ends."""
    Study.objects.select_for_update().only("pk").get(pk=study.pk)
    study.refresh_from_db()
    return study


def _move(study: Study, state: StudyState, **changes: Any) -> None:
    before = study.get_state_display().lower()
    if not study.move_to(state, **changes):
        raise ValidationError(f"The study is {before}: it cannot become {state.label.lower()} now.")


def _check_lockable(study: Study, cases: list[Case], acknowledgement: str) -> None:
    if study.state != StudyState.DRAFT:
        raise ValidationError(f"The study is {study.get_state_display().lower()}: only a draft can be locked.")
    run = RenditionRun.objects.filter(study=study).first()
    if run is None or run.state != RunState.SUCCEEDED:
        raise ValidationError("The cases are not ready yet. Wait until they are prepared, or see why this failed.")
    asked = study.settings["n_real"] + study.settings["n_synthetic"]
    if len(cases) != asked:
        raise ValidationError(f"{asked} cases are asked for, but only {len(cases)} are there. Build the study anew.")
    if not study.questions.filter(slug=SOURCE_CONFIDENCE).exists():
        raise ValidationError("Without the question for the source there is nothing to analyse. Build the study anew.")
    if study.suspicious and not acknowledgement.strip():
        names = ", ".join(row["feature"].replace("_", " ") for row in study.suspicious)
        raise ValidationError(
            {
                "acknowledgement": f"The blinding report is suspicious of: {names}. Say why you lock the study all the same."
            }
        )


def _key_of(cases: list[Case]) -> dict[str, Any]:
    """The key as it is committed to: by case code, the source and the pixels' digest."""
    return {
        case.code: {
            "source": case.key.source,
            "image": case.key.item.image.sha256,
            "generator": case.key.generator,
            "findings": list(case.key.findings),
        }
        for case in cases
    }


def _nonce_of(study: Study) -> str:
    sealed = SealedNonce.objects.filter(study=study).first()
    return sealed.nonce if sealed else ""


def _protocol(study: Study, cases: list[Case], acknowledgement: str, commitment: str) -> dict[str, Any]:
    return {
        "version": 1,
        "study": str(study.pk),
        "title": study.title,
        "reader_title": study.reader_title,
        "instructions": study.instructions,
        "consent_text": study.consent_text,
        "settings": study.settings,
        "analysis": {**ANALYSIS_PLAN, "called_synthetic_from": FIRST_SYNTHETIC},
        "questions": list(study.questions.values("slug", "text", "kind", "choices", "required")),
        "image_sets": {
            source: {"name": image_set.name, "digest": image_set.digest}
            for source, image_set in zip(("real", "synthetic"), study.image_sets, strict=True)
        },
        "selection": study.selection,
        "rendition": blinding.RENDITION,
        "frames": {case.code: case.frame_sha256 for case in cases},
        "blinding_report": study.blinding_report,
        "acknowledgement": acknowledgement,
        "key_commitment": commitment,
    }


def _form(study: Study) -> dict[str, Any]:
    """What readers' browsers get of the study: nothing that is not written here can reach them."""
    side = study.settings["frame_size"]
    questions = study.questions.values_list("slug", "text", "kind", "choices")
    return {
        "frame": {"width": side, "height": side, "bits": 8},
        # With this window every grey level is shown as it is.
        "window": {"center": 128, "width": 256},
        "questions": [question_for_browser(*question) for question in questions],
        "required": list(study.questions.filter(required=True).values_list("slug", flat=True)),
    }


def form_of(study: Study) -> dict[str, Any]:
    """The frozen form, or what it would be if the draft were locked now (for the preview)."""
    return study.form or _form(study)
