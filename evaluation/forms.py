"""Forms of this app."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Workspace
from evaluation.metrics import METRICS, Metric
from evaluation.models import OperatingPoint
from evaluation.services import SUBGROUPS, check_request
from evaluation.weights import choice_to_extractor, extractor_choices
from images.models import ImageSet

AXES = {
    "fidelity": "Fidelity: how near to real images",
    "diversity": "Diversity: how different from each other",
    "clinical": "Clinical correctness: are the requested findings seen",
    "alignment": "Prompt alignment: does the picture say what the prompt says",
    "privacy": "Privacy: are people of the training set copied",
    "parts": "The model's parts",
}
SUBGROUP_TITLES = {"sex": "Sex", "age": "Age band", "view": "View", "finding": "Finding"}


class _SetField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        kind = "phantoms" if obj.is_phantom else obj.source
        return f"{obj.name} ({obj.count} images, {kind})"


def families_by_axis() -> list[tuple[str, list[tuple[str, str]]]]:
    """(axis, its families as (value, label)); a family is named by its first metric and computed together."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for members in _families().values():
        axis = AXES.get(members[0].axis, members[0].axis.capitalize())
        label = ", ".join(dict.fromkeys(metric.title for metric in members))
        grouped.setdefault(axis, []).append((members[0].name, label))
    order = [*AXES.values(), *grouped]
    return sorted(grouped.items(), key=lambda group: order.index(group[0]))


def _families() -> dict[str, list[Metric]]:
    """Metrics that are computed together, by the name of the first."""
    found: dict[object, list[Metric]] = {}
    for metric in METRICS.values():
        found.setdefault(metric.function, []).append(metric)
    return {members[0].name: members for members in found.values()}


class ScoringForm(forms.Form):
    """Which set is scored against which, by what networks, on what."""

    synthetic = _SetField(
        queryset=ImageSet.objects.none(),
        label="Images to score",
        empty_label="Choose a set",
        help_text="Usually the output of a generation run.",
    )
    reference = _SetField(
        queryset=ImageSet.objects.none(),
        label="Reference",
        empty_label="Choose a set",
        help_text="Real radiographs of the kind that the model should make. More images give narrower intervals.",
    )
    training = _SetField(
        queryset=ImageSet.objects.none(),
        required=False,
        label="Training set",
        empty_label="Not known",
        help_text="The images that the model learnt from. Only with them can copies of people be looked for; the reference "
        "should then hold none of them.",
    )
    network = forms.ChoiceField(
        label="Network",
        help_text="Turns images into features and class probabilities. Scores of different networks cannot be compared.",
    )
    also = forms.MultipleChoiceField(
        required=False,
        label="Further networks",
        widget=forms.CheckboxSelectMultiple,
        help_text="Distances are computed in the features of each of these, too. An image-text network is needed for prompt "
        "alignment. Each takes its own time and memory; what it has seen before is not looked at again.",
    )
    metrics = forms.MultipleChoiceField(
        required=False,
        label="What to measure",
        widget=forms.CheckboxSelectMultiple,
        help_text="Everything, unless you take something away. What cannot be measured on these sets is shown as refused, "
        "with the reason.",
    )
    subgroups = forms.MultipleChoiceField(
        required=False,
        label="Also by",
        choices=[(name, SUBGROUP_TITLES[name]) for name in SUBGROUPS],
        widget=forms.CheckboxSelectMultiple,
        help_text="The scores of each part of the images, and the largest gaps between parts. Needs sets that say sex, age, "
        "view or findings of their images, and enough images of each.",
    )
    operating_point = forms.ChoiceField(
        required=False,
        choices=OperatingPoint.choices,
        label="A finding is called present at",
        help_text="For sensitivity, specificity and accuracy. Youden's index is learnt on the reference, which needs findings.",
    )
    seed = forms.IntegerField(
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Decides subsamples and jackknife blocks; the same seed gives the same numbers.",
    )
    anew = forms.BooleanField(
        required=False,
        label="Measure again",
        help_text="What was measured before from the same images, networks, settings and code is kept, and is not measured again "
        "unless you ask for it here.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = ImageSet.objects.filter(workspace=workspace)
        orders = {"synthetic": "-source", "reference": "source", "training": "source"}  # "synthetic" sorts after "real"
        for name, order in orders.items():
            chosen = self.fields[name]
            assert isinstance(chosen, _SetField)
            chosen.queryset = sets.order_by(order, "-created_at")
        networks, families = extractor_choices(), families_by_axis()
        self._offer("network", networks)
        self._offer("also", networks)
        self._offer("metrics", families)
        self.fields["metrics"].initial = [name for _, members in families for name, _ in members]

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """What the service would refuse is said beside its field."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                check_request(**self.scoring_request)
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    self.add_error("network" if field == "extractor" else field, messages)
        return cleaned

    @property
    def scoring_request(self) -> dict[str, Any]:
        """What start_scoring takes of the sets, networks and metrics."""
        cleaned, families = self.cleaned_data, _families()
        extractor, weights = choice_to_extractor(cleaned["network"])
        names = [metric.name for first in cleaned["metrics"] for metric in families[first]]
        return {
            "synthetic": cleaned["synthetic"],
            "reference": cleaned["reference"],
            "training": cleaned["training"],
            "extractor": extractor,
            "weights": weights,
            "also": [choice_to_extractor(choice) for choice in cleaned["also"]],
            "metrics": [] if len(names) == len(METRICS) else names,  # none chosen is all, too
            "subgroups": cleaned["subgroups"],
        }

    @property
    def scoring_settings(self) -> dict[str, Any]:
        """And of the rest."""
        point = self.cleaned_data["operating_point"] or OperatingPoint.WEIGHTS
        return {"operating_point": point, "seed": self.cleaned_data["seed"], "anew": self.cleaned_data["anew"]}


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
