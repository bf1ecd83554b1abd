"""The coefficients of agreement with the names under which page, figure and report show them."""

from __future__ import annotations

from typing import Any

_CALLS = {
    "percent": "Same call, pairs of readers",
    "fleiss": "Fleiss kappa of calls",
    "conger": "Conger kappa of calls",
    "ac1": "Gwet AC1 of calls",
    "alpha_nominal": "Krippendorff alpha of calls",
}
_RATINGS = {
    "ac2_ordinal": "Gwet AC2 of ratings, ordinal weights",
    "ac2_quadratic": "Gwet AC2 of ratings, quadratic weights",
    "alpha_ordinal": "Krippendorff alpha of ratings, ordinal",
    "alpha_interval": "Krippendorff alpha of ratings, interval",
    "icc_single": "ICC(2,1) of ratings, one reader",
    "icc_mean": "ICC(2,k) of ratings, mean of readers",
}
_REALISM = {
    "alpha_ordinal": "Krippendorff alpha of realism, ordinal",
    "icc_single": "ICC(2,1) of realism, one reader",
    "icc_mean": "ICC(2,k) of realism, mean of readers",
    "kendall_w": "Kendall W of realism",
}
_WITHIN = {
    "same_call": "Same call on hidden repeats",
    "kappa_calls": "Cohen kappa of calls on repeats",
    "weighted_kappa_ratings": "Weighted kappa of ratings, quadratic",
    "linear_kappa_ratings": "Weighted kappa of ratings, linear",
    "icc_ratings": "ICC(2,1) of ratings on repeats",
}


def between(agreement: Any) -> list[tuple[str, Any]]:
    """Name and estimate of everything in a BetweenReaders, or in its plain form."""
    found = _named(agreement.calls, _CALLS) + _named(agreement.ratings, _RATINGS)
    return found + (_named(agreement.realism, _REALISM) if agreement.realism else [])


def within(repeats: Any) -> list[tuple[str, Any]]:
    """Name and estimate of everything in a RepeatAgreement, or in its plain form; nothing without repeats."""
    return _named(repeats, _WITHIN) if repeats.n_pairs else []


def _named(values: Any, names: dict[str, str]) -> list[tuple[str, Any]]:
    return [(title, getattr(values, name)) for name, title in names.items()]
