"""The file with a user's profiles, `config.toml` in the folder of the settings.

    [profiles.work]
    url = "https://api.example.com/prod"
    user = "ann"

Everything in it is checked before anything of it is used: one mistake, and no profile counts.
"""

import math
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

import click

from longhaul.cli import exits
from longhaul.errors import CannotKeep
from longhaul.places import own_folder
from longhaul.printable import shown

VARIABLE: Final = "LONGHAUL_PROFILE"
USUAL: Final = "default"
"""The profile that is in force if nobody names one."""

FILE: Final = "config.toml"
_SIZE_MAX: Final = 256 * 1024
"""Bytes."""

_SHOWN: Final = 60
"""Characters of a wrong value that are shown."""


class Profile(TypedDict, total=False):
    """What a profile may say. `patience` is in seconds."""

    url: str
    user: str
    patience: float


class BadConfig(click.ClickException):
    """The file with the profiles cannot be used."""

    exit_code = exits.USAGE


@dataclass(frozen=True, slots=True)
class Config:
    """The profiles in the file at `path`. None: this user has no folder for settings."""

    path: Path | None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def chosen(self, name: str | None) -> tuple[str, Profile] | None:
        """Returns the profile of this name; without a name, the usual one, or None if there is
        none. Raises click.UsageError, which names those that there are."""
        if name is None:
            usual = self.profiles.get(USUAL)
            return None if usual is None else (USUAL, usual)
        if name in self.profiles:
            return name, self.profiles[name]
        known = ", ".join(map(shown, self.profiles)) or "none"
        place = self.path or "any file: this user has no folder for settings"
        raise click.UsageError(
            f"There is no profile {shown(name[:_SHOWN])!r} in {place}. Known: {known}."
        )


def read() -> Config:
    """Returns the profiles of this user. Without the file, there are none. Raises BadConfig."""
    try:
        path = own_folder() / FILE
    except CannotKeep:
        return Config(None)
    try:
        with path.open("rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            content = file.read(_SIZE_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Config(path)
    except OSError as error:
        raise BadConfig(f"Cannot read {path}: {error.strerror or error}.") from None
    if len(content) > _SIZE_MAX:
        raise BadConfig(f"{path} has over {_SIZE_MAX:,} bytes.")
    return Config(path, _profiles(path, _parsed(path, content)))


def _check_owner(path: Path, found: os.stat_result) -> None:
    """Raises BadConfig if others may write the file: they would choose where tokens are sent."""
    if os.name != "posix" or not stat.S_ISREG(found.st_mode):
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise BadConfig(f"{path} belongs to another user, so it is not used.")
    if found.st_mode & stat.S_IWOTH:
        raise BadConfig(
            f"Everybody may write {path}, so it is not used. If its content is yours: "
            f"chmod o-w '{path}'"
        )


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        why = f"it is not UTF-8 (at line {line})"
    except tomllib.TOMLDecodeError as error:
        why = shown(str(error))
    except RecursionError:
        why = "it is nested too deeply"
    raise BadConfig(f"{path} is wrong: {why}.")


def _profiles(path: Path, content: Mapping[str, Any]) -> dict[str, Profile]:
    for name in content:
        if name != "profiles":
            raise _wrong(path, shown(name), "it is not known; the file has profiles alone")
    profiles = content.get("profiles", {})
    if not isinstance(profiles, dict):
        raise _wrong(path, "profiles", f"it must be a table, not {_value(profiles)}")
    return {name: _profile(path, name, said) for name, said in profiles.items()}


def _profile(path: Path, name: str, said: Any) -> Profile:
    place = f"profiles.{shown(name)}"
    if not name or not name.isprintable():
        raise _wrong(path, place, "a name needs characters that can be printed")
    if not isinstance(said, dict):
        raise _wrong(path, place, f"it must be a table, not {_value(said)}")
    for key, value in said.items():
        known = _RULES.get(key)
        if known is None:
            names = ", ".join(_RULES)
            raise _wrong(path, f"{place}.{shown(key)}", f"it is not known; known are {names}")
        is_right, rule = known
        if not is_right(value):
            raise _wrong(path, f"{place}.{key}", f"it must be {rule}, not {_value(value)}")
    profile: Profile = said  # type: ignore[assignment]  # checked key by key
    return profile


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or not value.isprintable():
        return False
    try:
        parsed = urlsplit(value)
        is_http = parsed.scheme in ("http", "https") and bool(parsed.hostname)
    except ValueError:
        return False
    return is_http and not parsed.query and not parsed.fragment


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _is_span(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value >= 0  # type: ignore[arg-type,operator]


_RULES: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "url": (_is_url, "a URL like https://api.example.com/prod"),
    "user": (_is_text, "a text"),
    "patience": (_is_span, "a number of seconds"),
}


def _value(value: object) -> str:
    """Returns a wrong value for a message, cut if it is long."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return shown(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _wrong(path: Path, key: str, why: str) -> BadConfig:
    return BadConfig(f"{path} is wrong at {key}: {why}.")
