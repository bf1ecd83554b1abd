"""What the readers of collections share."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from images.attributes import MAX_LENGTH, Attributes, attributes_from_text
from images.datasets.options import OptionError, ReadingOptions
from images.datasets.views import view_of
from images.layouts import Entry, Folder

Walk = Callable[[Counter[str]], Iterator[Entry]]
_NOT_STATED = {"unknown", "o", "nan", "none"}
_PROBES = 20


@dataclass(frozen=True)
class Collection:
    """A published collection of radiographs and how its directory is read.

    read: opens the tables, and raises FolderError where one is missing or lacks a column; what it returns walks them.
    splits: the parts that can be asked for; label_sources: the label tables that can, the first one being the default.
    """

    name: str
    title: str
    read: Callable[[Folder, ReadingOptions], Walk]
    splits: tuple[str, ...] = ()
    label_sources: tuple[str, ...] = ()

    def check(self, options: ReadingOptions) -> None:
        """Raise OptionError where something is asked for that this collection does not have."""
        for split in options.splits:
            if split not in self.splits:
                offered = ", ".join(self.splits) or "no parts"
                raise OptionError("splits", f"{self.title} has {offered}; {split} is not among them.")
        if options.labels and options.labels not in self.label_sources:
            offered = ", ".join(self.label_sources) or "one table of labels"
            raise OptionError("labels", f"{self.title} has {offered}; {options.labels} is not among them.")


def known_of_row(
    *,
    findings: tuple[str, ...] = (),
    uncertain: tuple[str, ...] = (),
    patient: str = "",
    age: str = "",
    sex: str = "",
    view: str = "",
    caption: str = "",
    notes: tuple[str, ...] = (),
) -> Attributes:
    """The cells of one row as attributes. Reports longer than a caption may be are cut.

    Raises ValueError for a patient, finding or view that is too long to be one.
    """
    text = attributes_from_text(
        patient=patient,
        age="" if age.lower() in _NOT_STATED else age,
        sex="" if sex.lower() in _NOT_STATED else sex,
        view=view_of(view),
        caption=" ".join(caption.split())[: MAX_LENGTH["caption"]],
    )
    cut = [tuple(dict.fromkeys(name[: MAX_LENGTH["finding"]] for name in names)) for names in (findings, uncertain)]
    return replace(text, findings=cut[0], uncertain=cut[1], notes=text.notes + notes)


class Places:
    """Where a collection's pictures lie: the first of some templates under which some are found.

    Only the first few names are looked up, so that a listing costs no look-up for each of its rows.
    """

    def __init__(self, folder: Folder, base: str, *templates: str) -> None:
        self._folder = folder
        literal = base.replace("{", "{{").replace("}", "}}")
        self._templates = [literal + template for template in templates]
        self._found: str | None = None
        self._probes = 0

    def of(self, **fields: str) -> str:
        """The path of the picture with these fields; where it is published to be, when no template fits."""
        if self._found is None and self._probes < _PROBES:
            self._probes += 1
            paths = ((template, template.format(**fields)) for template in self._templates)
            self._found = next((template for template, path in paths if self._folder.exists(path)), None)
        return (self._found or self._templates[0]).format(**fields)
