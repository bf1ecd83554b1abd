"""Forms of checkpoints, prompt sets and runs. What they mean is checked by the services; errors land on the fields."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Workspace
from generation.engine.requests import SCHEDULERS
from generation.models import Checkpoint, PromptSet
from generation.services import folders_on_offer


class CheckpointForm(forms.Form):
    """A name, and exactly one of: a folder of the server, a hub id, an archive."""

    name = forms.CharField(max_length=120, help_text="How you will find it again; it cannot be changed.")
    folder = forms.CharField(
        required=False,
        label="Folder on the server",
        help_text="A diffusers folder below one of the checkpoint roots: its path, or its name there.",
        widget=forms.TextInput(attrs={"list": "folders", "autocomplete": "off"}),
    )
    hub = forms.CharField(
        required=False, label="Hugging Face hub id", help_text="owner/name. Only safetensors and JSON are fetched."
    )
    revision = forms.CharField(
        required=False, max_length=100, help_text="Branch, tag or commit of the hub id; empty is the newest."
    )
    archive = forms.FileField(
        required=False,
        label="Zip of a diffusers folder",
        help_text="The folder that save_pretrained() wrote, with safetensors weights.",
    )

    def clean(self) -> dict[str, Any]:
        """Exactly one place."""
        cleaned = super().clean() or {}
        if sum(bool(cleaned.get(name)) for name in ("folder", "hub", "archive")) != 1:
            raise ValidationError("Give exactly one of folder, hub id and archive.")
        return cleaned

    @property
    def folders(self) -> list[str]:
        """What lies in the roots, to choose from."""
        return folders_on_offer()


class PromptSetForm(forms.Form):
    """A name and a CSV file."""

    name = forms.CharField(max_length=120, help_text="Other prompts under a name in use become its next version.")
    file = forms.FileField(
        label="CSV file",
        help_text="With a column <code>prompt</code>; and, if you like, <code>findings</code> (| between), "
        "<code>age</code>, <code>sex</code>, <code>view</code>.",
    )


class RunForm(forms.Form):
    """What to generate, and how."""

    name = forms.CharField(
        max_length=200, required=False, help_text="Also the name of its image set; empty: checkpoint and prompt set."
    )
    checkpoint = forms.ModelChoiceField(Checkpoint.objects.none(), empty_label="Choose a checkpoint")
    prompt_set = forms.ModelChoiceField(PromptSet.objects.none(), empty_label="Choose a prompt set")
    seeds_per_prompt = forms.IntegerField(
        initial=4, min_value=1, label="Pictures per prompt", help_text="Each from its own seed."
    )
    steps = forms.IntegerField(initial=30, min_value=1, help_text="Denoising steps.")
    guidance = forms.FloatField(
        initial=4.0, min_value=0, help_text="How strongly the prompt pulls; 1 or less switches guidance off."
    )
    size = forms.IntegerField(
        required=False,
        min_value=8,
        label="Side in pixels",
        help_text="Empty: the size that the checkpoint was made for.",
    )
    batch_size = forms.IntegerField(
        initial=8, min_value=1, label="Pictures at once", help_text="Changes speed and memory, never a pixel."
    )
    seed = forms.IntegerField(initial=1, min_value=0, label="First seed", help_text="Picture n has this seed + n.")
    scheduler = forms.ChoiceField(
        required=False, choices=[(name, name or "as saved with the checkpoint") for name in SCHEDULERS]
    )
    negative_prompt = forms.CharField(
        required=False, max_length=2_000, widget=forms.TextInput, help_text="What no picture should show."
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        """Offer the checkpoints and prompt sets of `workspace`."""
        super().__init__(*args, **kwargs)
        for name, model in (("checkpoint", Checkpoint), ("prompt_set", PromptSet)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(workspace=workspace)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Put a service's errors beside the fields that they belong to; those of other names above the form."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, errors in by_field.items():
        for message in errors:
            form.add_error(field if field in form.fields else None, message)
