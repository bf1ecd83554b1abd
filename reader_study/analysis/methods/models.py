"""Mixed models, order and time."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {}
