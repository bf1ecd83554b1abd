"""The import form."""

from typing import Any

from django import forms
from django.conf import settings

from images.models import ImportRun, Source


def folders_on_offer() -> list[str]:
    """The folders directly inside the allowed ones, for the form to suggest."""
    folders = [folder for root in settings.IMPORT_ROOTS if root.is_dir() for folder in sorted(root.iterdir())]
    return [str(folder) for folder in folders if folder.is_dir() and not folder.name.startswith(".")][:200]


class ImportForm(forms.Form):
    """A folder on the server or a zip archive, how it is laid out, and what the set shall be called."""

    name = forms.CharField(
        label="Name of the new image set", max_length=200, help_text="As you will look for it: source, year, selection."
    )
    layout = forms.ChoiceField(
        choices=ImportRun.Layout.choices,
        initial=ImportRun.Layout.CSV,
        help_text="NIH: metadata.csv or Data_Entry_2017.csv beside the images. CSV: any table with a column path, file, "
        "filename or image; findings, patient, age, sex, view and caption are read where there are such columns. "
        "DICOM: every file of the folder, with age, sex and view position; nothing else of the header is kept.",
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roots = ", ".join(str(root) for root in settings.IMPORT_ROOTS)
        self.fields["directory"].help_text = f"Somewhere in {roots}." if roots else "No folder is open to imports."
        self.fields["directory"].widget.attrs["list"] = "folders"
        self.fields["archive"].widget.attrs["accept"] = ".zip,application/zip"
