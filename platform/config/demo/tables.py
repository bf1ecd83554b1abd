"""The score card and a study's results as plain text, for the terminal."""

from collections.abc import Sequence
from typing import Protocol

from evaluation.models import ScoreCard
from evaluation.presentation import card_table
from evaluation.verdict import verdict
from reader_study.analysis.mrmc.endpoint import Endpoint
from reader_study.analysis.types import Estimate
from reader_study.models import Study
from reader_study.results.analysed import analyse_study


class Out(Protocol):
    """Where lines go: a command's stdout."""

    def write(self, msg: str = "") -> None:
        """One line."""


def print_score_card(card: ScoreCard, out: Out) -> None:
    """Every score with its interval, n and method, then what they say."""
    scores = list(card.scores.all())
    out.write(f"\nScore card: {card}{' (phantoms)' if card.is_phantom else ''}\n")
    out.write(card_table(scores))
    for statement in verdict(scores):
        out.write(f"{statement.axis}: {statement.text}")


def print_results(study: Study, out: Out) -> None:
    """The verdict, the endpoints over readers and cases, the readers, their agreement."""
    analysis = analyse_study(study).analysis
    out.write(f"\nResults: {study}\n")
    out.write(analysis.primary.verdict.sentence)
    rows = [_endpoint_row(endpoint) for endpoint in (analysis.primary, analysis.auc)]
    out.write(_table(("over readers and cases", "estimate", "95 % interval", "df", "p", "method"), rows))
    readers = [
        (row.reader, _shown(row.balanced_accuracy), _shown(row.auc), _shown(row.accuracy), f"{row.accuracy.n}")
        for row in analysis.readers
    ]
    out.write(_table(("reader", "balanced accuracy", "AUC", "accuracy", "n"), readers))
    agreement = [("Fleiss kappa", analysis.agreement.calls.fleiss), ("Gwet AC1", analysis.agreement.calls.ac1)]
    out.write(_table(("agreement on calls", "estimate"), [(name, _shown(value)) for name, value in agreement]))


def _endpoint_row(endpoint: Endpoint) -> tuple[str, ...]:
    arm = endpoint.random
    if arm is None:
        return (endpoint.name, "not estimable", "", "", "", endpoint.reason)
    interval = f"{arm.interval.low:.3f} to {arm.interval.high:.3f}" if arm.interval else ""
    df = f"{arm.df:.1f}" if arm.df is not None else ""
    p = f"{arm.p_value:.4f}" if arm.p_value is not None else ""
    return (endpoint.name, f"{arm.estimate:.3f}", interval, df, p, arm.method)


def _shown(estimate: Estimate) -> str:
    if estimate.value is None:
        return "not estimable"
    interval = f" ({estimate.interval.low:.3f} to {estimate.interval.high:.3f})" if estimate.interval else ""
    return f"{estimate.value:.3f}{interval}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n" + "\n".join([lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])])
