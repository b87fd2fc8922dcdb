"""Whether the functions' variables fit: Lambda takes 4 KB of them. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from infra.errors import DeployError

BYTES_MAX: Final = 4096
"""As JSON, which is what Lambda measures.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_UNKNOWN: Final = "x" * 128
"""Stands for what CloudFormation knows: the name of a table, the URL of a queue."""


def check(template: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Raises DeployError if the variables of a function would be too large. `values` are those of
    the template's parameters."""
    defaults = {
        name: str(parameter.get("Default", ""))
        for name, parameter in template.get("Parameters", {}).items()
    }
    known = {**defaults, **values}
    of_all = _variables(template.get("Globals", {}).get("Function", {}))
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        variables = {
            variable: _text(value, known)
            for variable, value in {**of_all, **_variables(resource["Properties"])}.items()
        }
        size = _size(variables)
        if size > BYTES_MAX:
            largest = max(variables, key=lambda variable: _size(variables[variable]))
            raise DeployError(
                f"The variables of the function {name} would have about {size} bytes, and Lambda "
                f"takes {BYTES_MAX}. {largest} has {_size(variables[largest])} of them, with a "
                "backslash before each quote: name less there."
            )


def _variables(of: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = of.get("Environment", {}).get("Variables", {})
    return found


def _text(value: Any, known: Mapping[str, str]) -> str:
    """Returns the longest text that the value may have."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::If" in value:
        return max((_text(one, known) for one in value["Fn::If"][1:]), key=len)
    return known.get(str(value.get("Ref")), _UNKNOWN)


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
