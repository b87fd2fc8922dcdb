"""docs/reference/api.md: each operation and each shape of the API, from the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from chalicelib.http import openapi
from chalicelib.settings import load
from infra.site import markdown

Schema = Mapping[str, Any]

ANY_STACK: Final = {
    "JOBS_TABLE": "jobs",
    "QUEUE_URL": "https://sqs.example.com/jobs",
    "ANNOUNCEMENT_QUEUE_URL": "https://sqs.example.com/announcements",
    "SOURCE_BUCKET": "sources",
    "ARCHIVE_BUCKET": "archives",
    "AUTH": "jwt",
    "JWT_ISSUER": "https://accounts.example.com",
    "JWT_AUDIENCE": "longhaul",
}

_NOT_SHOWN: Final = ("default", "401", "403", "429")
"""Answers that each operation may have, or nearly: they are told once, above all of them."""
_DEPTH_MAX: Final = 4


def made() -> str:
    """Returns the page."""
    document = openapi.described(load(ANY_STACK), "https://api.example.com/prod")
    lines = [
        markdown.GENERATED.format("the schemas in `chalicelib/http/`"),
        "",
        markdown.about("api"),
    ]
    lines += ["", "## Operations", ""]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and "operationId" in operation:
                lines += _operation(method, path, operation)
    lines += ["## Shapes", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += _shape(name, schema)
    return markdown.page(lines)


def _operation(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield from (f"### {operation['operationId']}", "")
    yield from (f"`{method.upper()} {path}` {operation['summary']}.".replace("..", "."), "")
    yield from (operation.get("description", ""), "")
    named = [
        (f"`{one['name']}`", one["in"], _type(one["schema"]), one.get("description", ""))
        for one in operation.get("parameters", [])
        if not one.get("deprecated")
    ]
    if named:
        yield from markdown.table(("parameter", "in", "type", "meaning"), named)
        yield ""
    if body := operation.get("requestBody"):
        needed = "" if body.get("required") else " (may be left out)"
        shapes = " or ".join(_content(body["content"]))
        yield from (f"Body{needed}: {shapes}", "")
    answers = [
        (status, answer.get("description", ""), " or ".join(_content(answer.get("content", {}))))
        for status, answer in operation["responses"].items()
        if status not in _NOT_SHOWN
    ]
    yield from markdown.table(("answer", "when", "shape"), answers)
    yield ""


def _shape(name: str, schema: Schema) -> Iterator[str]:
    yield from (f"### {name}", "")
    yield from (schema.get("description", ""), "")
    if one_of := [entry for entry in schema.get("oneOf", []) if "required" in entry]:
        names = [f"`{entry['required'][0]}`" for entry in one_of if len(entry["required"]) == 1]
        if names:
            yield from (f"Exactly one of {', '.join(dict.fromkeys(names))}.", "")
    rows = list(_fields(schema, "", 0))
    if rows:
        yield from markdown.table(("field", "type", "meaning"), rows)
        yield ""
    elif "properties" not in schema:
        yield from (f"Type: {_type(schema)}", "")


def _fields(schema: Schema, within: str, depth: int) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        if field.get("deprecated"):
            continue
        at = f"{within}{name}"
        needed = " (required)" if name in required and not within else ""
        yield f"`{at}`", _type(field) + needed, field.get("description", "")
        inner, suffix = _inner(field)
        if inner and depth < _DEPTH_MAX:
            yield from _fields(inner, f"{at}{suffix}.", depth + 1)


def _inner(field: Schema) -> tuple[Schema | None, str]:
    """Returns the object that a field is, or has many of, and what its name then ends with."""
    for one in (field, *field.get("oneOf", []), *field.get("anyOf", [])):
        if one.get("properties"):
            return one, ""
        items = one.get("items", {})
        if isinstance(items, Mapping) and items.get("properties"):
            return cast("Schema", items), "[]"
    return None, ""


def _type(schema: Schema) -> str:  # noqa: PLR0911 - one for each way to say it
    if "$ref" in schema:
        return _link(schema["$ref"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if any(str(value).startswith("urn:") for value in schema.get("enum", [])):
        return "a URN of [these](../problems.md), or `about:blank`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[several]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(kind)


def _content(content: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(_type(one.get("schema", {})) for one in content.values()))


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"
