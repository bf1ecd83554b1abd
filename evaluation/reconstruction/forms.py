"""The form that starts a reconstruction run."""

from typing import Any

from django import forms

from accounts.models import Workspace
from evaluation.usefulness.forms import SetField
from generation.models import Checkpoint
from images.models import ImageSet


class ReconstructionForm(forms.Form):
    """Which images go through whose autoencoder."""

    checkpoint = forms.ModelChoiceField(
        queryset=Checkpoint.objects.none(), help_text="Its autoencoder alone is used, at the size that it was made for."
    )
    originals = SetField(
        queryset=ImageSet.objects.none(),
        label="Images",
        help_text="Real radiographs; score the reconstructions against this set.",
    )
    name = forms.CharField(
        required=False, max_length=200, label="Name of the new set", help_text="Empty for one made of both names."
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checkpoint, originals = self.fields["checkpoint"], self.fields["originals"]
        assert isinstance(checkpoint, forms.ModelChoiceField) and isinstance(originals, SetField)
        checkpoint.queryset = Checkpoint.objects.filter(workspace=workspace)
        originals.queryset = ImageSet.objects.filter(workspace=workspace).order_by("source", "-created_at")
