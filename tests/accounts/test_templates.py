"""Rules that every template and stylesheet keeps."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))

# What a strict content security policy would refuse.
REFUSED = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "a script without src": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "something from another site": re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.I),
}


@pytest.mark.parametrize("what", REFUSED)
def test_no_template_has(what: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        if any(_allowed_link(hit, what) for hit in REFUSED[what].finditer(path.read_text()))
    ]
    assert not found, f"{what} in {found}"


def _allowed_link(hit: "re.Match[str]", what: str) -> bool:
    """Links that a person follows may leave the site; what a page loads may not."""
    before = hit.string[: hit.start()].rsplit("<", 1)[-1]
    return not (what == "something from another site" and before.startswith("a "))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


def test_every_component_is_imported_once() -> None:
    app = (ROOT / "static/css/app.css").read_text()
    imported = re.findall(r'@import "([^"]+)"', app)
    css = ROOT / "static" / "css"
    lone = {"app.css", "reading.css"}  # the reading room has a sheet of its own
    assert len(imported) == len(set(imported))
    there = {str(path.relative_to(css)) for path in STYLES} - lone
    assert {name for name in there if "/" not in name or name.startswith("components/")} == set(imported)


def test_colours_are_named_in_one_place() -> None:
    """Components speak in tokens; plain white and black on coloured ground are the exception."""
    for path in (ROOT / "static/css/components").glob("*.css"):
        if path.name == "entrance.css":  # the dark housing is seen nowhere else
            continue
        literal = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())) - {"#ffffff", "#999999"}
        assert len(literal) <= 5, f"{path.name}: {literal}"


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TOKENS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (ROOT / "static/css/tokens.css").read_text()))


@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("ink", "ground", 7),
        ("ink-soft", "paper", 4.5),
        ("ink-soft", "ground", 4.5),
        ("ink-soft", "sunken", 4.5),
        ("accent", "paper", 4.5),
        ("accent", "ground", 4.5),
        ("accent-strong", "accent-tint", 4.5),
        ("ok", "ok-tint", 4.5),
        ("warn", "warn-tint", 4.5),
        ("bad", "bad-tint", 4.5),
        ("phantom", "phantom-tint", 4.5),
        ("film-ink", "film", 4.5),
        ("edge", "paper", 3),
        ("real", "paper", 3),
        ("synthetic", "paper", 3),
    ],
)
def test_contrast_is_enough(text: str, ground: str, least: float) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= least
