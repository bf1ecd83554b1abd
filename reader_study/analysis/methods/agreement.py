"""Agreement between and within readers."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "percent_agreement": Method(
        "Percent agreement",
        "Agreement is the share of pairs of readers that agree, averaged over cases.",
        "Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014.",
    ),
    "fleiss_kappa": Method(
        "Fleiss kappa",
        "Agreement between readers beyond chance is Fleiss kappa.",
        "Fleiss JL. Psychol Bull 1971;76:378-382. Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014.",
    ),
    "gwet_ac": Method(
        "Gwet AC1 / AC2",
        "Gwet's AC1 of calls and AC2 of ratings (quadratic weights) stand beside it.",
        "Gwet KL. Br J Math Stat Psychol 2008;61:29-48.",
    ),
    "cohen_kappa": Method(
        "Cohen kappa",
        "Agreement of each reader's calls with her own on hidden repeats is Cohen's kappa.",
        "Cohen J. Educ Psychol Meas 1960;20:37-46. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.",
    ),
    "cohen_kappa_quadratic": Method(
        "Weighted kappa, quadratic weights",
        "Agreement of repeated ratings is Cohen's kappa with quadratic weights.",
        "Cohen J. Psychol Bull 1968;70:213-220. Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327.",
    ),
}
