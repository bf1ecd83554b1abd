"""Images, the sets they are gathered in, and the runs that import them."""

import hashlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import WorkspaceModel, WorkspaceQuerySet
from accounts.policy import Action
from images import content
from images.datasets.options import OPTION_TITLES, ReadingOptions
from images.pixels import Pixels, decode_image
from jobs.models import UNFINISHED, Cancelled, Run, RunState


class Source(models.TextChoices):
    """Whether pictures were taken of people or made by a model."""

    REAL = "real", "real"
    SYNTHETIC = "synthetic", "synthetic"


class ImageQuerySet(WorkspaceQuerySet["Image"]):
    """Images, by who may see them."""

    view_action = Action.VIEW_IMAGES


class Image(WorkspaceModel):
    """One grayscale radiograph, named by the digest of its pixels; what a set says of it lies on the set's item."""

    sha256 = models.CharField("digest of the pixels", max_length=64, editable=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bits = models.PositiveSmallIntegerField("bits per pixel")
    file = models.FileField(max_length=200, editable=False)
    look = models.BigIntegerField("perceptual hash", null=True, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "sha256"], name="image_once_per_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.width} x {self.height}, {self.bits} bit)"

    def load_pixels(self) -> Pixels:
        """The grey levels, (height, width) uint8 or uint16, as they were stored."""
        return decode_image(content.read(str(self.file.name)), max_pixels=float("inf"), min_side=1)


class ImageSetQuerySet(WorkspaceQuerySet["ImageSet"]):
    """Image sets, by who may see them and by what one looks for."""

    view_action = Action.VIEW_IMAGES

    def matching(self, words: str) -> "ImageSetQuerySet":
        """Sets whose name or description has every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(models.Q(name__icontains=word) | models.Q(description__icontains=word))
        return found

    def from_source(self, source: str) -> "ImageSetQuerySet":
        """Sets of one source; all sets for any other word."""
        return self.filter(source=source) if source in Source.values else self


class ImageSet(WorkspaceModel):
    """A named collection of images that never changes: a real dataset, a run's output or an uploaded folder."""

    name = models.CharField(max_length=200)
    source = models.CharField(max_length=9, choices=Source.choices)
    is_phantom = models.BooleanField("drawn phantoms", default=False)
    description = models.TextField(blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    digest = models.CharField("digest over the images", max_length=64, editable=False)
    count = models.PositiveIntegerField("number of images", editable=False)

    objects = ImageSetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(
                name="image_set_never_changes",
                operation=pgtrigger.UpdateOf("name", "source", "is_phantom", "digest", "count", "workspace_id"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of this set."""
        return reverse("images:image_set_detail", args=[self.pk])

    @staticmethod
    def digest_of(sha256s: Iterable[str]) -> str:
        """SHA-256 over the images' digests, sorted, one a line: the same images in any order give the same digest."""
        return hashlib.sha256("\n".join(sorted(sha256s)).encode()).hexdigest()


class ImageSetItemQuerySet(models.QuerySet["ImageSetItem"]):
    """Items of image sets."""

    def with_images(self) -> "ImageSetItemQuerySet":
        """Items in their order, the images fetched along."""
        return self.select_related("image").order_by("position")

    def showing(self, finding: str) -> "ImageSetItemQuerySet":
        """Items with this finding; all for an empty word."""
        return self.filter(findings__contains=[finding]) if finding else self


class Known(models.Model):
    """What a source says of one image."""

    group = models.CharField("patient or prompt: the unit that is resampled", max_length=200)
    caption = models.TextField("prompt or report sentence", blank=True)
    findings = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    uncertain = ArrayField(
        models.CharField(max_length=100), verbose_name="findings left open", default=list, blank=True
    )
    patient = models.CharField(max_length=200, blank=True)
    age = models.PositiveSmallIntegerField("age in years", null=True, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    view = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True


class ImageSetItem(Known):
    """What one set says of one image; another set may say something else of the same pixels."""

    image_set = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()

    objects = ImageSetItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["image_set", "position"], name="one_item_per_position"),
            models.UniqueConstraint(fields=["image_set", "image"], name="one_item_per_image"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="image_set_item_never_changes", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.image_set_id} #{self.position}"


class ImportRunQuerySet(WorkspaceQuerySet["ImportRun"]):
    """Imports, by who may see them."""

    view_action = Action.VIEW_IMAGES

    def unfinished(self) -> "ImportRunQuerySet":
        """Imports that are queued or running."""
        return self.filter(state__in=UNFINISHED)

    def finished(self) -> "ImportRunQuerySet":
        """Imports of which nothing more will come."""
        return self.exclude(state__in=UNFINISHED)


class ImportRun(Run):
    """The making of one image set from a folder on the server or from an uploaded archive."""

    verb = "Importing"

    class Layout(models.TextChoices):
        """How the folder says what it knows of its images: the keys of `images.datasets.LAYOUTS`."""

        CHEXPERT = "chexpert", "CheXpert"
        CHEXPERT_PLUS = "chexpert-plus", "CheXpert Plus"
        MIMIC = "mimic", "MIMIC-CXR-JPG"
        NIH = "nih", "NIH ChestX-ray14"
        PADCHEST = "padchest", "PadChest"
        VINDR = "vindr", "VinDr-CXR"
        RSNA = "rsna", "RSNA Pneumonia Challenge"
        OPENI = "openi", "Open-i (Indiana University)"
        CSV = "csv", "folder with a CSV file"
        DICOM = "dicom", "folder of DICOM files"

    name = models.CharField("name of the image set", max_length=200)
    layout = models.CharField(max_length=13, choices=Layout.choices)
    options = models.JSONField("choices for reading", default=dict, blank=True)
    source = models.CharField(max_length=9, choices=Source.choices, default=Source.REAL)
    is_phantom = models.BooleanField("drawn phantoms", default=False)
    description = models.TextField(blank=True)
    directory = models.CharField("folder on the server", max_length=1000, blank=True)
    archive = models.FileField("uploaded archive", max_length=200, blank=True)
    archive_name = models.CharField("name of the archive", max_length=200, blank=True)
    image_set = models.OneToOneField(
        ImageSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="import_run"
    )
    report = models.JSONField(default=dict, blank=True)
    # How many files were gone through for good, and the last of them: where a restarted import goes on.
    cursor = models.PositiveIntegerField(default=0, editable=False)
    cursor_file = models.TextField(blank=True, editable=False)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"import of {self.name}"

    def get_absolute_url(self) -> str:
        """The page of this import."""
        return reverse("images:import_detail", args=[self.pk])

    @property
    def origin(self) -> str:
        """The folder's or the archive's own name, without the path to it."""
        return self.archive_name or PurePath(self.directory).name

    @property
    def reading(self) -> ReadingOptions:
        """The choices that the run was started with."""
        return ReadingOptions.from_json(self.options)

    @property
    def provenance(self) -> dict[str, str]:
        """What the set says of where it comes from: the origin, and every choice that is not the usual one."""
        choices = {name: str(value) for name, value in self.options.items() if not isinstance(value, list)}
        choices |= {name: ", ".join(value) for name, value in self.options.items() if isinstance(value, list)}
        lines = {OPTION_TITLES[name]: text for name, text in choices.items()}
        return {"Imported from": self.origin, "Layout": self.get_layout_display(), **lines}

    def cancel_wanted(self) -> bool:
        """Whether somebody asked for the run to stop, read afresh."""
        return ImportRun.objects.filter(pk=self.pk, cancel_requested=True).exists()

    def move_cursor(self, *, to: int, file: str, report: dict[str, Any]) -> None:
        """Keep that the files up to here are done; Cancelled where another worker moved on meanwhile."""
        mine = ImportRun.objects.filter(
            pk=self.pk, state=RunState.RUNNING, attempt=self.attempt, cursor=self.cursor, cancel_requested=False
        )
        if not mine.update(cursor=to, cursor_file=file, report=report, heartbeat_at=timezone.now(), done=to):
            raise Cancelled
        self.cursor, self.cursor_file, self.report, self.done = to, file, report, to

    def hand_over(self) -> bool:
        """Put the run back into its queue, so that no task runs for hours; False where it is no longer this worker's."""
        mine = ImportRun.objects.filter(pk=self.pk, state=RunState.RUNNING, attempt=self.attempt, cursor=self.cursor)
        # Progress was made: what counts as an attempt are turns that end by themselves.
        return bool(
            mine.update(state=RunState.QUEUED, attempt=0, heartbeat_at=None, message="Waiting for its next turn")
        )


class StagedItem(Known):
    """An image that an unfinished import has stored already: its item is written when the import ends, not before."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="staged")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField("number of the file in the listing")
    file = models.TextField("name of the file")

    class Meta:
        ordering: ClassVar[list[str]] = ["place"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "image"], name="staged_once_per_run"),
        ]

    def __str__(self) -> str:
        return self.file
