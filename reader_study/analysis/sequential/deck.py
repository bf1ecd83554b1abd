"""The same evidence where the deck is fixed and a reader who counts could use it."""

from __future__ import annotations

import numpy as np
from scipy import special

from reader_study.analysis.types import Floats, Ints

_NODES = 64


def deck_log_e_path(truth: Ints, call: Floats) -> Floats:
    """(n,) log E after each of a reader's cases against guessing from a deck whose composition is known to her.

    truth, call: of all her cases in their order; call NaN where there is none (the case leaves the deck, nothing is bet).
    Under the null a call is right with p_t = (cases of the called class still in the deck) / (cases still in the deck).
    The alternative multiplies these odds by w; w/(1+w) is uniform on 0..1 (64-point Gauss-Legendre), so that with
    p_t = 1/2 throughout the value is that of `log_e_value`. A product of bets that are fair given the past and the call:
    a test martingale (Shafer 2021, J R Stat Soc A 184:407).
    """
    null = _guessing(truth, call)
    known = ~np.isnan(call)
    right = np.where(known, call == truth, False)
    nodes, weights = special.roots_legendre(_NODES)
    log_odds = np.log1p(nodes) - np.log1p(-nodes)
    # A forced call (p = 0 or 1) carries no evidence: its factor is 1.
    p = np.where(known & (null > 0) & (null < 1), null, 0.5)
    bets = np.where(known & (null > 0) & (null < 1), 1.0, 0.0)[:, None]
    logit = np.log(p) - np.log1p(-p)
    tilted = special.expit(logit[:, None] + log_odds[None, :])
    gain = np.where(right[:, None], np.log(tilted) - np.log(p)[:, None], np.log1p(-tilted) - np.log1p(-p)[:, None])
    total = np.cumsum(bets * gain, axis=0)
    return np.asarray(special.logsumexp(total, axis=1, b=weights[None, :] / 2))


def _guessing(truth: Ints, call: Floats) -> Floats:
    """(n,) share of the called class among the cases that are still in the deck, each case itself included."""
    synthetic = np.cumsum(truth[::-1])[::-1]
    left = np.arange(truth.size, 0, -1)
    share = synthetic / left
    return np.where(call == 1, share, 1 - share)
