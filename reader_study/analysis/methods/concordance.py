"""What the machine says beside what readers saw."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {}
