"""A new image set drawn from another one."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from images.datasets.options import OptionError, ReadingOptions
from images.datasets.sampling import Candidate, Pool
from images.datasets.views import expanded
from images.models import ImageSet, ImageSetItem
from images.services.duplicates import find_near_duplicates
from images.services.store import ItemRow, create_image_set


def sample_set(
    *,
    image_set: ImageSet,
    name: str,
    options: ReadingOptions,
    without_duplicates: bool = False,
    user: User | None = None,
) -> ImageSet:
    """Draw `options.sample` images of a set into a new one, in the order of the old one; the old one stays as it is.

    options: sample, seed, by, allocation, one_per_patient and views; the same ones always draw the same images.
    without_duplicates: images that look like an earlier one of the set are left out of the draw.
    Raises ValidationError, by field, where no image is left or the name is missing.
    """
    if options.sample < 1:
        raise ValidationError({"sample": "Say how many images to draw: 1 or more."})
    left_out = find_near_duplicates(image_set).later if without_duplicates else set()
    pool = Pool(_candidates(image_set, options, left_out), by=options.by, seed=options.seed)
    if not len(pool):
        raise ValidationError({"views": "No image of the set has one of these views."})
    places = pool.draw(options.sample, allocation=options.allocation, one_per_patient=options.one_per_patient)
    with transaction.atomic():
        drawn = create_image_set(
            workspace=image_set.workspace,
            name=name,
            source=image_set.source,
            rows=_rows(image_set, places.tolist()),
            is_phantom=image_set.is_phantom,
            description=image_set.description,
            provenance=_provenance(image_set, options, len(pool), len(left_out) if without_duplicates else None),
            created_by=user,
        )
        details = {"from": str(image_set.pk), "images": drawn.count, "digest": drawn.digest, "seed": options.seed}
        record(workspace=drawn.workspace, actor=user, action="image_set.sampled", target=drawn, details=details)
    return drawn


def options_of(
    *,
    sample: int,
    by: tuple[str, ...] = (),
    seed: int = 0,
    views: tuple[str, ...] = (),
    allocation: str = "proportional",
    one_per_patient: bool = False,
) -> ReadingOptions:
    """The options of a draw; ValidationError, by field, for what cannot be."""
    try:
        return ReadingOptions(
            sample=sample, by=by, seed=seed, views=views, allocation=allocation, one_per_patient=one_per_patient
        )
    except OptionError as error:
        raise ValidationError({error.name: str(error)}) from error


def _candidates(image_set: ImageSet, options: ReadingOptions, left_out: set[int]) -> Iterator[Candidate]:
    views = expanded(options.views)
    fields = ("position", "image__sha256", "findings", "group", "age", "sex", "view")
    rows = ImageSetItem.objects.filter(image_set=image_set).order_by("position").values_list(*fields)
    for position, sha256, findings, group, age, sex, view in rows.iterator(chunk_size=10_000):
        if position not in left_out and (not views or view in views):
            yield Candidate(position, sha256, tuple(findings), group, age, sex, view)


def _rows(image_set: ImageSet, places: list[int]) -> Iterator[ItemRow]:
    for item in image_set.items.filter(position__in=places).with_images():
        yield ItemRow(
            image=item.image,
            group=item.group,
            caption=item.caption,
            findings=item.findings,
            uncertain=item.uncertain,
            patient=item.patient,
            age=item.age,
            sex=item.sex,
            view=item.view,
        )


def _provenance(image_set: ImageSet, options: ReadingOptions, pool: int, duplicates: int | None) -> dict[str, str]:
    drawn = {
        "Sampled from": image_set.name,
        "Digest of that set": image_set.digest,
        "Drawn from": f"{pool} images",
        "Seed of the draw": str(options.seed),
        "url": image_set.get_absolute_url(),
    }
    if options.by:
        drawn |= {"Drawn by": ", ".join(options.by), "Allocation": options.allocation}
    if options.views:
        drawn["Views"] = ", ".join(options.views)
    if options.one_per_patient:
        drawn["One image per patient"] = "yes"
    if duplicates is not None:
        drawn["Near duplicates left out"] = str(duplicates)
    return drawn
