"""The results of an unsealed study: its reads analysed, every number with its method, and where it all came from."""

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

from django.core.exceptions import ValidationError

from reader_study import blinding
from reader_study.analysis import RatingTable, Settings, StudyAnalysis, analyse, plain
from reader_study.analysis.methods import methods_in
from reader_study.analysis.plan import ANALYSIS_PLAN
from reader_study.analysis.study import Progress
from reader_study.export.tables import write_csv
from reader_study.figures import FIGURES, saved
from reader_study.models import AnalysisRun, Study
from reader_study.questions import REALISM, SOURCE_CONFIDENCE
from reader_study.reads import cut_of, questions_of, rating_table, read_rows
from reader_study.selection import selected

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
    """An analysis with its data and provenance. simulated: codes of readers whose answers a program made.

    selection: what the reads were narrowed to, {} for all.
    """

    analysis: StudyAnalysis
    table: RatingTable
    provenance: Provenance
    simulated: frozenset[str]
    called_synthetic_from: float
    selection: dict[str, str]

    @cached_property
    def document(self) -> dict[str, Any]:
        """The results as plain values: see `results_document`."""
        return results_document(self)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is kept of an analysis, by name: the document, and each figure in three formats."""
        yield "results.json", json_bytes(self.document)
        for name, figure in FIGURES.items():
            drawn = figure.draw(self)
            for kind in ("svg", "png"):
                yield f"figures/{name}.{kind}", saved(drawn, kind)
            header, *rows = figure.table(self)
            cells = (dict(zip(header, row, strict=True)) for row in rows)
            yield f"figures/{name}.csv", b"".join(write_csv(header, cells))


def analyse_study(
    study: Study, selection: Mapping[str, str] | None = None, *, progress: Progress | None = None
) -> Results:
    """Analyse the reads of `study` that `selection` keeps. Raises ValidationError before unsealing and without reads."""
    chosen = dict(selection or {})
    rows = selected(read_rows(study), chosen, study)
    if not rows:
        raise ValidationError("Nobody has read a case of this study, so there is nothing to analyse.")
    table = rating_table(rows)
    simulated = frozenset(str(row["reader_code"]) for row in rows if row["reader_simulated"])
    return Results(
        analysis=analyse(table, settings_of(study), progress=progress),
        table=table,
        provenance=_provenance(study, table, len(simulated)),
        simulated=simulated,
        called_synthetic_from=cut_of(study),
        selection=chosen,
    )


def stored_results(study: Study, selection: Mapping[str, str] | None = None) -> AnalysisRun | None:
    """The finished analysis with its document and files, if there is one."""
    digest = blinding.digest_json(dict(selection or {}))
    found: AnalysisRun | None = AnalysisRun.objects.ready().filter(study=study, selection_digest=digest).first()
    return found


def results_document(results: Results) -> dict[str, Any]:
    """The results as the JSON file of the bundle and the API give them: see docs/statistics.md."""
    analysis = plain(results.analysis)
    return {
        "format": FORMAT,
        "positive_class": "synthetic",
        "called_synthetic_from": results.called_synthetic_from,
        "selection": results.selection,
        "provenance": _readable(asdict(results.provenance)),
        "simulated_readers": sorted(results.simulated),
        "methods": {name: asdict(method) for name, method in methods_in(analysis).items()},
        "figures": {name: {"title": one.title, "alt": one.alt(results)} for name, one in FIGURES.items()},
        "analysis": analysis,
    }


def json_bytes(value: Any) -> bytes:
    """The JSON file of `value`, readable by people."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def settings_of(study: Study) -> Settings:
    """How the study is analysed, as it was locked."""
    locked = (study.protocol or {}).get("settings", study.settings)
    return Settings(
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
    names = ("reader", "case", "arm", "source", "truth", "rating", "call", "seconds", "replicate", "position")
    columns = {name: plain(getattr(table, name)) for name in names}
    return blinding.digest_json({**columns, **{name: plain(values) for name, values in table.extra.items()}})


def _readable(provenance: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in provenance.items()}
