"""Builds what is written in TypeScript: `python -m infra.js`, which is `make client`.

The types come from the OpenAPI document, the package from tsc, and the page's copy of the client
from esbuild. What is committed of it (`COMMITTED`) is checked by tests/js/test_built.py.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from chalicelib.http import openapi
from chalicelib.settings import load
from infra import node
from infra.console import say
from infra.errors import InfraError
from infra.paths import REPOSITORY

FOLDER: Final = REPOSITORY / "clients" / "js"
TYPES: Final = FOLDER / "src" / "api-types.ts"
PAGE: Final = REPOSITORY / "chalicelib" / "web" / "client.js"
ELEMENT: Final = FOLDER / "src" / "element" / "export.ts"
"""What the component's bundle begins with, once it is there."""
COMPONENT: Final = REPOSITORY / "chalicelib" / "component" / "longhaul-export.js"

_GENERATED: Final = "Made by `make client` from {}."
_TARGET: Final = "es2022"
_SHORTER: Final = (
    "--mangle-props=^(is[A-Z].*|direction|moved|patience|renew|started|trouble|words)$",
    "--reserve-props=^is(Array|Connected|Finite|Integer|NaN|SafeInteger)$",
)
"""Names of the component's own that are shortened. Nobody outside of the bundle knows them: neither
a browser, nor a page, nor what is kept or sent."""

_ANY_STACK: Final = {
    "JOBS_TABLE": "-",
    "QUEUE_URL": "-",
    "ANNOUNCEMENT_QUEUE_URL": "-",
    "SOURCE_BUCKET": "-",
    "ARCHIVE_BUCKET": "-",
    "FILE_ID_PATTERN": ".+",  # ids are texts or numbers
}

_Schema = dict[str, Any]


def document() -> _Schema:
    """Returns the OpenAPI document as the types are made from it: that of any stack.

    What the settings of a stack decide is in its widest form. Rules between fields, examples and
    links are left out, which say nothing in types; so are the old spellings of fields.
    """
    shown: _Schema = _without_rules(openapi.described(load(_ANY_STACK), "https://example.com"))
    return shown


def _without_rules(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_rules(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_rules(one) for name, one in value.items() if not _is_rule(name, one)}
    if isinstance(properties := kept.get("properties"), dict):
        kept["properties"] = {
            name: _any_source(name, one)
            for name, one in properties.items()
            if not one.get("deprecated")
        }
    if isinstance(parameters := kept.get("parameters"), list):
        kept["parameters"] = [
            {**one, "schema": _any_source(one["name"], one["schema"])}
            for one in parameters
            if not one.get("deprecated")
        ]
    return kept


def _is_rule(name: str, value: Any) -> bool:
    """Whether it is a rule between fields, or on their texts; or nothing that a type has."""
    if name in ("example", "examples", "headers", "links", "security", "x-codeSamples"):
        return True
    choices = value if isinstance(value, list) else [value]
    rules = {"required", "not", "oneOf", "pattern"}
    return name in ("oneOf", "anyOf", "allOf", "not") and all(rules >= set(one) for one in choices)


def _any_source(name: str, schema: _Schema) -> _Schema:
    """Returns the schema of a field; that of a source's name without the names of one stack."""
    if name != "source":
        return schema
    return {"type": "string"} | {k: v for k, v in schema.items() if k != "enum"}


def types() -> str:
    """Returns the types of requests and answers, as openapi-typescript makes them."""
    modules = node.install(FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "openapi.json", Path(folder) / "types.ts"
        given.write_text(json.dumps(document()))
        program = modules / "openapi-typescript" / "bin" / "cli.js"
        # A field with a default may be left out of a request.
        node.run((program, given, "--default-non-nullable=false", "-o", made), FOLDER)
        _, _, text = made.read_text().partition("*/\n")
    return f"// {_GENERATED.format('the OpenAPI document, by openapi-typescript')}\n{text}"


def bundled(entry: Path, *options: str) -> str:
    """Returns a module and all that it imports, for browsers, as one module."""
    modules = node.install(FOLDER)
    command: list[Path | str] = [modules / "esbuild" / "bin" / "esbuild", entry, "--bundle"]
    command += ["--format=esm", f"--target={_TARGET}", "--charset=utf8", "--legal-comments=none"]
    command += ["--alias:#save=./src/save-browser.ts"]
    command += ["--minify", *options]
    # These comments are for other bundlers.
    return node.run(command, FOLDER).replace("/* @__PURE__ */ ", "")


def package(folder: Path = FOLDER / "dist") -> Path:
    """Writes the package's modules and their types into a folder, and returns it."""
    modules = node.install(FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    node.run((modules / "typescript" / "bin" / "tsc", "--outDir", folder), FOLDER)
    return folder


def packed(into: Path) -> Path:
    """Builds the package and packs it, as npm does, into a folder. Returns the tarball."""
    package()
    options = ("--ignore-scripts", "--json", f"--pack-destination={into.resolve()}")
    return into / str(json.loads(node.npm(("pack", *options), FOLDER))[0]["filename"])


def page() -> str:
    """Returns the client as the page imports it: minified, as each visit loads it."""
    return f"// {_GENERATED.format('clients/js')}\n{bundled(FOLDER / 'src' / 'index.ts')}"


def component() -> str:
    """Returns the component with the client, for every other page."""
    return f"// {_GENERATED.format('clients/js')}\n{bundled(ELEMENT, *_SHORTER)}"


def committed() -> Iterator[tuple[Path, Callable[[], str]]]:
    """Yields what is built and committed, with what builds it."""
    yield TYPES, types
    yield PAGE, page
    if ELEMENT.exists():
        yield COMPONENT, component


def main() -> int:
    """Builds all of it. Returns the exit code."""
    try:
        for path, made in committed():
            path.parent.mkdir(exist_ok=True)
            path.write_text(made())
            say(str(path.relative_to(REPOSITORY)))
        say(str(package().relative_to(REPOSITORY)))
    except InfraError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
