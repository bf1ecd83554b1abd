"""Power by simulation: studies are drawn from the model of Roe and Metz and analysed as real ones are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize, stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.arms import compare_arms
from reader_study.analysis.mrmc.covariance import delong
from reader_study.analysis.mrmc.equivalence import tost
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.single_arm import Panel, single_arm
from reader_study.analysis.proportion import proportion
from reader_study.analysis.types import Floats, Interval


@dataclass(frozen=True, slots=True)
class RoeMetz:
    """Latent rating of a case: +-mean + R + C + RC + (the same three with the arm) + E, for each truth independently.

    means: half the distance of synthetic from real in each arm. Variances: reader, case, reader_case, and of the arm with
    reader, case and reader_case; error: the rest (Roe and Metz 1997, Acad Radiol 4:298). A call is a latent above 0.
    """

    means: tuple[float, ...]
    reader: float
    case: float
    reader_case: float = 0.0
    arm_reader: float = 0.0
    arm_case: float = 0.0
    error: float = 1.0

    def draw(self, rng: np.random.Generator, readers: int, cases: tuple[int, int]) -> tuple[Floats, Floats]:
        """Latent ratings (arms, readers, n0) of real and (arms, readers, n1) of synthetic cases."""
        real, synthetic = (self._one(rng, readers, count) for count in cases)
        shift = np.asarray(self.means)[:, None, None]
        return real - shift, synthetic + shift

    def _one(self, rng: np.random.Generator, readers: int, cases: int) -> Floats:
        arms = len(self.means)
        parts = (
            (self.reader, (1, readers, 1)),
            (self.case, (1, 1, cases)),
            (self.reader_case, (1, readers, cases)),
            (self.arm_reader, (arms, readers, 1)),
            (self.arm_case, (arms, 1, cases)),
            (self.error, (arms, readers, cases)),
        )
        total = np.zeros((arms, readers, cases))
        for variance, shape in parts:
            if variance:
                total += math.sqrt(variance) * rng.normal(size=shape)
        return total


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """Share of simulated studies that showed it, with the interval of the simulation alone (Wilson, 95 %)."""

    power: float
    interval: Interval
    mean: float
    replicates: int
    method: str = "power_roe_metz"


def calls_model(value: float, *, case_correlation: float, reader_sd: float) -> RoeMetz:
    """The latent model of one arm whose calls have this mean accuracy, case correlation and SD of readers' accuracy.

    case_correlation: of two readers' calls on one case; the latent correlation that gives it solves
    P(both above) = p^2 + rho p (1 - p) for the bivariate normal.
    """
    if not 0 < value < 1:
        raise AnalysisError("The accuracy must lie between 0 and 1.")
    z = float(stats.norm.ppf(value))
    latent = _latent_correlation(z, case_correlation)
    # Sensitivity and specificity have reader effects of their own: their mean halves the variance.
    reader = 2 * (reader_sd / float(stats.norm.pdf(z))) ** 2
    return RoeMetz((z * math.sqrt(1 + reader),), reader=reader, case=latent, error=1 - latent)


def simulate_power(
    model: RoeMetz,
    *,
    readers: int,
    cases: int,
    share: float = 0.5,
    endpoint: str = "balanced accuracy",
    margin: float | None = None,
    null: float = 0.5,
    alpha: float = 0.05,
    replicates: int = 500,
    seed: int = 1,
) -> SimulatedPower:
    """Share of simulated studies whose test is significant, or with `margin` shows equivalence. DeLong and RRRC throughout.

    Two arms are compared with each other, one with `null`. endpoint: balanced accuracy (of calls) or AUC (of latents).
    """
    if readers < 2 or cases < 4 or replicates < 1 or endpoint not in ("balanced accuracy", "AUC"):
        raise AnalysisError(
            "Simulate a study or more, of two readers and four cases or more, for balanced accuracy or AUC."
        )
    n1 = min(max(round(cases * share), 2), cases - 2)
    rng = np.random.default_rng(seed)
    outcomes = np.empty((replicates, 2))
    for index in range(replicates):
        latents = model.draw(rng, readers, (cases - n1, n1))
        values = latents if endpoint == "AUC" else tuple((latent > 0).astype(np.float64) for latent in latents)
        outcomes[index] = _analyse(values[0], values[1], null, margin, alpha)
    shown = proportion(int(outcomes[:, 0].sum()), replicates)
    assert shown.value is not None and shown.interval is not None
    return SimulatedPower(shown.value, shown.interval, float(outcomes[:, 1].mean()), replicates)


def _analyse(real: Floats, synthetic: Floats, null: float, margin: float | None, alpha: float) -> tuple[bool, float]:
    """Whether one study shows it, and what it estimates."""
    arms, readers, _ = real.shape
    names = tuple(f"r{index}" for index in range(readers))
    cells = Grid(tuple("ab"[:arms]), names, negatives=real, positives=synthetic)
    components = auc_components(cells)
    covariance = delong(components)
    estimates = components.estimates.reshape(cells.shape)
    if arms == 2:
        return _compared(cells.arms, estimates, covariance, alpha)
    counts = cells.n_real, cells.n_synthetic, cells.n_reads
    result = single_arm(Panel("power", estimates[0], covariance, "delong", *counts), null=null, alpha=alpha)
    if margin is not None:
        return tost(result, margin=margin, alpha=alpha).shown, result.estimate
    return result.p_value is not None and result.p_value < alpha, result.estimate


def _compared(arms: tuple[str, ...], estimates: Floats, covariance: Floats, alpha: float) -> tuple[bool, float]:
    difference = float(estimates[0].mean() - estimates[1].mean())
    try:
        return compare_arms(arms, estimates, covariance, alpha=alpha).p_value < alpha, difference
    except AnalysisError:
        return False, difference


def _latent_correlation(z: float, correlation: float) -> float:
    """The correlation of two standard normals whose signs about -z correlate so."""
    if not 0 <= correlation < 1:
        raise AnalysisError("The case correlation must be at least 0 and below 1.")
    if correlation == 0:
        return 0.0
    p = float(stats.norm.cdf(z))
    # dP(both below z)/d rho is the bivariate density at (z, z): Sheppard; so the covariance is its integral.
    wanted = correlation * p * (1 - p)

    def excess(rho: float) -> float:
        value, _ = integrate.quad(lambda r: math.exp(-z * z / (1 + r)) / (2 * math.pi * math.sqrt(1 - r * r)), 0, rho)
        return float(value) - wanted

    return float(optimize.brentq(excess, 0.0, 1 - 1e-9))
