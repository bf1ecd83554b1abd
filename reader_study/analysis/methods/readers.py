"""One reader at a time, and the pooled count."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "wilson": Method(
        "Wilson interval",
        "Proportions have Wilson score intervals.",
        "Wilson EB. JASA 1927;22:209-212.",
        "One reader's reads of different cases are independent.",
    ),
    "clopper_pearson": Method(
        "Clopper-Pearson interval",
        "Exact binomial intervals are given beside them.",
        "Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.",
        "One reader's reads of different cases are independent.",
    ),
    "auc_delong": Method(
        "Empirical AUC, DeLong interval",
        "Each reader's empirical AUC has a DeLong interval.",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.",
        "Cases are independent; other cases of the same kind, not other readers.",
    ),
    "sdt_loglinear": Method(
        "Signal detection",
        "d' and criterion c were computed with the log-linear correction.",
        "Hautus MJ. Behav Res Methods 1995;27:46-51. Gourevitch V, Galanter E. Psychometrika 1967;32:25-33.",
        "Equal-variance normal evidence for real and synthetic cases.",
    ),
    "pooled_binomial": Method(
        "Pooled binomial (appendix)",
        "The binomial test of pooled reads ignores that readers share cases and is shown only with its design effect.",
        "Obuchowski NA, Rockette HE. Commun Stat Simul Comput 1995;24:285-308.",
        "All reads are independent, which they are not when readers share cases.",
    ),
}
