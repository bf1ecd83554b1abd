"""Mixed models, order and time."""

from reader_study.analysis.methods.method import Method

_LAPLACE = "Bates D, Maechler M, Bolker B, Walker S. J Stat Softw 2015;67(1):1-48."
_NORMAL = (
    "Readers and cases are random samples whose effects are normal on the scale of the link; given them, answers are "
    "independent."
)

METHODS: dict[str, Method] = {
    "glmm_logit": Method(
        "Logistic mixed model",
        "Correct calls were modelled by logistic regression with crossed random effects of readers and cases, fitted by "
        "Laplace's approximation, with Wald intervals.",
        f"Breslow NE, Clayton DG. J Am Stat Assoc 1993;88:9-25. {_LAPLACE}",
        _NORMAL,
    ),
    "glmm_probit": Method(
        "Probit mixed model",
        "Calls were modelled by probit regression on the truth with crossed random effects of readers and cases.",
        f"DeCarlo LT. Psychol Methods 1998;3:186-205. {_LAPLACE}",
        _NORMAL,
    ),
    "glmm_d_prime": Method(
        "d' of the mixed model",
        "Sensitivity d' is the slope of the probit mixed model on the truth: that of a typical reader on a typical case.",
        "DeCarlo LT. Psychol Methods 1998;3:186-205.",
        _NORMAL + " Both kinds of image spread alike on the readers' scale.",
    ),
    "glmm_criterion": Method(
        "Criterion of the mixed model",
        "The criterion c is the negated intercept of the probit mixed model; positive: reluctant to call synthetic.",
        "DeCarlo LT. Psychol Methods 1998;3:186-205.",
        _NORMAL + " Both kinds of image spread alike on the readers' scale.",
    ),
    "clmm_logit": Method(
        "Cumulative logit mixed model",
        "Ordered ratings were modelled by cumulative logits with crossed random effects of readers and cases.",
        "McCullagh P. J R Stat Soc B 1980;42:109-142. Christensen RHB. The R package ordinal, 2022.",
        _NORMAL + " The effect of the source is the same at every cut between levels.",
    ),
    "clmm_probit": Method(
        "Cumulative probit mixed model",
        "Confidence ratings were modelled by cumulative probits with crossed random effects of readers and cases.",
        "McCullagh P. J R Stat Soc B 1980;42:109-142. DeCarlo LT. Psychol Methods 1998;3:186-205.",
        _NORMAL + " The effect of the source is the same at every cut between levels.",
    ),
    "clmm_odds_ratio": Method(
        "Odds ratio of a higher rating",
        "The odds ratio is that of a synthetic image being rated above any given level, against a real one.",
        "McCullagh P. J R Stat Soc B 1980;42:109-142.",
        _NORMAL + " Odds are proportional: one ratio holds at every cut.",
    ),
    "lmm_reml": Method(
        "Linear mixed model",
        "Log reading times were modelled by linear regression with crossed random effects of readers and cases, fitted "
        "by restricted maximum likelihood.",
        _LAPLACE,
        "Log times are normal given reader and case, with one variance.",
    ),
    "lmm_ml": Method(
        "Linear mixed model, full likelihood",
        "The same fitted by full maximum likelihood, whose log-likelihoods compare models of different fixed effects.",
        _LAPLACE,
        "Log times are normal given reader and case, with one variance.",
    ),
    "order_odds_ratio": Method(
        "Odds ratio along the list",
        "The odds of a right call change by this factor for one standard deviation further along the list.",
        f"Breslow NE, Clayton DG. J Am Stat Assoc 1993;88:9-25. {_LAPLACE}",
        _NORMAL + " The log odds change evenly along the list.",
    ),
    "time_ratio": Method(
        "Time ratio along the list",
        "Geometric mean seconds change by this factor for one standard deviation further along the list.",
        _LAPLACE,
        "Log times are normal given reader and case and change evenly along the list.",
    ),
    "cochran_armitage": Method(
        "Cochran-Armitage trend",
        "The trend of correct calls over quarters of the list was tested by Cochran and Armitage's chi-square.",
        "Cochran WG. Biometrics 1954;10:417-451. Armitage P. Biometrics 1955;11:375-386.",
        "Reads are independent, which they are not where cases or readers differ: a picture, not the test of record.",
    ),
}
