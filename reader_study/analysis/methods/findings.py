"""Findings, realism and multiplicity."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "exact_unanimous": Method(
        "Exact interval of unanimous reads",
        "Where all reads were alike, the interval is Clopper and Pearson's over cases, as if each had been read once.",
        "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.",
        "Cases are independent.",
    ),
    "holm": Method(
        "Holm adjustment",
        "p-values of a confirmatory family were adjusted by Holm's method.",
        "Holm S. Scand J Stat 1979;6:65-70.",
        "The family was fixed at the lock; no assumption on the dependence of the tests.",
    ),
    "benjamini_hochberg": Method(
        "Benjamini-Hochberg adjustment",
        "p-values of exploratory families were adjusted for the false discovery rate.",
        "Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.",
        "The tests are independent or positively dependent.",
    ),
}
