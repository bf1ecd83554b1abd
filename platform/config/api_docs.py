"""The page of the programming interface, made from the OpenAPI schema. No script of anybody else's is needed."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method at one address."""

    method: str
    path: str
    summary: str
    text: str
    parameters: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    answers: list[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """The operations on one kind of thing."""

    title: str
    operations: list[Operation] = field(default_factory=list)


@login_required
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every endpoint with its parameters, fields and answers."""
    base = request.build_absolute_uri("/api/v1/")
    return render(request, "api/docs.html", {"sections": sections(), "base": base})


@cache
def sections() -> list[Section]:
    """The schema's operations, grouped by the first word of their path; the addresses never change while we run."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Section] = {}
    for path, operations in sorted(schema["paths"].items()):
        name = path.removeprefix("/api/v1/").split("/")[0]
        section = found.setdefault(name, Section(name.replace("-", " ").capitalize()))
        section.operations.extend(
            _operation(schema, method, path, operations[method]) for method in METHODS if method in operations
        )
    return list(found.values())


def _operation(schema: dict[str, Any], method: str, path: str, said: dict[str, Any]) -> Operation:
    summary, _, text = said.get("description", "").strip().partition("\n")
    return Operation(
        method=method,
        path=path,
        summary=said.get("summary") or summary or said["operationId"].replace("_", " "),
        text=text.strip(),
        parameters=[_row(schema, item["name"], item.get("schema", {}), item) for item in said.get("parameters", [])],
        fields=_fields(schema, said.get("requestBody", {}).get("content", {})),
        answers=[(status, answer.get("description", "")) for status, answer in said.get("responses", {}).items()],
    )


def _fields(schema: dict[str, Any], content: dict[str, Any]) -> list[dict[str, Any]]:
    first: dict[str, Any] = next(iter(content.values()), {})
    body = _resolved(schema, first.get("schema", {}))
    required = body.get("required", [])
    return [
        _row(schema, name, said, {"required": name in required}) for name, said in body.get("properties", {}).items()
    ]


def _row(schema: dict[str, Any], name: str, kind: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    kind = _resolved(schema, kind)
    return {
        "name": name,
        "type": _type_text(schema, kind),
        "required": said.get("required", False),
        "text": said.get("description") or kind.get("description", ""),
        "default": json.dumps(kind["default"]) if "default" in kind else "",
    }


def _type_text(schema: dict[str, Any], kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return " | ".join(json.dumps(value) for value in kind["enum"])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in kind:
            return " or ".join(dict.fromkeys(_type_text(schema, _resolved(schema, part)) for part in kind[word]))
    name = kind.get("type", "any")
    name = " or ".join(name) if isinstance(name, list) else name
    if name == "array":
        return f"list of {_type_text(schema, _resolved(schema, kind.get('items', {})))}"
    return f"{name} ({kind['format']})" if "format" in kind else str(name)


def _resolved(schema: dict[str, Any], kind: dict[str, Any]) -> dict[str, Any]:
    reference = kind.get("$ref", "")
    return schema["components"]["schemas"][reference.rsplit("/", 1)[-1]] if reference else kind
