"""Anytime-valid inference."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {}
