"""What the results page and the report say of automatic scores beside the readers."""

from typing import Any

from reader_study.analysis.concordance.section import ALL, SYNTHETIC
from reader_study.presentation.concordance import concordance
from reader_study.results.record import Record


def row(rho: float | None, p_adjusted: float | None = None, images: str = SYNTHETIC) -> dict[str, Any]:
    inside = {"low": rho - 0.1, "high": rho + 0.1, "level": 0.95} if rho is not None else None
    found = {"value": rho, "interval": inside, "n": 40, "n_readers": 5, "warnings": ["All alike."]}
    return {
        "score": "x", "title": "distance", "asked": "realism", "images": images, "rho": found, "auc": None,
        "p_adjusted": p_adjusted,
    }  # fmt: skip


def document(*rows: dict[str, Any], imported: bool = False, reason: str = "") -> Record:
    return Record(
        {
            "concordance": {"rows": list(rows), "n_scores": 1, "reason": reason},
            "provenance": {"is_imported": imported},
            "figures": {"concordance": {}} if rows else {},
            "analysis": {"settings": {"alpha": 0.05}},
        }
    )


def test_the_strongest_on_synthetic_images_is_named_with_its_interval() -> None:
    made = concordance(document(row(-0.2, 0.4), row(0.6, 0.01), row(0.9, 0.001, ALL)))
    assert made is not None
    assert "distance goes best with what readers said" in made.paragraphs[0]
    words = made.paragraphs[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "0.60 (95 % interval 0.50 to 0.70), adjusted p = 0.010" in words
    # The rows over all images are folded away, beneath a warning.
    assert [bool(table.folded) for table in made.tables] == [False, True]
    assert [len(table.rows) for table in made.tables] == [2, 1]
    assert "only because it knows real from synthetic" in made.notices[0]
    assert made.figures == ("concordance",)


def test_what_may_be_chance_is_not_called_the_best() -> None:
    made = concordance(document(row(0.3, 0.2)))
    assert made is not None and made.notices == ()
    assert "no automatic score is shown to go with" in made.paragraphs[0] and "0.30" in made.paragraphs[0]
    lost = concordance(document(row(None)))
    assert lost is not None and "can be estimated" in lost.paragraphs[0]
    assert lost.tables[0].rows[0][2].text == "not estimable" and lost.tables[0].rows[0][2].note == "All alike."


def test_without_scores_the_reason_and_for_imported_readings_nothing() -> None:
    made = concordance(document(reason="Score these pictures and analyse again."))
    assert made is not None and made.paragraphs == ("Score these pictures and analyse again.",) and not made.tables
    assert concordance(document(imported=True)) is None
    assert concordance(Record({"analysis": {}})) is None
