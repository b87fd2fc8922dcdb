"""Which API, user and patience are in force, and who has said so: an option, else the profile of
--profile, else the environment, else another profile, else nobody."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import click

from longhaul.cli import profiles
from longhaul.cli.profiles import Config
from longhaul.retries import PATIENCE_SECONDS

T = TypeVar("T")

LOCAL_URL: Final = "http://127.0.0.1:4566/_aws/execute-api/longhaul-local/api"
"""Where `make up` puts the stack of this machine, unless it is told otherwise."""

_LOCAL_SECONDS: Final = 1.0
"""How long to look for it."""

LOCAL: Final = "the stack of this machine"
BUILT_IN: Final = "built in"

VARIABLES: Final = {"url": "LONGHAUL_URL", "user": "LONGHAUL_USER"}


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value and where it comes from: `--url`, `LONGHAUL_URL`, `profile work`, for example."""

    value: T
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What is in force. `profile` is None if there is none. `typed` are the words of the command
    line that chose the API, for other command lines that are to reach the same."""

    config: Config
    profile: Setting[str] | None
    url: Setting[str]
    user: Setting[str | None]
    patience: Setting[float]
    typed: tuple[str, ...] = ()

    @property
    def configured(self) -> str | None:
        """The API that somebody has named; None: nobody has named one."""
        return None if self.url.origin == LOCAL else self.url.value

    def is_guessed(self, text: str) -> bool:
        """Whether the text names an API that nobody has named: the stack of this machine."""
        return self.url.origin == LOCAL and _place(self.url.value) in text

    def api(self) -> str:
        """Returns the API's base URL. Raises click.UsageError if nobody has named it, and no stack
        runs on this machine."""
        if self.url.origin == LOCAL and not _is_there(self.url.value):
            place = self.config.path or profiles.FILE
            raise click.UsageError(
                "Which API? Name it with --url URL, set LONGHAUL_URL, or put a profile into "
                f"{place}. No stack runs on this machine."
            )
        return self.url.value


def resolved(typed: Mapping[str, Any]) -> InForce:
    """Returns what is in force if the command line says `typed`: some of url, user, patience and
    profile. Raises BadConfig, or click.UsageError for a profile that there is not."""
    config = profiles.read()
    named = _first(typed, "profile", profiles.VARIABLE)
    found = config.chosen(named.value if named else None)
    said: Mapping[str, Any] = {}
    profile = None
    if found:
        name, said = found
        profile = Setting(name, named.origin if named else "its name")
    origin = f"profile {profile.value}" if profile else ""

    def value(name: str, otherwise: Setting[Any]) -> Setting[Any]:
        of_profile = Setting(said[name], origin) if name in said else None
        # Whoever types a profile means it, and not what the shell has had for hours.
        is_meant = typed.get("profile") is not None and of_profile is not None
        given = _first(typed, name, None if is_meant else VARIABLES.get(name))
        return given or of_profile or otherwise

    words = [
        word
        for name in ("profile", "url")
        if typed.get(name)
        for word in (f"--{name}", typed[name])
    ]
    return InForce(
        config=config,
        profile=profile,
        url=value("url", Setting(LOCAL_URL, LOCAL)),
        user=value("user", Setting(None, BUILT_IN)),
        patience=value("patience", Setting(PATIENCE_SECONDS, BUILT_IN)),
        typed=tuple(words),
    )


def _first(typed: Mapping[str, Any], name: str, variable: str | None) -> Setting[Any] | None:
    if typed.get(name) is not None:
        return Setting(typed[name], f"--{name}")
    given = os.environ.get(variable, "") if variable else ""
    return Setting(given, variable or "") if given else None


def _place(url: str) -> str:
    """Returns host and port of the stack of this machine."""
    return url.partition("//")[2].partition("/")[0]


def _is_there(url: str) -> bool:
    """Whether something listens there. Nobody waits for a stack that nobody has named."""
    host, _, port = _place(url).rpartition(":")
    try:
        socket.create_connection((host, int(port)), _LOCAL_SECONDS).close()
    except OSError:
        return False
    return True
