"""Every address of the site, found by walking the URL resolver."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One address with holes: `{name}` for every argument."""

    name: str
    path: str
    arguments: tuple[str, ...]
    view: Any

    @property
    def for_readers(self) -> bool:
        """Whether it is one of the routes written for readers."""
        return getattr(self.view, "__module__", "") == "reader_study.views.reading"

    def filled(self, **values: Any) -> str:
        """The address with its arguments filled in."""
        path = self.path
        for argument in self.arguments:
            path = path.replace("{" + argument + "}", str(values[argument]))
        return path


def all_routes() -> list[Route]:
    """Every route of the site, in order."""
    return list(_walk(get_resolver(), (), ""))


def reader_routes() -> list[Route]:
    """The routes written for readers."""
    return [route for route in all_routes() if route.for_readers]


def _walk(resolver: Any, namespaces: tuple[str, ...], prefix: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inside = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, inside, prefix + _readable(pattern))
        elif isinstance(pattern, URLPattern):
            path, arguments = "/" + prefix + _readable(pattern), tuple(pattern.pattern.regex.groupindex)
            yield Route(":".join((*namespaces, pattern.name or "")), path, arguments, pattern.callback)


def _readable(pattern: Any) -> str:
    """A pattern as an address with holes, whether it was written as a path or as a regular expression."""
    text = str(pattern.pattern)
    for name in pattern.pattern.regex.groupindex:
        text = _replace_group(text, name)
    return text.lstrip("^").rstrip("$").rstrip("\\Z").replace("\\.", ".").replace("/?", "/")


def _replace_group(text: str, name: str) -> str:
    for opening, closing in ((f"(?P<{name}>", ")"), ("<", f":{name}>"), (f"<{name}", ">")):
        start = text.find(opening)
        end = text.find(closing, start)
        if start >= 0 and end >= 0:
            start = text.rfind("<", start, end + 1) if opening == "<" else start
            end = _matching(text, start) if opening.startswith("(") else end + len(closing)
            return text[:start] + "{" + name + "}" + text[end:]
    return text


def _matching(text: str, start: int) -> int:
    """One past the parenthesis that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)
