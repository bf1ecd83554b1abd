"""Documents set by typst; fonts come from the wheels, nothing is fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

# Width, then height, as matplotlib writes them.
_SIZE = re.compile(r'(?:width|height)="([\d.]+)pt"')


def typeset(
    template: Path, content: dict[str, Any], *, timestamp: int, file_format: Literal["pdf", "png"] = "pdf"
) -> list[bytes]:
    """The document as one PDF, or as a PNG for each page. Equal arguments give equal bytes.

    content: what the template reads as JSON from sys.inputs.content; timestamp: the document's date, seconds since 1970.
    """
    import matplotlib
    import typst

    made = typst.compile(
        template,
        font_paths=[Path(matplotlib.get_data_path()) / "fonts" / "ttf"],
        ignore_system_fonts=True,
        format=file_format,
        sys_inputs={"content": json.dumps(content)},
        timestamp=timestamp,
    )
    return made if isinstance(made, list) else [made]


def svg_size(svg: str) -> tuple[float, float]:
    """Width and height, in points, of a drawing as matplotlib writes it."""
    width, height = (float(side) for side in _SIZE.findall(svg[: svg.index(">", svg.index("<svg"))])[:2])
    return width, height
