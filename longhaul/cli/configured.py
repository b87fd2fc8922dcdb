"""The command `longhaul profiles`: what is in force, and who has said so."""

import re
from typing import Any, Final, TypeVar

import click

from longhaul.cli import tables
from longhaul.cli.inforce import Setting
from longhaul.cli.options import Run, common
from longhaul.cli.profiles import Config
from longhaul.printable import shown

_COLUMNS: Final = (
    tables.Column("PROFILE", is_cut=True, least=8),
    tables.Column("USER", rank=1, is_cut=True, least=8),
    tables.Column("URL", is_cut=True, least=20),
)

_PASSWORD: Final = re.compile(r"^(https?://[^/?#@:]*:)[^/?#]*@", re.IGNORECASE)

T = TypeVar("T")

InForceByName = dict[str, Setting[Any] | None]


@click.command(short_help="Show your profiles, and what is in force.")
@common
def profiles(run: Run) -> None:
    """Show the profiles in your config.toml, and which API, user and patience are in force, each
    with who has said so: an option, else the environment, else a profile. If nobody has named an
    API, it is the stack of this machine.

    \b
      [profiles.default]
      url = "https://api.example.com/prod"
      [profiles.work]
      url = "https://files.example.org/prod"
      user = "ann"
    """
    in_force: InForceByName = {
        "profile": run.given.profile,
        "url": run.given.url,
        "user": run.given.user,
        "patience": run.given.patience,
    }
    if run.is_json:
        run.print_json(_facts(run.given.config, in_force))
    else:
        _print(run, in_force)


def _facts(config: Config, in_force: InForceByName) -> dict[str, Any]:
    return {
        "file": str(config.path) if config.path else None,
        "inForce": {
            name: {"value": _without_password(one.value), "from": one.origin} if one else None
            for name, one in in_force.items()
        },
        "profiles": {
            name: {key: _without_password(value) for key, value in said.items()}
            for name, said in config.profiles.items()
        },
    }


def _print(run: Run, in_force: InForceByName) -> None:
    config = run.given.config
    run.print(f"{'File':<9}{shown(str(config.path or 'none'))}")
    for name, one in in_force.items():
        text = "none" if one is None or one.value is None else f"{_said(one.value)} ({one.origin})"
        run.print(f"{name.capitalize() if name != 'url' else 'URL':<9}{shown(text)}")
    if not config.profiles:
        run.screen.say("There are no profiles yet. `longhaul profiles --help` shows one.")
        return
    run.print("")
    rows = (
        tables.Row(
            (
                shown(name),
                shown(said.get("user", "")),
                shown(_without_password(said.get("url", ""))),
            )
        )
        for name, said in config.profiles.items()
    )
    tables.show(_COLUMNS, rows)


def _said(value: object) -> str:
    if isinstance(value, int | float):
        return f"{value:g} s"
    return _without_password(str(value))


def _without_password(value: T) -> T | str:
    """Returns a URL without its password; anything else as it is."""
    return _PASSWORD.sub(r"\1…@", value) if isinstance(value, str) else value
