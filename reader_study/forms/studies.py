"""What a coordinator fills in."""

from typing import Any

from django import forms

from accounts.models import User, Workspace
from images.models import ImageSet, Source
from reader_study.services.building import DEFAULT_CONSENT, DEFAULT_INSTRUCTIONS


class StudyForm(forms.Form):
    """The plan of a study. Ranges and image sets are checked by `build_study`, the same as for the API."""

    title = forms.CharField(max_length=200, help_text="For your team. Readers never see it.")
    reader_title = forms.CharField(
        label="Title that readers see",
        max_length=200,
        initial="Chest radiograph reading study",
        help_text="Name neither the checkpoint nor the dataset.",
    )
    real_set = forms.ModelChoiceField(ImageSet.objects.none(), label="Real pictures from", empty_label="Choose a set")
    n_real = forms.IntegerField(label="How many real cases", initial=50, min_value=1)
    synthetic_set = forms.ModelChoiceField(
        ImageSet.objects.none(), label="Synthetic pictures from", empty_label="Choose a set"
    )
    n_synthetic = forms.IntegerField(label="How many synthetic cases", initial=50, min_value=1)
    match = forms.BooleanField(
        label="Match both sides by finding",
        required=False,
        initial=True,
        help_text="Where the sets say what a picture shows, both sides get the same share of every finding.",
    )
    margin = forms.FloatField(
        label="Equivalence margin",
        initial=0.1,
        help_text="Readers count as unable to tell when the whole interval of their balanced accuracy lies within 0.5 ± this. "
        "It is fixed at the lock.",
    )
    repeats = forms.FloatField(
        label="Share of cases shown twice",
        initial=0.15,
        help_text="From 0 to 0.5. Second looks tell how consistent a reader is.",
    )
    findings = forms.CharField(
        label="Findings to ask about",
        required=False,
        help_text="Names as the image sets have them, separated by commas: Effusion, Nodule. Each becomes a question: absent or "
        "present. Leave empty to ask about none.",
    )
    instructions = forms.CharField(
        label="Instructions for readers", widget=forms.Textarea(attrs={"rows": 4}), initial=DEFAULT_INSTRUCTIONS
    )
    consent_text = forms.CharField(
        label="Consent text", widget=forms.Textarea(attrs={"rows": 4}), initial=DEFAULT_CONSENT, required=False
    )

    def __init__(self, *args: Any, user: User, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = ImageSet.objects.visible_to(user).filter(workspace=workspace)
        for name, source in (("real_set", Source.REAL), ("synthetic_set", Source.SYNTHETIC)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = sets.filter(source=source)
            field.label_from_instance = _described  # type: ignore[method-assign, assignment]

    def clean_findings(self) -> list[str]:
        """The names, one by one."""
        return [name.strip() for name in str(self.cleaned_data["findings"]).split(",") if name.strip()]

    def absorb(self, errors: dict[str, list[str]]) -> None:
        """Put a service's errors beside the fields they are about."""
        renamed = {"repeats_share": "repeats"}
        for field, messages in errors.items():
            known = renamed.get(field, field)
            self.add_error(known if known in self.fields else None, messages)


def _described(image_set: Any) -> str:
    phantoms = ", phantoms" if image_set.is_phantom else ""
    return f"{image_set.name} ({image_set.count} pictures{phantoms})"


class InvitationForm(forms.Form):
    """For whom a link is made."""

    label = forms.CharField(
        label="For whom",
        max_length=200,
        required=False,
        help_text="Only people who run this study see it; every export has the reader code instead.",
    )
    group = forms.CharField(
        label="Group",
        max_length=60,
        required=False,
        help_text="Such as residents or chest radiologists. Results can be narrowed to a group; exports name it.",
    )
    days = forms.IntegerField(label="Valid for (days)", initial=60, min_value=1, max_value=365)
    simulated = forms.BooleanField(
        label="A simulated reader", required=False, help_text="A program reads. Its results are labelled so."
    )
