"""What a command line says itself, before the command and after it."""

from collections.abc import Iterator
from typing import Any

import click


def typed(context: click.Context) -> dict[str, Any]:
    """Returns the options that were typed. One after the command goes before the same one before
    it: it is nearer."""
    return {
        name: one.params[name]
        for one in reversed(list(_upwards(context)))
        for name in one.params
        if one.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }


def _upwards(context: click.Context) -> Iterator[click.Context]:
    one: click.Context | None = context
    while one is not None:
        yield one
        one = one.parent
