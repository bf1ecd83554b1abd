"""Two pictures side by side: which is real, which is better.

Example::

    table = PairTable.build(reader=..., pair=..., left=..., right=..., chosen=...)
    analysis = analyse_pairs(table, asked="real", margin=0.1)
"""

from reader_study.analysis.pairs.section import PairsAnalysis, analyse_pairs
from reader_study.analysis.pairs.table import PairTable

__all__ = ["PairTable", "PairsAnalysis", "analyse_pairs"]
