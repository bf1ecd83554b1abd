"""What somebody fills in who brings readings from elsewhere."""

from typing import Any

from django import forms

_LARGEST = 20 * 1024 * 1024


class ImportForm(forms.Form):
    """A CSV file, and which of its columns holds what; a column left empty is looked for by its usual names."""

    title = forms.CharField(max_length=200, help_text="For your team.")
    file = forms.FileField(
        label="CSV file", help_text="One row a read, a header, UTF-8; commas, semicolons or tabs. At most 20 MB."
    )
    reader = forms.CharField(label="Column of readers", required=False, help_text="One code for each reader.")
    case = forms.CharField(label="Column of cases", required=False, help_text="One code for each picture.")
    truth = forms.CharField(label="Column of the truth", required=False, help_text="1 or synthetic, 0 or real.")
    rating = forms.CharField(
        label="Column of ratings",
        required=False,
        help_text="Confidence that the case is synthetic, on any rising scale.",
    )
    call = forms.CharField(
        label="Column of calls",
        required=False,
        help_text="1 or synthetic, 0 or real. Without it, the cut below decides.",
    )
    realism = forms.CharField(label="Column of realism", required=False, help_text="On any rising scale.")
    source = forms.CharField(label="Column of sources", required=False, help_text="What made a synthetic case.")
    arm = forms.CharField(label="Column of arms", required=False, help_text="Condition of the reading.")
    repeat = forms.CharField(
        label="Column of repeats", required=False, help_text="0 for a first reading, 1, 2, ... after."
    )
    position = forms.CharField(label="Column of places", required=False, help_text="Place in the reader's order.")
    seconds = forms.CharField(label="Column of seconds", required=False, help_text="Time spent on the case.")
    group = forms.CharField(label="Column of reader groups", required=False)
    cut = forms.FloatField(
        label="Lowest rating that calls a case synthetic",
        required=False,
        help_text="Used where there is no column of calls. Empty: the first value above the middle of the scale.",
    )
    margin = forms.FloatField(
        label="Equivalence margin", initial=0.1, help_text="Half-width around 0.5 within which readers cannot tell."
    )

    COLUMNS = (
        "reader", "case", "truth", "rating", "call", "realism", "source", "arm", "repeat", "position", "seconds", "group",
    )  # fmt: skip

    def clean_file(self) -> Any:
        """Not larger than what can be taken while somebody waits."""
        file = self.cleaned_data["file"]
        if file.size > _LARGEST:
            raise forms.ValidationError("The file is larger than 20 MB: use manage.py import_readings for it.")
        return file

    def columns(self) -> dict[str, str]:
        """The columns that were named."""
        return {name: self.cleaned_data[name] for name in self.COLUMNS if self.cleaned_data[name]}

    def plan(self) -> dict[str, Any]:
        """What else was asked for."""
        return {name: self.cleaned_data[name] for name in ("title", "cut", "margin")}

    def absorb(self, errors: dict[str, list[str]]) -> None:
        """Put a service's errors beside the fields they are about."""
        for field, texts in errors.items():
            self.add_error(field if field in self.fields else None, texts)
