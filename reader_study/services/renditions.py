"""Preparing the cases of a draft: choose, render, number, audit."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction

from images import content
from images.models import ImageSet, ImageSetItem, Source
from images.pixels import ImageError
from jobs.models import Cancelled
from reader_study import blinding, design
from reader_study.blinding.audit import audit_features
from reader_study.blinding.features import describe
from reader_study.models import Case, CaseKey, RenditionRun, Study, StudyState


@dataclass(frozen=True)
class Rendered:
    """One chosen picture after rendering. `features` are those of the blinding report."""

    item: ImageSetItem
    source: str
    frame: str
    sha256: str
    features: list[float]


def requeue(run: RenditionRun) -> None:
    """Put the work into its queue (again)."""
    from reader_study.tasks import prepare_cases

    prepare_cases.delay(str(run.pk))


def run_rendition(run: RenditionRun) -> None:
    """Prepare the cases of a draft; does nothing when another worker has the run or it is finished.

    Frames are stored under their digest, so a second attempt finds the first one's; the rows are written in one
    transaction at the end.
    """
    if not run.claim():
        return
    try:
        study = Study.objects.select_related("real_set", "synthetic_set").get(pk=run.study_id)
        items, selection = choose_items(study)
        size = study.settings["frame_size"] or blinding.common_size((i.image.height, i.image.width) for i, _ in items)
        rendered = list(_render_all(run, items, size))
        _write(study, rendered, selection, size)
        run.succeed()
    except Cancelled:
        run.cancelled()
    except ValidationError as error:
        run.fail(" ".join(error.messages))
    except (ImageError, ValueError, FileNotFoundError) as error:
        run.fail(str(error))


def choose_items(study: Study) -> tuple[list[tuple[ImageSetItem, str]], design.Selection]:
    """The items of both sets that become cases, each with its source, and the table of how alike they are."""
    real, synthetic = study.image_sets
    items = {Source.REAL: _candidates(real), Source.SYNTHETIC: _candidates(synthetic)}
    settings = study.settings
    selection = design.select_cases(
        [candidate for candidate, _ in items[Source.REAL].values()],
        [candidate for candidate, _ in items[Source.SYNTHETIC].values()],
        n_real=settings["n_real"],
        n_synthetic=settings["n_synthetic"],
        match=settings["match"],
        seed=settings["seed"],
    )
    chosen = [(items[Source.REAL][name][1], str(Source.REAL)) for name in selection.real]
    chosen += [(items[Source.SYNTHETIC][name][1], str(Source.SYNTHETIC)) for name in selection.synthetic]
    return chosen, selection


def _candidates(image_set: ImageSet) -> dict[str, tuple[design.Candidate, ImageSetItem]]:
    """By digest of the pixels: a name that does not depend on when or under what name a picture was imported."""
    items = ImageSetItem.objects.filter(image_set=image_set).with_images()
    return {
        item.image.sha256: (design.Candidate(item.image.sha256, item.group, tuple(item.findings)), item)
        for item in items
    }


def _render_all(run: RenditionRun, items: list[tuple[ImageSetItem, str]], size: int) -> Iterator[Rendered]:
    run.beat(done=0, total=len(items), message="Rendering the frames")
    for done, (item, source) in enumerate(items, start=1):
        frame = blinding.render(item.image.load_pixels(), size)
        data = blinding.frame_bytes(frame)
        sha256 = blinding.frame_digest(data)
        key = content.content_key("frames", sha256, ".raw")
        content.put_once(key, lambda data=data: data)  # type: ignore[misc]
        yield Rendered(item, source, key, sha256, describe(frame))
        run.beat(done=done)


@transaction.atomic
def _write(study: Study, rendered: list[Rendered], selection: design.Selection, size: int) -> None:
    """Number the cases by the study's seed and their frames alone, and store them with key and blinding report."""
    draft = Study.objects.select_for_update().get(pk=study.pk)
    if draft.state != StudyState.DRAFT:
        raise ValidationError("The study is no longer a draft.")
    if len({one.sha256 for one in rendered}) < len(rendered):
        raise ValidationError("Two of the chosen pictures look exactly the same. Choose other image sets.")
    ordered = design.shuffled(rendered, seed=study.settings["seed"], purpose="case", name=lambda one: one.sha256)
    cases = Case.objects.bulk_create(
        Case(study=study, code=f"C{number:03d}", frame=one.frame, frame_sha256=one.sha256)
        for number, one in enumerate(ordered, start=1)
    )
    CaseKey.objects.bulk_create(_key(study, case, one) for case, one in zip(cases, ordered))
    audit = audit_features(
        np.array([one.features for one in ordered]),
        np.array([one.source == Source.SYNTHETIC for one in ordered]),
        permutations=1000,
        seed=0,
    )
    draft.settings = {**draft.settings, "frame_size": size}
    draft.selection = {"strata": [asdict(s) for s in selection.strata], "unmatched": selection.unmatched}
    rows = [{**asdict(row), "title": row.title} for row in audit.rows]
    draft.blinding_report = {**asdict(audit), "rows": rows, "rendition": blinding.RENDITION}
    draft.save(update_fields=["settings", "selection", "blinding_report"])


def _key(study: Study, case: Case, one: Rendered) -> CaseKey:
    generator = study.image_sets[1].name if one.source == Source.SYNTHETIC else ""
    return CaseKey(case=case, source=one.source, item=one.item, generator=generator, findings=one.item.findings)
