"""What may have been meant by a command or an option that there is not."""

from collections.abc import Iterable
from typing import Final

import click

MEANT: Final = {
    "abort": "cancel",
    "browse": "ls",
    "create": "export",
    "dir": "ls",
    "files": "ls",
    "follow": "watch",
    "get": "download",
    "info": "status",
    "job": "status",
    "jobs": "list",
    "kill": "cancel",
    "link": "share",
    "page": "open",
    "profile": "profiles",
    "remove": "delete",
    "rm": "delete",
    "save": "download",
    "show": "status",
    "signin": "login",
    "signout": "logout",
    "start": "export",
    "stop": "cancel",
    "tell": "notify",
    "wait": "watch",
    "web": "open",
    "who": "whoami",
}
"""Words that other programs have, and the commands that do the same here."""


def no_command(name: str, known: Iterable[str]) -> str:
    """Returns what to say of a command that there is not."""
    from difflib import get_close_matches

    meant = MEANT.get(name) or next(iter(get_close_matches(name, known)), "")
    return f"No such command {name!r}.{f' Did you mean {meant!r}?' if meant else ''}"


def explained(error: click.ClickException) -> click.ClickException:
    """Returns the error; of an option that there is not, one that names what is close to it."""
    if not isinstance(error, click.NoSuchOption):
        return error
    # Click compares the hyphens too, and all options begin with them.
    name = error.option_name.lstrip("-")
    close = [one for one in error.possibilities or () if _is_close(name, one.lstrip("-"))]
    return click.NoSuchOption(error.option_name, error.message, close, error.ctx)


def _is_close(name: str, other: str) -> bool:
    from difflib import get_close_matches

    return bool(get_close_matches(name, [other]))
