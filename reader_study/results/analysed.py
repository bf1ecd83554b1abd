"""The results of an unsealed study: its reads analysed, every number with its method, and where it all came from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from reader_study import blinding
from reader_study.analysis import RatingTable, Settings, StudyAnalysis, analyse, plain
from reader_study.analysis.concordance.section import Concordance, concordance_section
from reader_study.analysis.methods import methods_in
from reader_study.analysis.plan import ANALYSIS_PLAN
from reader_study.analysis.software import software
from reader_study.analysis.study import Progress
from reader_study.export.tables import write_csv
from reader_study.figures import figures_of, saved
from reader_study.models import Study
from reader_study.questions import REALISM, SOURCE_CONFIDENCE
from reader_study.reads.rows import cut_of, questions_of, rating_table, read_rows
from reader_study.report import to_pdf
from reader_study.results.deviations import Circumstances, deviations
from reader_study.results.kept import FORMAT
from reader_study.results.machine import clusters_of, machine_scores
from reader_study.results.selection import selected


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
    is_imported: bool
    is_phantom: bool
    locked_at: datetime | None
    closed_at: datetime | None
    unsealed_at: datetime | None
    software: dict[str, str]


@dataclass(frozen=True)
class Results:
    """An analysis with its data and provenance. simulated: codes of readers whose answers a program made.

    selection: what the reads were narrowed to, {} for all. blinding: the report on the frames as it was locked, with what
    was said at the lock, None without pictures. deviations: from the protocol, in sentences.
    """

    analysis: StudyAnalysis
    table: RatingTable
    provenance: Provenance
    simulated: frozenset[str]
    called_synthetic_from: float
    selection: dict[str, str]
    blinding: dict[str, Any] | None = None
    deviations: tuple[str, ...] = ()
    concordance: Concordance | None = None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The results as plain values: see `results_document`."""
        return results_document(self)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is kept of an analysis, by name: the document, each figure in three formats, the report."""
        yield "results.json", json_bytes(self.document)
        drawings: dict[str, bytes] = {}
        for name, figure in figures_of(self).items():
            drawn = figure.draw(self)
            drawings[name] = saved(drawn, "svg")
            yield f"figures/{name}.svg", drawings[name]
            yield f"figures/{name}.png", saved(drawn, "png")
            header, *rows = figure.table(self)
            cells = (dict(zip(header, row, strict=True)) for row in rows)
            yield f"figures/{name}.csv", b"".join(write_csv(header, cells))
        yield "report.pdf", to_pdf(self.document, drawings)


def analyse_study(
    study: Study, selection: Mapping[str, str] | None = None, *, progress: Progress | None = None
) -> Results:
    """Analyse the reads of `study` that `selection` keeps. Raises ValidationError before unsealing and without reads."""
    chosen = dict(selection or {})
    rows = selected(read_rows(study), chosen, study)
    if not rows:
        raise ValidationError("Nobody has read a case of this study, so there is nothing to analyse.")
    table = _with_known_places(rating_table(rows), study)
    simulated = frozenset(str(row["reader_code"]) for row in rows if row["reader_simulated"])
    analysis, provenance = analyse(table, settings_of(study), progress=progress), _provenance(study, table, simulated)
    concordance = concordance_section(
        table, machine_scores(study), clusters=clusters_of(study), alpha=analysis.settings.alpha
    )
    facts = Circumstances(analysis, simulated, chosen, provenance.protocol_matches, provenance.key_matches)
    return Results(
        analysis=analysis,
        table=table,
        provenance=provenance,
        simulated=simulated,
        called_synthetic_from=cut_of(study),
        selection=chosen,
        blinding=_blinding(study),
        deviations=tuple(deviations(study, facts)),
        concordance=concordance,
    )


def results_document(results: Results) -> dict[str, Any]:
    """The results as the JSON file of the bundle and the API give them: see docs/statistics.md."""
    analysis, concordance = plain(results.analysis), plain(results.concordance)
    return {
        "format": FORMAT,
        "positive_class": "synthetic",
        "called_synthetic_from": results.called_synthetic_from,
        "selection": results.selection,
        "provenance": _readable(asdict(results.provenance)),
        "simulated_readers": sorted(results.simulated),
        "methods": {name: asdict(method) for name, method in methods_in([analysis, concordance]).items()},
        "deviations": list(results.deviations),
        "blinding": results.blinding,
        "figures": {name: {"title": one.title, "alt": one.alt(results)} for name, one in figures_of(results).items()},
        "analysis": analysis,
        "concordance": concordance,
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


def _with_known_places(table: RatingTable, study: Study) -> RatingTable:
    """Without places where a file of imported readings did not say them: its rows have an order, the readers' is not known."""
    imported: dict[str, Any] | None = (study.protocol or {}).get("imported")
    if imported is None or "position" in imported["columns"]:
        return table
    return replace(table, position=np.zeros_like(table.position))


def _blinding(study: Study) -> dict[str, Any] | None:
    report = study.blinding_report
    return {**report, "acknowledgement": study.acknowledgement} if report else None


def _provenance(study: Study, table: RatingTable, simulated: frozenset[str]) -> Provenance:
    revealed = study.revealed_key or {}
    return Provenance(
        study=str(study.pk),
        title=study.title,
        protocol_hash=study.protocol_hash,
        protocol_matches=blinding.digest_json(study.protocol) == study.protocol_hash,
        key_commitment=study.key_commitment,
        key_matches=blinding.opens(study.key_commitment, revealed["key"], revealed["nonce"]),
        data_sha256=data_digest(table),
        n_simulated=len(simulated),
        is_imported=study.is_imported,
        is_phantom=study.is_phantom,
        locked_at=study.locked_at,
        closed_at=study.closed_at,
        unsealed_at=study.unsealed_at,
        software=software(),
    )


def data_digest(table: RatingTable) -> str:
    """SHA-256 of the reads in canonical JSON: what the analysis took, and nothing of who read or when."""
    names = ("reader", "case", "arm", "source", "truth", "rating", "call", "seconds", "replicate", "position")
    columns = {name: plain(getattr(table, name)) for name in names}
    return blinding.digest_json({**columns, **{name: plain(values) for name, values in table.extra.items()}})


def _readable(provenance: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in provenance.items()}
