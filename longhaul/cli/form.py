"""The options that say what an archive is to be like: its format, its compression, and the most
bytes of one of several."""

import re
from collections.abc import Callable
from typing import Final, TypedDict

import click

from longhaul.cli.options import Command
from longhaul.cli.texts import STDIN
from longhaul.wanted import Compression, Format

_SIZE: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))? ?([kmgt]?)(i?)(b?)", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class Form(TypedDict):
    """What the options say, as parameters of `Client.create`; None: nothing."""

    format: Format | None
    compression: Compression | None
    split: int | None


def _bytes(_: click.Context, parameter: click.Parameter, given: str | None) -> int | None:
    """Returns the bytes that a text such as 4GB, 1.5 GB, 700MiB or 4000000000 says."""
    if given is None:
        return None
    found = _SIZE.fullmatch(given.strip())
    if not found or (found[4] and not found[3]):
        words = f"{given!r} is no size, such as 4GB, 700MiB or 4000000000."
        raise click.BadParameter(words, param=parameter)
    whole, part, unit, binary, _b = found.groups(default="")
    base, power = 1024 if binary else 1000, _POWERS[unit.lower()]
    return int(whole + part) * int(base**power) // int(10 ** len(part))


def form_options(usual: str = "") -> Callable[[Command], Command]:
    """Returns a decorator that adds the options. `usual` says what is without them; empty: that of
    a new export."""

    def add(command: Command) -> Command:
        for option in reversed(
            (
                click.option(
                    "--format",
                    type=click.Choice(["zip", "tar", "tar.gz"]),
                    help=f"What the archive is.  [{usual or 'zip'}]",
                ),
                click.option(
                    "--compression",
                    type=click.Choice(["none", "deflate", "auto"]),
                    help="Compress no file, all, or all but those that are compressed already. A "
                    "tar takes none, a tar.gz deflate or auto.  "
                    f"[{usual or 'none; of a tar.gz, deflate'}]",
                ),
                click.option(
                    "--split",
                    callback=_bytes,
                    metavar="SIZE",
                    help="Several archives of at most SIZE each, such as 4GB or 700MiB."
                    + (f"  [{usual}]" if usual else ""),
                ),
            )
        ):
            command = option(command)
        return command

    return add


def check_output(split: int | None, output: str | None) -> None:
    """Raises click.UsageError if several archives cannot go to the output."""
    if split is not None and output == STDIN:
        raise click.UsageError("With --split there may be several archives: -o must be a folder.")
