"""The table of all parameters of the template, in docs/reference/template.md. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra import parameters, template
from infra.interface import KIND

Json = Mapping[str, Any]

_VARIABLES: Final = {
    parameter: variable for variable, parameter in parameters.VARIABLES_OF_PARAMETERS.items()
}


def table(made: Json) -> str:
    """Returns a table for each group of the console, in Markdown."""
    declared = made["Parameters"]
    return "\n\n".join(
        "\n".join(
            [
                f"### {group['Label']['default']}",
                "",
                "| parameter | variable | default | it takes | meaning |",
                "|---|---|---|---|---|",
                *(_row(name, declared[name]) for name in group["Parameters"]),
            ]
        )
        for group in made["Metadata"][KIND]["ParameterGroups"]
    )


def _row(name: str, definition: Json) -> str:
    variable = _VARIABLES.get(name)
    cells = [
        f"`{name}`",
        f"`{variable}`" if variable else "",
        _default(definition),
        _takes(definition),
        _words(definition["Description"]),
    ]
    return f"| {' | '.join(cells)} |"


def _default(definition: Json) -> str:
    if "Default" not in definition:
        return "**none: say it**"
    return f"`{definition['Default']}`" if str(definition["Default"]) else "empty"


def _takes(definition: Json) -> str:
    if "AllowedValues" in definition:
        return ", ".join(f"`{value}`" for value in definition["AllowedValues"])
    if "ConstraintDescription" in definition:
        return _words(definition["ConstraintDescription"].removeprefix("must be "))
    return "a list with commas" if definition["Type"] == "CommaDelimitedList" else "a text"


def _words(text: str) -> str:
    """Returns the text as Markdown shows it in a table."""
    return "".join(_escaped(text))


def _escaped(text: str) -> Iterator[str]:
    for char in text:
        yield f"\\{char}" if char in "|*_<{" else char


def size(made: Json) -> tuple[int, int]:
    """Returns how many parameters the template has, and how many bytes."""
    return len(made["Parameters"]), len(template.text(dict(made)).encode())
