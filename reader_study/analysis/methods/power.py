"""Power and sample size."""

from reader_study.analysis.methods.method import Method

_COMPONENTS = "The variances of readers and cases in the study will be those put in; error variances fall as 1 / cases."

METHODS: dict[str, Method] = {
    "power_hillis": Method(
        "Power of a comparison of two arms",
        "Power to find a difference between two arms was computed from Obuchowski-Rockette components with Hillis's degrees "
        "of freedom and the noncentral F distribution.",
        "Hillis SL, Obuchowski NA, Berbaum KS. Acad Radiol 2011;18:129-142.",
        _COMPONENTS,
    ),
    "power_or": Method(
        "Power of a test against chance",
        "Power to tell the mean over readers from chance was computed from Obuchowski-Rockette components of one arm and the "
        "noncentral t distribution.",
        "Hillis SL. Stat Med 2007;26:596-619. Hillis SL, Obuchowski NA, Berbaum KS. Acad Radiol 2011;18:129-142.",
        _COMPONENTS,
    ),
    "power_normal": Method(
        "Power of a test against chance, normal approximation",
        "Power to tell the mean over readers from chance was computed with the normal distribution.",
        "Hillis SL. Stat Med 2007;26:596-619.",
        _COMPONENTS + " Readers are so many that t is normal.",
    ),
    "power_tost": Method(
        "Power to show equivalence",
        "Power of two one-sided tests was computed from Obuchowski-Rockette components of one arm and noncentral t "
        "distributions, and is 0 where the approximation is negative.",
        "Phillips KF. J Pharmacokinet Biopharm 1990;18:137-144. Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680.",
        _COMPONENTS,
    ),
    "power_roe_metz": Method(
        "Power by simulation",
        "Power was simulated: studies were drawn from the model of Roe and Metz and analysed as this study is.",
        "Roe CA, Metz CE. Acad Radiol 1997;4:298-303.",
        "Latent ratings are normal sums of reader, case and error effects.",
    ),
}
