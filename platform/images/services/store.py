"""Writes that make images and image sets."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.models import User, Workspace
from images import content
from images.models import Image, ImageSet, ImageSetItem, ImportRun, Known, StagedItem
from images.pixels import Pixels, encode_png, perceptual_hash, pixel_digest


@dataclass(frozen=True)
class ItemRow:
    """What a set says of one image. `group` is the unit that is resampled: the patient, or the prompt."""

    image: Image
    group: str
    caption: str = ""
    findings: Sequence[str] = ()
    patient: str = ""
    age: int | None = None
    sex: str = ""
    view: str = ""
    uncertain: Sequence[str] = ()


def store_image(*, workspace: Workspace, pixels: Pixels, created_by: User | None = None) -> Image:
    """Store one radiograph, (height, width) uint8 or uint16; the same pixels twice are one image.

    The file is written before the row, so that a row always has its file.
    """
    sha256 = pixel_digest(pixels)
    key = content.content_key("images", sha256)
    content.put_once(key, lambda: encode_png(pixels))
    height, width = pixels.shape
    image, _ = Image.objects.get_or_create(
        workspace=workspace,
        sha256=sha256,
        defaults={
            "width": width,
            "height": height,
            "bits": pixels.itemsize * 8,
            "file": key,
            "look": perceptual_hash(pixels),
            "created_by": created_by,
        },
    )
    return image


@transaction.atomic
def create_image_set(
    *,
    workspace: Workspace,
    name: str,
    source: str,
    rows: Iterable[ItemRow],
    is_phantom: bool = False,
    description: str = "",
    provenance: Mapping[str, str] | None = None,
    created_by: User | None = None,
) -> ImageSet:
    """Create an image set with its items, in the order of `rows`; it never changes afterwards.

    provenance: what made it, as lines of label and text for the set's page; "url" is linked instead of printed.
    Raises ValidationError where there is no row, an image comes twice or belongs to another workspace, or the name is
    missing or too long.
    """
    rows = list(rows)
    _check_rows(workspace, rows)
    image_set = _write_set(
        ImageSet(
            workspace=workspace,
            name=name.strip(),
            source=source,
            is_phantom=is_phantom,
            description=description,
            provenance=dict(provenance or {}),
            digest=ImageSet.digest_of(row.image.sha256 for row in rows),
            count=len(rows),
            created_by=created_by,
        )
    )
    ImageSetItem.objects.bulk_create([_item(image_set, position, row) for position, row in enumerate(rows)], 1000)
    return image_set


@transaction.atomic
def create_set_of_staged(run: ImportRun) -> ImageSet:
    """Create the image set of everything that an import has stored, in the order of its files, within the database.

    Raises ValidationError where nothing was stored.
    """
    staged = StagedItem.objects.filter(run=run)
    digests = list(staged.order_by().values_list("image__sha256", flat=True).iterator(chunk_size=10_000))
    if not digests:
        raise ValidationError("An image set needs at least one image.")
    image_set = _write_set(
        ImageSet(
            workspace=run.workspace,
            name=run.name.strip(),
            source=run.source,
            is_phantom=run.is_phantom,
            description=run.description,
            provenance=run.provenance,
            digest=ImageSet.digest_of(digests),
            count=len(digests),
            created_by=run.created_by,
        )
    )
    _copy_staged(run, image_set)
    staged.delete()
    return image_set


def _copy_staged(run: ImportRun, image_set: ImageSet) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in Known._meta.fields)
    sql = (
        f"INSERT INTO {quote(ImageSetItem._meta.db_table)} (image_set_id, image_id, position, {columns}) "  # noqa: S608  names of our own tables
        f"SELECT %s, image_id, row_number() OVER (ORDER BY place) - 1, {columns} "
        f"FROM {quote(StagedItem._meta.db_table)} WHERE run_id = %s ORDER BY place"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [image_set.pk, run.pk])


def _write_set(image_set: ImageSet) -> ImageSet:
    image_set.full_clean(exclude=["workspace", "created_by"], validate_unique=False)
    image_set.save(force_insert=True)
    return image_set


def _check_rows(workspace: Workspace, rows: Sequence[ItemRow]) -> None:
    if not rows:
        raise ValidationError("An image set needs at least one image.")
    times = Counter(row.image.pk for row in rows)
    repeated = sum(count > 1 for count in times.values())
    if repeated:
        raise ValidationError(f"{repeated} images come more than once with exactly the same pixels.")
    if any(row.image.workspace_id != workspace.pk for row in rows):
        raise ValidationError("All images of a set must lie in its own workspace.")


def _item(image_set: ImageSet, position: int, row: ItemRow) -> ImageSetItem:
    return ImageSetItem(
        image_set=image_set,
        image=row.image,
        position=position,
        group=row.group[:200],
        caption=row.caption,
        findings=list(row.findings),
        uncertain=list(row.uncertain),
        patient=row.patient,
        age=row.age,
        sex=row.sex,
        view=row.view,
    )
