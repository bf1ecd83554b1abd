"""The name, words and source of every method that a result may carry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """title: as printed in a table; text: one sentence for a methods section; citation: where it comes from."""

    title: str
    text: str
    citation: str


METHODS: dict[str, Method] = {
    "or_rrrc": Method(
        "Obuchowski-Rockette, random readers and cases",
        "The mean over readers was tested against chance by the single-modality Obuchowski-Rockette method with readers "
        "and cases random and Hillis's degrees of freedom.",
        "Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308. Hillis SL. Stat Med 2007;26:596-619.",
    ),
    "or_frrc": Method(
        "Obuchowski-Rockette, fixed readers",
        "For these readers alone, the mean was tested with cases random and the normal distribution.",
        "Hillis SL. Stat Med 2007;26:596-619.",
    ),
    "or_rrfc": Method(
        "Obuchowski-Rockette, fixed cases",
        "Arms were compared with readers random on these cases.",
        "Hillis SL. Stat Med 2007;26:596-619.",
    ),
    "exact_separation": Method(
        "Exact bound under perfect separation",
        "Every reader judged every case alike and without error, so the interval is the mean of the Clopper-Pearson "
        "limits of the two classes over cases, each with half of alpha.",
        "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.",
    ),
    "not_estimable": Method(
        "Not estimable", "The data hold no variance from which an interval could be computed.", "None."
    ),
    "delong": Method(
        "DeLong covariance",
        "Covariances of the readers' AUCs came from placement values.",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.",
    ),
    "jackknife": Method(
        "Jackknife covariance",
        "Covariances of the readers' estimates came from leaving out one case at a time.",
        "Quenouille MH. Biometrika 1956;43:353-360. Hillis SL. Stat Med 2007;26:596-619.",
    ),
    "unbiased": Method(
        "Unbiased covariance",
        "Covariances of the readers' AUCs were estimated without bias as U-statistics.",
        "Bamber D. J Math Psychol 1975;12:387-415. Gallas BD. Acad Radiol 2006;13:353-362.",
    ),
    "tost_mrmc": Method(
        "Two one-sided tests",
        "Equivalence to chance was tested by two one-sided t tests with the multi-reader standard error and degrees of "
        "freedom, against the margin fixed before reading.",
        "Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680.",
    ),
    "wilson": Method("Wilson interval", "Proportions have Wilson score intervals.", "Wilson EB. JASA 1927;22:209-212."),
    "clopper_pearson": Method(
        "Clopper-Pearson interval",
        "Exact binomial intervals are given beside them.",
        "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.",
    ),
    "auc_delong": Method(
        "Empirical AUC, DeLong interval",
        "Each reader's empirical AUC has a DeLong interval.",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.",
    ),
    "sdt_loglinear": Method(
        "Signal detection",
        "d' and criterion c were computed with the log-linear correction.",
        "Hautus MJ. Behav Res Methods 1995;27:46-51. Gourevitch V, Galanter E. Psychometrika 1967;32:25-33.",
    ),
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
    "pooled_binomial": Method(
        "Pooled binomial (appendix)",
        "The binomial test of pooled reads ignores that readers share cases and is shown only with its design effect.",
        "Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308.",
    ),
}
