"""The results of an unsealed study: its reads analysed, every number with its method, and where it all came from."""

import platform
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from reader_study import blinding
from reader_study.analysis import RatingTable, StudyAnalysis, analyse_single_arm, plain
from reader_study.analysis.methods import METHODS
from reader_study.analysis.plan import ANALYSIS_PLAN
from reader_study.figures import FIGURES
from reader_study.models import Study
from reader_study.questions import REALISM, SOURCE_CONFIDENCE
from reader_study.reads import cut_of, questions_of, rating_table, read_rows, require_unsealed

FORMAT = "negatoscope-results-v1"
_PACKAGES = ("negatoscope", "numpy", "scipy", "statsmodels")


@dataclass(frozen=True)
class Provenance:
    """Where the numbers come from. data_sha256: of the reads in canonical JSON, as the analysis took them."""

    study: str
    title: str
    protocol_hash: str
    protocol_matches: bool
    key_commitment: str
    key_matches: bool
    data_sha256: str
    n_simulated: int
    is_phantom: bool
    locked_at: datetime | None
    closed_at: datetime | None
    unsealed_at: datetime | None
    software: dict[str, str]


@dataclass(frozen=True)
class Results:
    """An analysis with its data and provenance. simulated: codes of readers whose answers a program made."""

    analysis: StudyAnalysis
    table: RatingTable
    provenance: Provenance
    simulated: frozenset[str]
    called_synthetic_from: int


def results_of(study: Study) -> Results:
    """The results of `study`. Raises ValidationError before unsealing, and where nobody has read anything.

    An unsealed study never changes again, so its results are computed once in each process.
    """
    require_unsealed(study)
    return _results(study.pk, study.unsealed_at)


def results_document(results: Results) -> dict[str, Any]:
    """The results as the JSON file of the bundle and the API give them: see docs/statistics.md."""
    used = sorted(_methods_in(plain(results.analysis)))
    return {
        "format": FORMAT,
        "positive_class": "synthetic",
        "called_synthetic_from": results.called_synthetic_from,
        "provenance": _readable(asdict(results.provenance)),
        "simulated_readers": sorted(results.simulated),
        "methods": {name: asdict(METHODS[name]) for name in used},
        "analysis": plain(results.analysis),
    }


def figure_of(study: Study, name: str) -> bytes:
    """The SVG of one of `FIGURES`, drawn once in each process. Raises ValidationError as `results_of` does."""
    require_unsealed(study)
    return _figure(study.pk, study.unsealed_at, name)


@lru_cache(maxsize=64)
def _figure(study_id: UUID, unsealed_at: datetime | None, name: str) -> bytes:
    return FIGURES[name].draw(_results(study_id, unsealed_at))


@lru_cache(maxsize=8)
def _results(study_id: UUID, unsealed_at: datetime | None) -> Results:
    study = Study.objects.select_related("real_set", "synthetic_set").get(pk=study_id)
    rows = list(read_rows(study))
    if not rows:
        raise ValidationError("Nobody has read a case of this study, so there is nothing to analyse.")
    table = rating_table(rows)
    simulated = frozenset(str(row["reader_code"]) for row in rows if row["reader_simulated"])
    return Results(
        analysis=_analyse(study, table),
        table=table,
        provenance=_provenance(study, table, len(simulated)),
        simulated=simulated,
        called_synthetic_from=cut_of(study),
    )


def _analyse(study: Study, table: RatingTable) -> StudyAnalysis:
    locked = (study.protocol or {}).get("settings", study.settings)
    return analyse_single_arm(
        table,
        null=float(ANALYSIS_PLAN["null"]),
        margin=locked["margin"],
        alpha=locked["alpha"],
        rating_levels=_levels(study, SOURCE_CONFIDENCE),
        realism_levels=_levels(study, REALISM) or (1.0, 2.0),
    )


def _levels(study: Study, slug: str) -> tuple[float, ...]:
    asked = next((question for question in questions_of(study) if question.slug == slug), None)
    return tuple(float(value) for value, _ in asked.choices) if asked else ()


def _provenance(study: Study, table: RatingTable, n_simulated: int) -> Provenance:
    revealed = study.revealed_key or {}
    return Provenance(
        study=str(study.pk),
        title=study.title,
        protocol_hash=study.protocol_hash,
        protocol_matches=blinding.digest_json(study.protocol) == study.protocol_hash,
        key_commitment=study.key_commitment,
        key_matches=blinding.opens(study.key_commitment, revealed["key"], revealed["nonce"]),
        data_sha256=data_digest(table),
        n_simulated=n_simulated,
        is_phantom=study.is_phantom,
        locked_at=study.locked_at,
        closed_at=study.closed_at,
        unsealed_at=study.unsealed_at,
        software={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )


def data_digest(table: RatingTable) -> str:
    """SHA-256 of the reads in canonical JSON: what the analysis took, and nothing of who read or when."""
    names = ("reader", "case", "source", "truth", "rating", "call", "seconds", "replicate", "position")
    columns = {name: plain(getattr(table, name)) for name in names}
    return blinding.digest_json({**columns, **{name: plain(values) for name, values in table.extra.items()}})


def _methods_in(value: Any) -> set[str]:
    """Names of the methods that results carry, wherever they stand."""
    if isinstance(value, list):
        return set().union(*(_methods_in(item) for item in value))
    if not isinstance(value, dict):
        return set()
    own = {value[name] for name in ("method", "covariance") if value.get(name) in METHODS}
    return own.union(*(_methods_in(item) for item in value.values()))


def _readable(provenance: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in provenance.items()}
