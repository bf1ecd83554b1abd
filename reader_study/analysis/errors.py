"""What an analysis says when the data cannot answer the question."""


class AnalysisError(ValueError):
    """The data or the request are not usable; the message says why and what to do."""


class NotEstimable(AnalysisError):
    """The data are well formed but carry no information on this estimand."""
