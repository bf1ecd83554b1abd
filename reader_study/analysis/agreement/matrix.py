"""Reads as readers x cases: the shape that every coefficient of agreement takes."""

import numpy as np

from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats


def read_matrix(table: RatingTable, column: str) -> Floats:
    """(readers, cases) first readings of `column`, NaN where missing, both in the order of their labels.

    A case read in two arms is two columns: readers agree about it under one condition at a time.
    """
    first = table.primary()
    readers, reader = np.unique(first.reader, return_inverse=True)
    units, unit = np.unique(np.stack([first.arm, first.case]), axis=1, return_inverse=True)
    matrix = np.full((readers.size, units.shape[1]), np.nan)
    matrix[reader, unit.reshape(-1)] = first.column(column)
    return matrix
