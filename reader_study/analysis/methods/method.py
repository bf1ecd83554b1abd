"""What is said of a method wherever its result stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """title: as printed in a table; text: one sentence for a methods section; citation: where it comes from.

    assumptions: what must hold for the interval and the test to be right, in one sentence.
    """

    title: str
    text: str
    citation: str
    assumptions: str = ""
