"""Generation runs: cut into chunks that any worker may take, each picture kept exactly once."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from generation.engine.requests import SCHEDULERS, Settings
from generation.models.checkpoints import Checkpoint
from generation.models.prompts import Prompt, PromptSet
from images.models import Image, ImageSet
from jobs.models import RunState
from jobs.sharing import Piece, PieceQuerySet, SharedRun


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


class GenerationRun(SharedRun):
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


class GenerationChunk(Piece):
    """A range of a run's pictures that one worker makes: numbers start to stop - 1."""

    run = models.ForeignKey(GenerationRun, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    environment = models.JSONField(default=dict, blank=True)

    objects = PieceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "position"], name="one_chunk_per_position"),
        ]

    def __str__(self) -> str:
        return f"pictures {self.start + 1} to {self.stop}"


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
