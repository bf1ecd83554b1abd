"""Agreement between and within readers."""

from reader_study.analysis.methods.method import Method

_OTHER_CASES = "Cases are independent; the interval speaks of other cases read by these readers."
_BOOTSTRAP = "Cases are independent and are resampled; the interval speaks of other cases read by these readers."
_KRIPPENDORFF = (
    "Krippendorff K. Computing Krippendorff's Alpha-Reliability. 2011. "
    "Hayes AF, Krippendorff K. Commun Methods Meas 2007;1:77-89."
)
_COHEN = "Cohen J. Psychol Bull 1968;70:213-220. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327."
_PAIRS = "Pairs of answers are independent of each other; the interval is asymptotic."
_SHROUT = "Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428."
_NORMAL = "Ratings are on an interval scale with normal case effects and errors of equal variance."


def _alpha(level: str, distance: str) -> Method:
    text = f"Agreement of answers on the {level} level is Krippendorff's alpha ({distance}) with a BCa bootstrap interval over cases."
    return Method(f"Krippendorff alpha, {level}", text, _KRIPPENDORFF, _BOOTSTRAP)


def _icc(title: str, model: str) -> Method:
    return Method(title, f"Reliability is the intraclass correlation {title[4:]}: {model}.", _SHROUT, _NORMAL)


METHODS: dict[str, Method] = {
    "percent_agreement": Method(
        "Percent agreement",
        "Agreement is the share of pairs of readers that agree, averaged over cases.",
        "Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014.",
        _OTHER_CASES,
    ),
    "fleiss_kappa": Method(
        "Fleiss kappa",
        "Agreement between readers beyond chance is Fleiss kappa.",
        "Fleiss JL. Psychol Bull 1971;76:378-382. Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014.",
        _OTHER_CASES,
    ),
    "conger_kappa": Method(
        "Conger kappa",
        "Conger's kappa, whose chance agreement comes from each reader's own prevalence, stands beside it.",
        "Conger AJ. Psychol Bull 1980;88:322-328. Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014.",
        _OTHER_CASES,
    ),
    "brennan_prediger": Method(
        "Brennan-Prediger kappa",
        "Agreement beyond that of answers spread evenly over the categories is the Brennan-Prediger coefficient.",
        "Brennan RL, Prediger DJ. Educ Psychol Meas 1981;41:687-699.",
        _OTHER_CASES,
    ),
    "gwet_ac": Method(
        "Gwet AC1 / AC2",
        "Gwet's AC1 of calls and AC2 of ratings (ordinal and quadratic weights) stand beside it.",
        "Gwet KL. Br J Math Stat Psychol 2008;61:29-48.",
        _OTHER_CASES,
    ),
    "krippendorff_nominal": _alpha("nominal", "equal or not"),
    "krippendorff_ordinal": _alpha("ordinal", "distance of mid-ranks"),
    "krippendorff_interval": _alpha("interval", "squared difference"),
    "krippendorff_ratio": _alpha("ratio", "squared difference relative to the sum"),
    "icc_1_1": _icc("ICC(1,1)", "one rating, other readers for every case"),
    "icc_2_1": _icc("ICC(2,1)", "one rating, readers random, absolute agreement"),
    "icc_3_1": _icc("ICC(3,1)", "one rating, these readers, consistency"),
    "icc_1_k": _icc("ICC(1,k)", "mean of k ratings, other readers for every case"),
    "icc_2_k": _icc("ICC(2,k)", "mean of k ratings, readers random, absolute agreement"),
    "icc_3_k": _icc("ICC(3,k)", "mean of k ratings, these readers, consistency"),
    "kendall_w": Method(
        "Kendall W",
        "Concordance of the readers' rankings is Kendall's W, corrected for ties.",
        "Kendall MG, Babington Smith B. Ann Math Stat 1939;10:275-287.",
        "Cases are independent; p is from the chi-square approximation.",
    ),
    "cohen_kappa": Method(
        "Cohen kappa",
        "Agreement of two sets of calls (a reader's own on hidden repeats, or those of two readers) is Cohen's kappa.",
        "Cohen J. Educ Psychol Meas 1960;20:37-46. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.",
        _PAIRS,
    ),
    "cohen_kappa_linear": Method(
        "Weighted kappa, linear weights",
        "Agreement of repeated ratings is also given as Cohen's kappa with linear weights.",
        _COHEN,
        _PAIRS,
    ),
    "cohen_kappa_quadratic": Method(
        "Weighted kappa, quadratic weights",
        "Agreement of repeated ratings is Cohen's kappa with quadratic weights.",
        _COHEN,
        _PAIRS,
    ),
}
