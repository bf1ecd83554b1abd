"""The forms of imports and samples."""

from typing import Any

from django import forms
from django.conf import settings

from images.datasets import COLLECTIONS
from images.datasets.options import ALLOCATIONS, STRATA, ReadingOptions, words
from images.models import ImageSet, ImportRun, Source

_STRATA = dict(zip(STRATA, ("finding", "sex", "age band", "view"), strict=True))
_ALLOCATIONS = dict(zip(ALLOCATIONS, ("its share of the whole", "the same number as the others"), strict=True))


def folders_on_offer() -> list[str]:
    """The folders directly inside the allowed ones, for the form to suggest."""
    folders = [folder for root in settings.IMPORT_ROOTS if root.is_dir() for folder in sorted(root.iterdir())]
    return [str(folder) for folder in folders if folder.is_dir() and not folder.name.startswith(".")][:200]


class WordsField(forms.CharField):
    """Words separated by commas."""

    def to_python(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        """The words, each once."""
        return words(super().to_python(value) or "")


class DrawForm(forms.Form):
    """How a sample is drawn; `sample` is left to the forms that build on this one."""

    by = forms.MultipleChoiceField(
        label="Drawn by", choices=list(_STRATA.items()), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Strata of the draw. An image with several findings counts under the rarest of them.",
    )  # fmt: skip
    allocation = forms.ChoiceField(
        label="Each stratum gives", choices=list(_ALLOCATIONS.items()), required=False, widget=forms.RadioSelect,
        initial=ALLOCATIONS[0],
    )  # fmt: skip
    seed = forms.IntegerField(
        required=False, min_value=0, initial=0, help_text="The same seed always draws the same images."
    )
    one_per_patient = forms.BooleanField(label="At most one image of each patient", required=False)

    def clean_seed(self) -> int:
        """0 where none is given."""
        return self.cleaned_data["seed"] or 0

    def clean_allocation(self) -> str:
        """In proportion where nothing is chosen."""
        return self.cleaned_data["allocation"] or ALLOCATIONS[0]


class ImportForm(DrawForm):
    """A folder on the server or a zip archive, how it is laid out, what of it is wanted, and the name of the set."""

    WHAT = ("name", "layout", "directory", "archive", "source", "is_phantom", "description")
    READING = ("uncertain", "labels", "splits", "views", "sample", "by", "allocation", "seed", "one_per_patient")
    field_order = WHAT + READING

    name = forms.CharField(
        label="Name of the new image set", max_length=200, help_text="As you will look for it: source, year, selection."
    )
    layout = forms.ChoiceField(
        choices=ImportRun.Layout.choices,
        initial=ImportRun.Layout.CSV,
        help_text="A published collection is read from its own directory and tables; where a table is missing, the "
        "form says which. CSV: any table with a column path, file, filename or image; findings, patient, age, sex, "
        "view and caption are read where there are such columns. DICOM: every file of the folder, with age, sex and "
        "view position; nothing else of the header is kept.",
    )
    directory = forms.CharField(label="Folder on the server", max_length=1000, required=False)
    archive = forms.FileField(
        label="or a zip archive",
        required=False,
        help_text="Of such a folder, up to 4 GB. It is deleted after the import.",
    )
    source = forms.ChoiceField(
        label="The images are", choices=Source.choices, initial=Source.REAL, widget=forms.RadioSelect
    )
    is_phantom = forms.BooleanField(
        label="Drawn phantoms", required=False, help_text="Labelled as phantoms wherever the set appears."
    )
    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Where they come from, under which terms."
    )
    uncertain = forms.ChoiceField(
        label="Labels of -1 (CheXpert, CheXpert Plus, MIMIC)",
        choices=[("ignore", "left open (U-Ignore)"), ("zeros", "absent (U-Zeros)"), ("ones", "present (U-Ones)")],
        initial="ignore",
        required=False,
    )
    labels = forms.ChoiceField(
        label="Table of labels",
        choices=[("", "the collection's usual one")]
        + [(source, f"{c.title}: {source}") for c in COLLECTIONS for source in c.label_sources],
        required=False,
    )
    splits = WordsField(label="Parts", required=False, help_text="Such as train, valid, validate, test. Empty: all.")
    views = WordsField(
        required=False,
        help_text="Such as PA, AP; frontal for all frontal ones. Labels are of the whole study: its lateral images "
        "have them, too, and classifiers are trained on frontal ones.",
    )
    sample = forms.IntegerField(
        label="Draw a sample of", required=False, min_value=1, help_text="Images, drawn before any picture is read."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roots = ", ".join(str(root) for root in settings.IMPORT_ROOTS)
        self.fields["directory"].help_text = f"Somewhere in {roots}." if roots else "No folder is open to imports."
        self.fields["directory"].widget.attrs["list"] = "folders"
        self.fields["archive"].widget.attrs["accept"] = ".zip,application/zip"

    def what(self) -> list[forms.BoundField]:
        """The fields that every import needs."""
        return [self[name] for name in self.WHAT]

    def reading(self) -> list[forms.BoundField]:
        """The fields that ask for a part of a collection."""
        return [self[name] for name in self.READING]

    @property
    def asks_for_a_part(self) -> bool:
        """Whether one of these was filled in, or has an error."""
        return self.is_bound and any(name in self.errors or name in self.changed_data for name in self.READING)

    def for_import(self) -> dict[str, Any]:
        """What `start_import` takes."""
        typed = dict(self.cleaned_data)
        reading = {name: typed.pop(name) for name in self.READING}
        reading |= {
            "uncertain": reading["uncertain"] or "ignore",
            "sample": reading["sample"] or 0,
            "by": tuple(reading["by"]),
        }
        return {**typed, "options": ReadingOptions(**reading)}


class SampleForm(DrawForm):
    """A draw from a set into a new one."""

    field_order = ("name", "sample", "by", "allocation", "views", "one_per_patient", "without_duplicates", "seed")

    name = forms.CharField(label="Name of the new image set", max_length=200)
    sample = forms.IntegerField(label="How many images", min_value=1)
    views = forms.MultipleChoiceField(
        choices=[], required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: all."
    )
    without_duplicates = forms.BooleanField(
        label="Leave out what looks like an earlier image of the set", required=False
    )

    def __init__(self, image_set: ImageSet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        views = image_set.items.order_by("view").values_list("view", flat=True).distinct()
        self.fields["views"].choices = [(view, view) for view in views if view]  # type: ignore[attr-defined]
        if not self.fields["views"].choices:  # type: ignore[attr-defined]
            del self.fields["views"]
        self.fields["name"].initial = f"{image_set.name}, sample"[:200]
        self.fields["sample"].help_text = f"Of {image_set.count}."

    def for_draw(self) -> dict[str, Any]:
        """What `options_of` takes."""
        typed = self.cleaned_data
        return {
            "sample": typed["sample"],
            "by": tuple(typed["by"]),
            "seed": typed["seed"],
            "views": tuple(typed.get("views", ())),
            "allocation": typed["allocation"],
            "one_per_patient": typed["one_per_patient"],
        }
