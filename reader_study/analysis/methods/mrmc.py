"""Multi-reader multi-case tests and verdicts."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "or_rrrc": Method(
        "Obuchowski-Rockette, random readers and cases",
        "The mean over readers was tested against chance by the single-modality Obuchowski-Rockette method with readers "
        "and cases random and Hillis's degrees of freedom.",
        "Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308. Hillis SL. Stat Med 2007;26:596-619.",
        "Readers and cases are independent random samples; readers' estimates are about normal, their errors have equal "
        "variances and equal covariances.",
    ),
    "or_frrc": Method(
        "Obuchowski-Rockette, fixed readers",
        "For these readers alone, the mean was tested with cases random and the normal distribution.",
        "Hillis SL. Stat Med 2007;26:596-619.",
        "Cases are an independent random sample, large enough for a normal mean; nothing is said of other readers.",
    ),
    "or_rrfc": Method(
        "Obuchowski-Rockette, fixed cases",
        "Estimates were compared with readers random on these cases.",
        "Hillis SL. Stat Med 2007;26:596-619.",
        "Readers are an independent random sample with normal estimates; nothing is said of other cases.",
    ),
    "ustat_rrrc": Method(
        "U-statistic, random readers and cases",
        "All pairs of a reader's reads were pooled over readers; the variance over readers and cases is a U-statistic of "
        "eight moments (four for a proportion) over the reads that exist, with Gallas's degrees of freedom.",
        "Gallas BD. Acad Radiol 2006;13:353-362. Gallas BD, Bandos A, Samuelson FW, Wagner RF. Commun Stat Theory Methods "
        "2009;38:2586-2603. Obuchowski NA, Gallas BD, Hillis SL. Acad Radiol 2012;19:1508-1517.",
        "Readers and cases are independent random samples, and which reads exist does not depend on what was seen.",
    ),
    "ustat_frrc": Method(
        "U-statistic, fixed readers",
        "For these readers alone, the pooled pairs were tested with cases random and the normal distribution.",
        "Gallas BD. Acad Radiol 2006;13:353-362.",
        "Cases are an independent random sample, large enough for a normal mean; nothing is said of other readers.",
    ),
    "exact_separation": Method(
        "Exact bound under perfect separation",
        "Every reader judged every case alike and without error, so the interval is the mean of the Clopper-Pearson "
        "limits of the two classes over cases, each with half of alpha.",
        "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.",
        "Cases are an independent random sample.",
    ),
    "not_estimable": Method(
        "Not estimable", "The data hold no variance from which an interval could be computed.", "None.", "None."
    ),
    "delong": Method(
        "DeLong covariance",
        "Covariances of the readers' AUCs came from placement values.",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.",
        "Cases are independent, and every reader read every one of them.",
    ),
    "jackknife": Method(
        "Jackknife covariance",
        "Covariances of the readers' estimates came from leaving out one case at a time.",
        "Quenouille MH. Biometrika 1956;43:353-360. Hillis SL. Stat Med 2007;26:596-619.",
        "Cases are independent.",
    ),
    "unbiased": Method(
        "Unbiased covariance",
        "Covariances of the readers' AUCs were estimated without bias as U-statistics.",
        "Bamber D. J Math Psychol 1975;12:387-415. Gallas BD. Acad Radiol 2006;13:353-362.",
        "Cases are independent.",
    ),
    "mle": Method(
        "Maximum-likelihood variance",
        "The variance is that of the observed reads taken for the whole population; it is never negative and stands in where "
        "the unbiased one is.",
        "Gallas BD. Acad Radiol 2006;13:353-362.",
        "Readers and cases are independent random samples; the variance is too large by about the share of one case.",
    ),
    "dbm_jackknife": Method(
        "Dorfman-Berbaum-Metz variance components",
        "Variance components of the jackknife pseudovalues were converted from the Obuchowski-Rockette covariances.",
        "Dorfman DD, Berbaum KS, Metz CE. Invest Radiol 1992;27:723-731. Hillis SL. Stat Med 2007;26:596-619.",
        "Every reader read every case in every arm.",
    ),
    "tost_mrmc": Method(
        "Two one-sided tests",
        "Equivalence to chance was tested by two one-sided t tests with the multi-reader standard error and degrees of "
        "freedom, against the margin fixed before reading.",
        "Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680.",
        "Those of the standard error used; the margin was fixed before the first read.",
    ),
    "noninferiority_mrmc": Method(
        "Non-inferiority",
        "Non-inferiority was tested one-sided with the multi-reader standard error and degrees of freedom, against the "
        "margin fixed before reading.",
        "Chen W, Petrick NA, Sahiner B. Acad Radiol 2012;19:1158-1165.",
        "Those of the standard error used; the margin was fixed before the first read.",
    ),
}
