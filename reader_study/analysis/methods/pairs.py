"""Pairs and rankings."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "two_alternative_d_prime": Method(
        "d' of a paired display",
        "Sensitivity to two pictures shown side by side is the square root of 2 times the normal deviate of the accuracy.",
        "Macmillan NA, Creelman CD. Detection Theory, 2nd ed. 2005, chapter 7.",
        "Equal variances and no preference for a side; the interval is that of the accuracy, transformed.",
    ),
    "bradley_terry": Method(
        "Bradley-Terry",
        "Places on one scale were estimated by the Bradley-Terry model (binomial regression, ties counted as half a win to "
        "either) with an effect of the left place.",
        "Bradley RA, Terry ME. Biometrika 1952;39:324-345. Agresti A. Categorical Data Analysis, 3rd ed. 2013, section 11.6.",
        "Comparisons are independent; one scale holds for all readers and pictures.",
    ),
    "bradley_terry_clustered": Method(
        "Bradley-Terry, clustered by reader and pair",
        "Places on one scale were estimated by the Bradley-Terry model (ties counted as half a win to either), with standard "
        "errors that allow for comparisons by one reader, and of one pair, to be alike.",
        "Bradley RA, Terry ME. Biometrika 1952;39:324-345. Cameron AC, Gelbach JB, Miller DL. J Bus Econ Stat 2011;29:238-249.",
        "Readers and pairs are samples; with few readers the interval (t with readers - 1 df) is approximate.",
    ),
}
