"""Names of projections: one spelling for each."""

LATERAL = "L"
FRONTAL = ("PA", "AP", "AP SUPINE")
_NAMES = {
    "LATERAL": LATERAL,
    "LL": LATERAL,
    "RL": LATERAL,
    "LEFT LATERAL": LATERAL,
    "LARGE LATERAL": LATERAL,
    "POSTEROANTERIOR": "PA",
    "POSTERO-ANTERIOR": "PA",
    "ANTEROPOSTERIOR": "AP",
    "ANTERO-POSTERIOR": "AP",
    "AP_HORIZONTAL": "AP SUPINE",
}


def view_of(written: str) -> str:
    """PA, AP, L for any lateral, AP SUPINE, or what is written, in capitals."""
    plain = written.strip().upper()
    return _NAMES.get(plain, plain)


def expanded(views: tuple[str, ...]) -> frozenset[str]:
    """The names that a choice of views stands for; "frontal" stands for all frontal ones."""
    chosen = {view_of(view) for view in views}
    return frozenset(chosen | set(FRONTAL)) if "FRONTAL" in chosen else frozenset(chosen)
