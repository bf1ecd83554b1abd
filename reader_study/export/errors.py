"""What an export refuses."""


class ExportError(ValueError):
    """The rows cannot be written in the layout asked for; the message says why."""
