"""The R script that re-analyses a bundle with programs that are not ours."""

from pathlib import Path

_SCRIPT = Path(__file__).with_name("reanalyse.R")


def reanalysis_script(*, null: float, margin: float, alpha: float) -> bytes:
    """The script with the settings of the locked protocol written into it."""
    settings = f"null <- {null!r}     # balanced accuracy and AUC at chance\n"
    settings += f"margin <- {margin!r}  # half-width of equivalence\nalpha <- {alpha!r}"
    return _SCRIPT.read_text(encoding="utf-8").replace("@SETTINGS@", settings).encode()
