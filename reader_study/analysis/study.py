"""The whole analysis of a study in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reader_study.analysis.agreement.between import BetweenReaders, agreement_between
from reader_study.analysis.agreement.repeats import RepeatAgreement, repeat_agreement
from reader_study.analysis.counts import Confusion, confusion
from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.findings.multiplicity import adjust
from reader_study.analysis.findings.section import Findings, findings_section
from reader_study.analysis.models.order import Order, order_section
from reader_study.analysis.models.section import Models, models_section
from reader_study.analysis.mrmc.arm_section import ArmSection, arm_section
from reader_study.analysis.mrmc.class_section import ClassSection, class_section
from reader_study.analysis.mrmc.endpoint import Endpoint, chance_endpoint, panel_test
from reader_study.analysis.mrmc.panel import difference_panel
from reader_study.analysis.mrmc.pooled import Pooled, pooled
from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.mrmc.sources import SourceComparison, compare_sources
from reader_study.analysis.plots import Plots, plots_of
from reader_study.analysis.readers import ReaderRow, reader_rows
from reader_study.analysis.realism import Realism, realism_section
from reader_study.analysis.sequential.section import Sequential, sequential_section
from reader_study.analysis.settings import Settings
from reader_study.analysis.table import RatingTable
from reader_study.analysis.times import AnswerTimes, SourceTimes, seconds_by_answer, seconds_by_source, with_log_seconds

Progress = Callable[[str], None]
SEVERAL_ARMS = (
    "There are several arms: endpoints and differences stand by arm; readers, agreement, findings, times and order take the "
    "reads of all arms together. Choose one arm to see it alone."
)


@dataclass(frozen=True, slots=True)
class Size:
    """What was read: first readings, of them without a rating, and hidden repeats."""

    n_readers: int
    n_real: int
    n_synthetic: int
    n_reads: int
    n_unanswered: int
    n_unread: int
    n_repeats: int


@dataclass(frozen=True, slots=True)
class Times:
    """log_ratio: mean log seconds on synthetic less real cases; exp() of it is a ratio of geometric means."""

    sources: tuple[SourceTimes, ...]
    answers: tuple[AnswerTimes, ...]
    log_ratio: SingleArm | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Generators:
    """Several generators beside the same real cases: both endpoints. Lower is more realistic."""

    balanced_accuracy: SourceComparison
    auc: SourceComparison


@dataclass(frozen=True, slots=True)
class StudyAnalysis:
    """Everything that the results page and the results file show. `primary` carries the study's verdict.

    primary: balanced accuracy of the calls; where no call was asked, the AUC of the ratings. readers_p_adjusted: exact p of
    every reader's accuracy, in the order of `readers`, by Benjamini and Hochberg.
    """

    settings: Settings
    size: Size
    primary: Endpoint
    auc: Endpoint
    classes: ClassSection
    arms: ArmSection
    generators: Generators
    readers: tuple[ReaderRow, ...]
    readers_p_adjusted: tuple[float | None, ...]
    counts: Confusion
    pooled: Pooled
    agreement: BetweenReaders
    repeats: RepeatAgreement
    realism: Realism
    times: Times
    findings: Findings
    models: Models
    order: Order
    sequential: Sequential
    plots: Plots
    warnings: tuple[str, ...]


def analyse(
    table: RatingTable, settings: Settings | None = None, *, progress: Progress | None = None, **changes: Any
) -> StudyAnalysis:
    """Analyse first readings; repeats serve only the agreement of readers with themselves.

    changes: fields of `Settings` by name, as in analyse(table, margin=0.05). progress: told what is being computed.
    Raises AnalysisError for an empty table; anything else that the data do not allow is None with a reason.
    """
    plan, say = replace(settings or Settings(), **changes), progress or _silent
    if len(table) == 0:
        raise AnalysisError("There are no reads to analyse.")
    say("Readers and cases")
    called = not bool(np.isnan(table.call).all())
    area = _endpoint(table, "rating", "AUC", plan)
    primary = _endpoint(table, "call", "balanced accuracy", plan) if called else area
    counts = confusion(table)
    readers = reader_rows(table, plan.rating_levels, alpha=plan.alpha)
    say("Agreement")
    agreement = agreement_between(
        table,
        plan.rating_levels,
        plan.realism_levels,
        alpha=plan.alpha,
        replicates=plan.replicates,
        seed=plan.seed,
    )
    say("Mixed models")
    models = models_section(table, alpha=plan.alpha)
    say("Order, findings, evidence")
    return StudyAnalysis(
        settings=plan,
        size=size_of(table),
        primary=primary,
        auc=area,
        classes=class_section(table, null=plan.null, alpha=plan.alpha, method=plan.method),
        arms=_arms(table, plan),
        generators=Generators(*(_sources(table, *one, plan) for one in _ENDPOINTS)),
        readers=readers,
        readers_p_adjusted=adjust([row.exact_p for row in readers], family="readers"),
        counts=counts,
        pooled=pooled(counts, primary.random),
        agreement=agreement,
        repeats=repeat_agreement(table, plan.rating_levels, alpha=plan.alpha),
        realism=realism_section(table, plan.realism_levels, alpha=plan.alpha),
        times=_times(table, plan.alpha),
        findings=findings_section(table, margin=plan.margin, alpha=plan.alpha),
        models=models,
        order=order_section(table, alpha=plan.alpha),
        sequential=sequential_section(table, null=plan.null, alpha=plan.alpha, margin=plan.margin),
        plots=plots_of(table),
        warnings=_warnings(table, primary, area),
    )


_ENDPOINTS = (("call", "balanced accuracy"), ("rating", "AUC"))


def _endpoint(table: RatingTable, column: str, name: str, plan: Settings) -> Endpoint:
    return chance_endpoint(
        table, column, name, null=plan.null, margin=plan.margin, alpha=plan.alpha, covariance=plan.covariance,
        inference=plan.inference, method=plan.method,
    )  # fmt: skip


def _arms(table: RatingTable, plan: Settings) -> ArmSection:
    return arm_section(
        table, null=plan.null, margin=plan.margin, alpha=plan.alpha, covariance=plan.covariance,
        inference=plan.inference, method=plan.method,
    )  # fmt: skip


def _sources(table: RatingTable, column: str, name: str, plan: Settings) -> SourceComparison:
    return compare_sources(
        table, column, name=name, alpha=plan.alpha, covariance=plan.covariance, inference=plan.inference,
        method=plan.method,
    )  # fmt: skip


def size_of(table: RatingTable) -> Size:
    """How much was read."""
    first = table.primary()
    synthetic = np.unique(first.case[first.truth == 1]).size
    cases = np.unique(first.case).size
    readers = len(first.readers)
    return Size(
        n_readers=readers,
        n_real=cases - synthetic,
        n_synthetic=synthetic,
        n_reads=len(first),
        n_unanswered=int(np.isnan(first.rating).sum()),
        n_unread=readers * cases * len(first.arms) - len(first),
        n_repeats=len(table) - len(first),
    )


def _silent(what: str) -> None:
    return None


def _times(table: RatingTable, alpha: float) -> Times:
    logged = with_log_seconds(table)
    name = "log time ratio, synthetic to real"
    test, reason = panel_test(lambda: difference_panel(logged, "log_seconds", name), null=0.0, alpha=alpha)
    return Times(seconds_by_source(table), seconds_by_answer(table), test, reason)


def _warnings(table: RatingTable, *endpoints: Endpoint) -> tuple[str, ...]:
    found = [text for endpoint in endpoints if endpoint.random for text in endpoint.random.warnings]
    if len(table.primary().arms) > 1:
        found.append(SEVERAL_ARMS)
    return tuple(dict.fromkeys(found))
