"""The form that starts a usefulness run."""

from typing import Any

from django import forms

from accounts.models import Workspace
from evaluation.usefulness.services import MOST_REPEATS, MOST_STEPS, SIDES, TEST_SHARES
from images.models import ImageSet


class SetField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An image set with its size and kind."""

    def label_from_instance(self, obj: Any) -> str:
        """Name, number of images, kind."""
        return f"{obj.name} ({obj.count} images, {'phantoms' if obj.is_phantom else obj.source})"


class UsefulnessForm(forms.Form):
    """Which images train, which test, and for how long."""

    real = SetField(
        queryset=ImageSet.objects.none(),
        label="Real images",
        help_text="Labelled radiographs. Unless there is a test set, part of their patients is kept for the test.",
    )
    synthetic = SetField(
        queryset=ImageSet.objects.none(),
        label="Synthetic images",
        help_text="Their labels are the findings that were asked for.",
    )
    test = SetField(
        queryset=ImageSet.objects.none(),
        required=False,
        label="Test set",
        empty_label="Patients of the real images",
        help_text="Real images. Their patients are taken out of what trains.",
    )
    test_share = forms.FloatField(
        initial=0.3,
        min_value=TEST_SHARES[0],
        max_value=TEST_SHARES[1],
        label="Share kept for the test",
        help_text="Used where there is no test set. Whole patients.",
    )
    findings = forms.CharField(
        required=False, help_text="Separated by commas; empty for all that the sets have in common."
    )
    side = forms.TypedChoiceField(
        choices=[(side, f"{side} pixels") for side in SIDES], coerce=int, initial=128, label="Input side"
    )
    steps = forms.IntegerField(
        initial=800, min_value=1, max_value=MOST_STEPS, help_text="Of every training, whatever the number of images."
    )
    repeats = forms.IntegerField(
        initial=2,
        min_value=1,
        max_value=MOST_REPEATS,
        help_text="Trainings of each kind with different seeds; their predictions are averaged.",
    )
    seed = forms.IntegerField(initial=0, min_value=0, max_value=2**31 - 1 - MOST_REPEATS)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = ImageSet.objects.filter(workspace=workspace)
        for name, order in (("real", "source"), ("synthetic", "-source"), ("test", "source")):
            field = self.fields[name]
            assert isinstance(field, SetField)
            field.queryset = sets.order_by(order, "-created_at")

    def clean_findings(self) -> list[str]:
        """The names, without empty ones."""
        return [name.strip() for name in self.cleaned_data["findings"].split(",") if name.strip()]
