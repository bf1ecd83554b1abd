"""Forms of this app."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Workspace
from evaluation.services import check_request
from evaluation.weights import choice_to_extractor, extractor_choices
from images.models import ImageSet


class _SetField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        kind = "phantoms" if obj.is_phantom else obj.source
        return f"{obj.name} ({obj.count} images, {kind})"


class ScoringForm(forms.Form):
    """Which set is scored against which, and by what network."""

    synthetic = _SetField(
        queryset=ImageSet.objects.none(),
        label="Images to score",
        help_text="Usually the output of a generation run.",
    )
    reference = _SetField(
        queryset=ImageSet.objects.none(),
        label="Reference",
        help_text="Real radiographs of the kind that the model should make. More images give narrower intervals.",
    )
    network = forms.ChoiceField(
        label="Network",
        help_text="Turns images into features and class probabilities. Scores of different networks cannot be compared.",
    )
    seed = forms.IntegerField(
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Decides subsamples and jackknife blocks; the same seed gives the same numbers.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = ImageSet.objects.filter(workspace=workspace)
        synthetic, reference, network = (self.fields[name] for name in ("synthetic", "reference", "network"))
        assert isinstance(synthetic, _SetField) and isinstance(reference, _SetField)
        assert isinstance(network, forms.ChoiceField)
        synthetic.queryset = sets.order_by("-source", "-created_at")  # synthetic ones first
        reference.queryset = sets.order_by("source", "-created_at")
        network.choices = extractor_choices()

    def clean(self) -> dict[str, Any]:
        """What the service would refuse is said beside its field."""
        cleaned = super().clean() or {}
        if {"synthetic", "reference", "network"} <= cleaned.keys():
            cleaned["extractor"], cleaned["weights"] = choice_to_extractor(cleaned["network"])
            try:
                sets = cleaned["synthetic"], cleaned["reference"]
                check_request(synthetic=sets[0], reference=sets[1], extractor=cleaned["extractor"])
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned


class CardFilterForm(forms.Form):
    """Search above the list of score cards."""

    q = forms.CharField(required=False, label="Search")
    synthetic = forms.ModelChoiceField(ImageSet.objects.none(), required=False, empty_label="Any set")
    reference = forms.ModelChoiceField(ImageSet.objects.none(), required=False, empty_label="Any reference")

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scored = ImageSet.objects.filter(workspace=workspace)
        for name, used in (("synthetic", "score_cards"), ("reference", "reference_cards")):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = scored.filter(**{f"{used}__isnull": False}).distinct().order_by("name")
