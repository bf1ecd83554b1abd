"""Van Dyke's study and a small one, as scores."""

from pathlib import Path

from reader_study.export.scores import Score, ScoreFile, read_mrmcaov

SMALL = ScoreFile(
    "Two readers",
    {"C003": 0, "C001": 1, "C002": 1},
    [
        Score(reader, case, "read", float(1 + number))
        for number, (reader, case) in enumerate((r, c) for r in ("R02", "R01") for c in ("C003", "C001", "C002"))
    ],
)


def van_dyke(shared_data: Path) -> ScoreFile:
    """The 1,140 scores of vandyke.csv."""
    return read_mrmcaov((shared_data / "reference-statistics" / "vandyke.csv").read_bytes())


def as_set(file: ScoreFile) -> set[tuple[str, str, str, float]]:
    """Scores without their order."""
    return {(row.reader, row.case, row.modality, row.score) for row in file.scores}
