"""Methods ready for a paper, with numbered references, and the appendix."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.numerals import number_text, percent_text
from reader_study.analysis.methods import METHODS, family_of
from reader_study.presentation import cells
from reader_study.results.record import Record

APPENDIX_ONLY = "pooled_binomial"


@dataclass(frozen=True, slots=True)
class Methods:
    """design: what was done; paragraphs: one a family of methods, with numbers of references; references: in that order."""

    design: str
    paragraphs: tuple[str, ...]
    references: tuple[str, ...]


def methods_of(document: Record) -> Methods:
    """What was done, in the words of a methods section; methods of the appendix alone are left out."""
    given = document.methods
    used = {name: given[name] for name in METHODS if name in given and name != APPENDIX_ONLY}
    references = list(dict.fromkeys(method.citation for method in used.values()))
    families: dict[str, list[str]] = {}
    for name, method in used.items():
        text = method.text.rstrip(".")
        if document.provenance.is_imported:
            text = text.replace("fixed before reading", "chosen at the import")
        sentence = f"{text} [{references.index(method.citation) + 1}]."
        families.setdefault(family_of(name), []).append(sentence)
    paragraphs = tuple(" ".join(sentences) for sentences in families.values())
    return Methods(_design(document), paragraphs, tuple(references))


def _design(document: Record) -> str:
    analysis = document.analysis
    size, plan = analysis.size, analysis.settings
    fixed = "chosen when the readings were imported" if document.provenance.is_imported else "both fixed at the lock"
    repeats = f", and {cells.plural(size.n_repeats, 'hidden repeat')}" if size.n_repeats else ""
    arms = f" in {len(analysis.arms.arms)} arms" if len(analysis.arms.arms) > 1 else ""
    return (
        f"{cells.plural(size.n_readers, 'reader')} judged {size.n_real} real and {size.n_synthetic} synthetic images{arms} "
        f"({cells.plural(size.n_reads, 'first reading')}{repeats}). Ratings of {document.called_synthetic_from:g} and above "
        "counted as a call of synthetic, the positive class, where the call was not asked for itself. The primary endpoint "
        f"was {analysis.primary.name}; the margin of equivalence was {100 * plan.margin:g} percentage points around "
        f"{100 * plan.null:g}{cells.PERCENT}, and the significance level {plan.alpha:g}, {fixed}."
    )


def appendix(document: Record) -> str:
    """The pooled count, with what is wrong with it."""
    found = document.analysis.pooled
    if not found.n:
        return ""
    effect = (
        f" The variance over readers and cases is {number_text(found.design_effect, 1)} times the binomial one."
        if found.design_effect
        else ""
    )
    return (
        f"Of {number_text(found.n)} reads {number_text(found.correct)} were right ({percent_text(found.accuracy, 1)}; binomial "
        f"{cells.p_equals(found.p_value)}). This p-value is not to be quoted: it counts reads of the same image as if they "
        f"were independent.{effect}"
    )
