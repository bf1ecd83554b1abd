"""What the machine says beside what readers saw."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "spearman_clustered": Method(
        "Spearman correlation, images clustered",
        "An automatic score of each image was put beside the mean answer over readers by Spearman's rank correlation, with "
        "the jackknife over images (over patients or prompts where images share one) on Fisher's scale.",
        "Spearman C. Am J Psychol 1904;15:72-101. Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993, ch. 11.",
        "Images (patients, prompts) are a sample; the readers are these readers.",
    ),
    "auc_clustered": Method(
        "AUC of an automatic score, reads clustered by image",
        "How well an automatic score tells reads that said yes from reads that said no is an area with a variance that lets "
        "reads of one image (patient, prompt) depend on each other.",
        "Obuchowski NA. Biometrics 1997;53:567-578.",
        "Images (patients, prompts) are independent and many; the readers are these readers.",
    ),
    "spearman_exact": Method(
        "Spearman correlation over checkpoints",
        "Over checkpoints each metric was put beside the readers' estimate by Spearman's rank correlation; p counts all orders.",
        "Spearman C. Am J Psychol 1904;15:72-101. Bonett DG, Wright TA. Psychometrika 2000;65:23-28.",
        "Checkpoints are exchangeable where there is no relation; the errors of both estimates are not carried on.",
    ),
}
