"""Generation runs: cut into chunks that any worker may take, each picture kept exactly once."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from generation.engine.requests import SCHEDULERS, Settings
from generation.models.checkpoints import Checkpoint
from generation.models.prompts import Prompt, PromptSet
from images.models import Image, ImageSet
from jobs.models import Cancelled, Run, RunState, stale_before


class GenerationRunQuerySet(WorkspaceQuerySet["GenerationRun"]):
    """Runs, by who may see them and by what one looks for."""

    view_action = Action.VIEW_RUNS

    def matching(self, words: str) -> Self:
        """Those whose name, checkpoint or prompt set has every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word) | Q(checkpoint__name__icontains=word) | Q(prompt_set__name__icontains=word)
            )
        return found

    def in_state(self, state: str) -> Self:
        """Runs in one state; all runs for any other word."""
        return self.filter(state=state) if state in RunState.values else self


class GenerationRun(Run):
    """Pictures of every prompt of a set, by one checkpoint, under one group of settings."""

    verb = "Generating"

    name = models.CharField(max_length=200)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="runs")
    prompt_set = models.ForeignKey(PromptSet, on_delete=models.PROTECT, related_name="runs")
    seeds_per_prompt = models.PositiveIntegerField()
    seed = models.BigIntegerField("seed of the first picture")
    steps = models.PositiveIntegerField()
    guidance = models.FloatField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    scheduler = models.CharField(max_length=20, blank=True, choices=[(name, name or "as saved") for name in SCHEDULERS])
    negative_prompt = models.TextField(blank=True)
    batch_size = models.PositiveIntegerField()
    published_at = models.DateTimeField(null=True, editable=False)
    image_set = models.OneToOneField(
        ImageSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="generation_run"
    )

    objects = GenerationRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of this run."""
        return reverse("generation:run_detail", args=[self.pk])

    @property
    def settings(self) -> Settings:
        """What the engine is asked for."""
        return Settings(
            steps=self.steps, guidance=self.guidance, width=self.width, height=self.height, scheduler=self.scheduler
        )

    def begin(self) -> None:
        """Mark a queued run as running; a run that runs already stays as it is, for its other workers' sake."""
        now = timezone.now()
        self._rows().filter(state=RunState.QUEUED, cancel_requested=False).update(
            state=RunState.RUNNING, attempt=1, started_at=now, heartbeat_at=now
        )
        self.refresh_from_db()

    @property
    def is_overdue(self) -> bool:
        """Whether its messages should be published again: nobody has worked for a while.

        The waits grow with the silence, so that a site without workers does not fill its queue.
        """
        now = timezone.now()
        silence = now - (self.heartbeat_at or self.created_at)
        return self.published_at is None or now - self.published_at >= silence / 2


class ChunkState(models.TextChoices):
    """Where a chunk stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class GenerationChunk(models.Model):
    """A range of a run's pictures that one worker makes: numbers start to stop - 1."""

    run = models.ForeignKey(GenerationRun, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ChunkState.choices, default=ChunkState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    environment = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "position"], name="one_chunk_per_position"),
        ]

    def __str__(self) -> str:
        return f"pictures {self.start + 1} to {self.stop}"

    @classmethod
    @transaction.atomic
    def claim_next(cls, run: GenerationRun) -> "GenerationChunk | None":
        """Take the first chunk that is free, or whose worker is dead; None when there is none.

        Two workers never get the same one: the row is locked, and locked rows are skipped.
        """
        free = Q(state=ChunkState.QUEUED) | Q(state=ChunkState.RUNNING, heartbeat_at__lt=stale_before())
        chunk = cls.objects.select_for_update(skip_locked=True).filter(free, run=run).order_by("position").first()
        if chunk is None:
            return None
        chunk.state, chunk.heartbeat_at, chunk.attempt = ChunkState.RUNNING, timezone.now(), chunk.attempt + 1
        chunk.save(update_fields=["state", "heartbeat_at", "attempt"])
        return chunk

    @property
    def is_hopeless(self) -> bool:
        """Whether this attempt is one too many."""
        return self.attempt > settings.RUN_MAX_ATTEMPTS

    def beat(self) -> None:
        """Say that the worker lives. Raises Cancelled when another worker has the chunk by now."""
        if not self._mine().update(heartbeat_at=timezone.now()):
            raise Cancelled

    def finish(self, environment: dict[str, Any]) -> None:
        """All its pictures are kept."""
        self._mine().update(state=ChunkState.DONE, heartbeat_at=None, environment=environment)

    def release(self) -> None:
        """Give it back, unblamed: this worker has done its share for now."""
        self._mine().update(state=ChunkState.QUEUED, heartbeat_at=None, attempt=F("attempt") - 1)

    def _mine(self) -> "models.QuerySet[GenerationChunk]":
        return GenerationChunk.objects.filter(pk=self.pk, state=ChunkState.RUNNING, attempt=self.attempt)


class GeneratedImage(models.Model):
    """One picture of a run; the key (run, prompt, seed) is why none is there twice."""

    run = models.ForeignKey(GenerationRun, on_delete=models.CASCADE, related_name="pictures")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="+")
    seed = models.BigIntegerField()
    position = models.PositiveIntegerField()
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "prompt", "seed"], name="one_picture_per_run_prompt_seed"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["run", "position"])]

    def __str__(self) -> str:
        return f"picture {self.position + 1}"
