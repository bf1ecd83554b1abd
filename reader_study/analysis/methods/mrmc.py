"""Multi-reader multi-case tests and verdicts."""

from reader_study.analysis.methods.method import Method

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
}
