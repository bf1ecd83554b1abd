"""Rows and golden values for the tests of mixed models."""

from pathlib import Path

import numpy as np

from reader_study.analysis import RatingTable
from reader_study.analysis.models.mixed import Rows
from reader_study.analysis.models.result import MixedModel
from tests.reader_study.analysis.tables import rows


def van_dyke(folder: Path) -> RatingTable:
    """Both tests of Van Dyke's data; a rating of 3 or more is a call."""
    reads = rows(folder / "vandyke.csv")
    rating = np.array([float(read["rating"]) for read in reads])
    return RatingTable.build(
        reader=[read["reader"] for read in reads],
        case=[read["case"] for read in reads],
        arm=[read["treatment"] for read in reads],
        truth=[int(read["truth"]) for read in reads],
        rating=rating,
        call=(rating >= 3).astype(float),
    )


def random_rows(seed: int, *, readers: int = 4, cases: int = 30, reader_sd: float = 0.5, case_sd: float = 0.8) -> Rows:
    """Binary answers of a crossed design with an effect of size 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=cases)
    latent = 0.3 + x + rng.normal(0, case_sd, cases) + rng.normal(0, reader_sd, readers)[:, None]
    answer = latent + rng.logistic(size=(readers, cases)) > 0
    who, what = (codes.reshape(-1) for codes in np.indices((readers, cases)))
    return Rows(answer.reshape(-1).astype(float), who.astype(np.str_), what.astype(np.str_), {"x": x[what]})


def values(model: MixedModel) -> list[float]:
    """Fixed effects, then cuts."""
    return [float(term.estimate.value) for term in (*model.terms, *model.cuts)]


def errors(model: MixedModel) -> list[float]:
    return [float(term.estimate.standard_error) for term in (*model.terms, *model.cuts)]


def deviations(model: MixedModel) -> dict[tuple[str, str], float]:
    return {(spread.group, spread.effect): spread.standard_deviation for spread in model.spreads}
