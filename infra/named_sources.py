"""The sources that a deployment names with SOURCES: JSON, or a file with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chalicelib import named_sources, settings
from chalicelib.named_sources import Source
from infra.errors import AccessError

VARIABLE: Final = "SOURCES"
PARAMETER: Final = "Sources"

OWN_BUCKET: Final = "-"
"""Stands for the stack's own bucket, whose name CloudFormation makes. No bucket has this name."""

_NOWHERE: Final = dict.fromkeys(
    ("JOBS_TABLE", "QUEUE_URL", "ANNOUNCEMENT_QUEUE_URL", "ARCHIVE_BUCKET"), "-"
)


@dataclass(frozen=True)
class Named:
    """The sources of one deployment: the JSON in one line, what they mean, and the SOURCE_PREFIX
    that counts for those without one."""

    text: str
    sources: tuple[Source, ...]
    prefix: str


def named(text: str, environment: Mapping[str, str]) -> Named | None:
    """Returns the sources of the JSON; None if it is empty. Raises AccessError as `of`."""
    if not text:
        return None
    return Named(text, of(text, environment), environment.get("SOURCE_PREFIX", ""))


def read(value: str) -> str:
    """Returns the JSON in one short line. `value` is JSON, or the path of a file with it.

    Raises AccessError if it is neither. Its fields are not checked.
    """
    text = value.strip()
    if not text:
        return ""
    if not text.startswith(("[", "{")):
        try:
            text = Path(text).expanduser().read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise AccessError(
                f"{VARIABLE} must be JSON, or the path of a file with it, not {value!r}: {reason}"
            ) from None
    try:
        found = named_sources.objects(text)
    except named_sources.SourcesError as error:
        raise AccessError(f"{VARIABLE} {error}") from None
    return json.dumps(found, separators=(",", ":"))


def of(text: str, environment: Mapping[str, str]) -> tuple[Source, ...]:
    """Returns the sources of the JSON; none if it is empty. The bucket of one that names none is
    OWN_BUCKET.

    `environment` has what they do not say themselves, and what a file's id looks like. Raises
    AccessError with all mistakes.
    """
    if not text:
        return ()
    place = {**_NOWHERE, "SOURCE_BUCKET": OWN_BUCKET, VARIABLE: text}
    wanted = ("SOURCE_PREFIX", "SOURCE_KEY_TEMPLATE", "FILE_ID_PATTERN")
    place |= {name: environment[name] for name in wanted if environment.get(name)}
    try:
        return settings.load(place).sources
    except settings.SettingsError as error:
        raise AccessError(str(error)) from None
