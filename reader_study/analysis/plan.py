"""What is decided about the analysis before the first read: part of every locked protocol."""

ANALYSIS_PLAN: dict[str, str | float] = {
    "positive_class": "synthetic",
    "primary_endpoint": "balanced accuracy",
    "secondary_endpoint": "AUC",
    "null": 0.5,
    "inference": "or_rrrc",
    "equivalence": "tost_mrmc",
    "reads": "the last complete answer in time of every first presentation",
}
