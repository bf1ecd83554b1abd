"""What the API says of checkpoints, prompt sets and runs, and what it takes."""

from typing import Any

from rest_framework import serializers

from generation.models import Checkpoint, CheckpointFetch, GenerationRun, PromptSet

RUN_FIELDS = ["state", "done", "total", "message", "error", "created_at", "started_at", "finished_at"]


class _InWorkspace(serializers.ModelSerializer[Any]):
    workspace: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)


class CheckpointSerializer(_InWorkspace):
    """A registered checkpoint; `facts` is what inspection learned of it and its parts."""

    class Meta:
        model = Checkpoint
        fields = [
            "id",
            "workspace",
            "name",
            "kind",
            "location",
            "revision",
            "overrides",
            "digest",
            "facts",
            "is_demo",
            "created_at",
        ]
        read_only_fields = fields


class CheckpointFetchSerializer(_InWorkspace):
    """The fetching of a hub checkpoint; `checkpoint` is there once it has succeeded."""

    class Meta:
        model = CheckpointFetch
        fields = ["id", "workspace", "name", "repository", "revision", "checkpoint", *RUN_FIELDS]
        read_only_fields = fields


class PromptSetSerializer(_InWorkspace):
    """A prompt set."""

    class Meta:
        model = PromptSet
        fields = ["id", "workspace", "name", "version", "digest", "count", "created_at"]
        read_only_fields = fields


class GenerationRunSerializer(_InWorkspace):
    """A run; `image_set` is there once it has succeeded."""

    class Meta:
        model = GenerationRun
        fields = [
            "id",
            "workspace",
            "name",
            "checkpoint",
            "prompt_set",
            "seeds_per_prompt",
            "seed",
            "steps",
            "guidance",
            "width",
            "height",
            "scheduler",
            "negative_prompt",
            "batch_size",
            "image_set",
            "environment",
            *RUN_FIELDS,
        ]
        read_only_fields = fields


class NewCheckpointSerializer(serializers.Serializer[Any]):
    """Exactly one of `folder` (below a checkpoint root), `hub` (owner/name) and `archive` (zip, multipart)."""

    workspace = serializers.CharField(required=False, help_text="Slug; needed by members of several workspaces.")
    name = serializers.CharField(max_length=120)
    folder = serializers.CharField(required=False, max_length=1000)
    hub = serializers.CharField(required=False, max_length=200)
    revision = serializers.CharField(required=False, max_length=100, allow_blank=True)
    archive = serializers.FileField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one place."""
        if sum(bool(attrs.get(name)) for name in ("folder", "hub", "archive")) != 1:
            raise serializers.ValidationError("Give exactly one of folder, hub and archive.")
        return attrs


class NewPromptSetSerializer(serializers.Serializer[Any]):
    """A CSV file (`file`), or its text (`csv`)."""

    workspace = serializers.CharField(required=False, help_text="Slug; needed by members of several workspaces.")
    name = serializers.CharField(max_length=120)
    file = serializers.FileField(required=False)
    csv = serializers.CharField(required=False, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("file" in attrs) == ("csv" in attrs):
            raise serializers.ValidationError("Give either file or csv.")
        return attrs


class NewRunSerializer(serializers.Serializer[Any]):
    """What to generate, and how; `size` defaults to what the checkpoint was made for."""

    workspace = serializers.CharField(required=False, help_text="Slug; needed by members of several workspaces.")
    name = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")
    checkpoint = serializers.PrimaryKeyRelatedField(queryset=Checkpoint.objects.none())
    prompt_set = serializers.PrimaryKeyRelatedField(queryset=PromptSet.objects.none())
    seeds_per_prompt = serializers.IntegerField(default=4)
    steps = serializers.IntegerField(default=30)
    guidance = serializers.FloatField(default=4.0)
    size = serializers.IntegerField(required=False)
    batch_size = serializers.IntegerField(default=8)
    seed = serializers.IntegerField(default=1)
    scheduler = serializers.CharField(required=False, allow_blank=True, default="")
    negative_prompt = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
