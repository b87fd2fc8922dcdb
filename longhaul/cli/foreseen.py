"""What an API refuses whatever there is: so that a dry run refuses it too."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from longhaul.errors import InvalidRequest

_NAMES: Final = ("filename", "name", "version")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
"""What these may not hold. Keys and prefixes may, as in S3."""


def check(asked: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for what every API refuses, and only at the export: what is asked
    before would take it, or never sees it. `asked` has the parameters of `Client.create`."""
    from longhaul.answers import FieldProblem, Problem

    faults = [FieldProblem(pointer, why) for pointer, why in _faults(asked)]
    if faults:
        raise InvalidRequest(
            Problem(
                title="Invalid request",
                status=400,
                type="urn:problem-type:longhaul:invalid-request",
                errors=tuple(faults),
            )
        )


def _faults(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields what is wrong, and where."""
    yield from _of_texts("", {name: asked.get(name) for name in ("prefix", "filename")})
    for number, one in enumerate(asked.get("files", ())):
        yield from _of_texts(f"/files/{number}", one)
        if "prefix" in one and "version" in one:
            yield f"/files/{number}/version", "must not be given with a prefix"


def _of_texts(place: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, text in said.items():
        if text == "":
            yield f"{place}/{name}", "must not be empty"
        elif name in _NAMES and _CONTROL.search(text or ""):
            yield f"{place}/{name}", f"{json.dumps(text)} holds a control character"
