"""With what an analysis was made."""

import platform
from importlib.metadata import version

_PACKAGES = ("negatoscope", "numpy", "scipy", "statsmodels")


def software() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
