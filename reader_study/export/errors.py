"""What an export or an import refuses."""

from collections.abc import Sequence


class ExportError(ValueError):
    """The rows cannot be written or read in the layout asked for; the message says why."""


class RefusedRows(ExportError):
    """Rows of a file that cannot be taken. problems: one sentence each, with the number of the row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)
