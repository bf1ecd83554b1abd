"""What is asked to plan the size of a study. The answers stand in the address, so that a plan can be kept and sent."""

from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User, Workspace
from accounts.policy import Action, may
from reader_study.analysis.power.curves import Goal
from reader_study.models import Study, StudyState

GOALS = (
    (Goal.EQUIVALENCE, "Readers cannot tell (equivalent to chance)"),
    (Goal.DIFFERENCE, "Readers can tell (different from chance)"),
    (Goal.COMPARISON, "Two arms differ (generators or displays)"),
)
ENDPOINTS = (("balanced accuracy", "Balanced accuracy"), ("AUC", "AUC of the ratings"))
MOST_READERS = 100

# The fields that belong together, by heading.
GROUPS: dict[str, tuple[str, ...]] = {
    "What the study is to show": ("goal", "endpoint", "value", "difference", "margin", "alpha", "target"),
    "How readers and cases vary": ("pilot", "case_correlation", "reader_sd", "arm_correlation", "neither_correlation"),
    "Sizes to look at": ("readers", "most_cases", "share"),
    "Check one size by simulation": ("check_readers", "check_cases"),
}


def _rate(initial: float, label: str, help_text: str = "", *, low: float = 0.0, high: float = 1.0) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any", "min": low, "max": high})
    return forms.FloatField(
        label=label, initial=initial, min_value=low, max_value=high, help_text=help_text, widget=widget
    )


class PowerForm(forms.Form):
    """The question, how much readers and cases vary, and the sizes to look at."""

    goal = forms.ChoiceField(label="The study is to show that", choices=GOALS, widget=forms.RadioSelect)
    endpoint = forms.ChoiceField(choices=ENDPOINTS)
    value = _rate(
        0.5,
        "Expected mean over readers",
        "0.5 is chance. To show that readers can tell, the smallest value worth finding.",
        low=0.01,
        high=0.99,
    )
    difference = _rate(0.05, "Expected difference between the arms", "The smallest one worth finding.", low=0.001)
    margin = _rate(0.1, "Equivalence margin", "0.05 is strict, 0.1 lenient.", low=0.001, high=0.49)
    alpha = _rate(0.05, "Error rate (alpha)", low=0.0001, high=0.5)
    target = _rate(0.8, "Power to reach", low=0.05, high=0.999)
    pilot = forms.ModelChoiceField(
        Study.objects.none(),
        required=False,
        empty_label="None: assumptions below",
        label="Pilot",
        help_text="An unsealed study: what its readers and cases showed takes the place of the assumptions.",
    )
    case_correlation = _rate(
        0.2,
        "Case correlation",
        "How alike readers answer on the same case: 0.2 is usual, 0 naive.",
        high=0.95,
    )
    reader_sd = _rate(
        0.03,
        "Spread of readers",
        "Standard deviation of their true values (two arms: of their differences).",
        high=0.5,
    )
    arm_correlation = _rate(0.4, "Same reader, other arm", "Correlation of errors on the same cases.", high=0.95)
    neither_correlation = _rate(0.15, "Other reader and arm", "The smallest correlation of the three.", high=0.95)
    readers = forms.CharField(
        label="Numbers of readers",
        initial="3, 5, 8, 12, 20",
        max_length=60,
        help_text="Up to six, separated by commas.",
    )
    most_cases = forms.IntegerField(label="Most cases", initial=500, min_value=20, max_value=5000)
    share = _rate(0.5, "Share of synthetic cases", low=0.05, high=0.95)
    check_readers = forms.IntegerField(label="Readers", required=False, min_value=2, max_value=30)
    check_cases = forms.IntegerField(
        label="Cases",
        required=False,
        min_value=10,
        max_value=1000,
        help_text="300 such studies are drawn and analysed.",
    )

    def __init__(self, data: QueryDict | None, *, user: User, workspace: Workspace) -> None:
        super().__init__(self._whole(data) if data else None, initial={"goal": Goal.EQUIVALENCE})
        pilots = Study.objects.visible_to(user).filter(workspace=workspace, state=StudyState.UNSEALED)
        field = self.fields["pilot"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = pilots.order_by("-unsealed_at") if may(user, workspace, Action.VIEW_RESULTS) else pilots.none()
        field.label_from_instance = lambda study: study.title  # type: ignore[method-assign, assignment]

    @classmethod
    def _whole(cls, data: QueryDict) -> dict[str, Any]:
        """The query, with what it leaves out as on the empty form: an address may name only what differs."""
        initial = {name: field.initial for name, field in cls.base_fields.items() if field.initial is not None}
        return {"goal": Goal.EQUIVALENCE, "endpoint": ENDPOINTS[0][0], **initial, **data.dict()}

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS.items()]

    def clean_readers(self) -> tuple[int, ...]:
        """The numbers, in order and each once."""
        try:
            found = sorted({int(part) for part in str(self.cleaned_data["readers"]).split(",") if part.strip()})
        except ValueError:
            raise forms.ValidationError("Write whole numbers, separated by commas: 3, 5, 8.") from None
        if not 1 <= len(found) <= 6 or found[0] < 2 or found[-1] > MOST_READERS:
            raise forms.ValidationError(f"Name one to six numbers from 2 to {MOST_READERS}.")
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        """What no field can see alone."""
        given = super().clean() or {}
        goal, value, margin = given.get("goal"), given.get("value"), given.get("margin")
        if goal == Goal.DIFFERENCE and value is not None and abs(value - 0.5) < 0.005:
            self.add_error("value", "A difference from chance needs an expected value other than 0.5.")
        if goal == Goal.EQUIVALENCE and None not in (value, margin) and abs(value - 0.5) >= margin:  # type: ignore[operator]
            self.add_error("value", "Equivalence can only be shown for a value inside the margin about 0.5.")
        neither = given.get("neither_correlation", 0)
        if goal == Goal.COMPARISON and neither > min(given.get("arm_correlation", 1), given.get("case_correlation", 1)):
            self.add_error("neither_correlation", "This is the smallest of the three correlations.")
        if bool(given.get("check_readers")) != bool(given.get("check_cases")):
            self.add_error("check_cases", "Name both, readers and cases, or neither.")
        return given
