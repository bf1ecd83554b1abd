"""What an export or an import refuses."""

from collections.abc import Sequence


class ExportError(ValueError):
    """The rows cannot be written or read in the layout asked for; the message says why."""


class MissingColumns(ExportError):
    """A file without columns that it must have. fields: what they would hold. header: the columns that it has."""

    def __init__(self, fields: Sequence[str], header: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.messages = {what: f"Name the column of the {what}. The file has: {', '.join(header)}." for what in fields}
        super().__init__(" ".join(self.messages.values()))


class RefusedRows(ExportError):
    """Rows of a file that cannot be taken. problems: one sentence each, with the number of the row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)
