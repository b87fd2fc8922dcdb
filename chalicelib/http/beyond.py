"""What a JSON Schema cannot say of a request: lengths in bytes, how keys begin, and what an id
looks like. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib import receivers
from chalicelib.archive.names import is_filename
from chalicelib.errors import FieldError
from chalicelib.http import schemas
from chalicelib.http.faults import shown
from chalicelib.jobs.model import ArchiveFormat
from chalicelib.jobs.request import Compression, FileId
from chalicelib.named_sources import Source
from chalicelib.settings import Settings
from chalicelib.sources.ids import key_of


def errors(asked: Mapping[str, Any], settings: Settings) -> Iterator[FieldError]:
    """Yields what is wrong with a request for an export that is valid by its schema."""
    source, pattern = settings.source(asked.get("source")), settings.file_id_pattern
    yield from filename_errors(asked)
    yield from _too_long("/user_id", asked.get("user_id", ""), schemas.USER_ID_MAX_BYTES)
    for index, given in enumerate(asked.get("file_ids", ())):
        yield from id_errors(f"/file_ids/{index}", given, source, pattern)
    for index, key in enumerate(asked.get("keys", ())):
        yield from key_errors(f"/keys/{index}", key, source.prefix)
    if "prefix" in asked:
        yield from key_errors("/prefix", asked["prefix"], source.prefix)
    for index, one in enumerate(asked.get("files", ())):
        pointer = f"/files/{index}"
        yield from _too_long(f"{pointer}/name", one.get("name", ""), schemas.NAME_MAX_BYTES)
        if "id" in one:
            yield from id_errors(f"{pointer}/id", one["id"], source, pattern)
        for field in ("key", "prefix"):
            if field in one:
                yield from key_errors(f"{pointer}/{field}", one[field], source.prefix)
    yield from form_errors(asked.get("format", "zip"), asked.get("compression"))
    yield from notify_errors("/notify", asked.get("notify", {}), settings)


def filename_errors(asked: Mapping[str, Any], *, is_new: bool = True) -> Iterator[FieldError]:
    """Yields what is wrong with the name for an archive, if there is one. `is_new`: without a name,
    the archive gets another one."""
    given = asked.get("filename")
    if given is not None:
        yield from _too_long("/filename", given, schemas.FILENAME_MAX_BYTES)
        if not is_new and not is_filename(given):
            yield FieldError("/filename", f"{shown(given)} cannot be the name of an archive")


def form_errors(archive: ArchiveFormat, compression: Compression | None) -> Iterator[FieldError]:
    """Yields what is wrong if an archive of this format cannot be compressed in this way."""
    possible = schemas.COMPRESSIONS[archive]
    if compression is not None and compression not in possible:
        others = [name for name, ways in schemas.COMPRESSIONS.items() if compression in ways]
        yield FieldError(
            "/compression",
            f"{shown(compression)} is not for a {archive}, which takes {' or '.join(possible)}; "
            f"{' and '.join(others)} can be had with {compression}",
        )


def check_errors(asked: Mapping[str, Any], source: Source, pattern: str) -> Iterator[FieldError]:
    """Yields what is wrong with a check that is valid by its schema."""
    if "file_id" in asked:
        yield from id_errors("/file_id", asked["file_id"], source, pattern)
    for index, given in enumerate(asked.get("file_ids", ())):
        yield from id_errors(f"/file_ids/{index}", given, source, pattern)
    for index, key in enumerate(asked.get("keys", ())):
        yield from key_errors(f"/keys/{index}", key, source.prefix)


def notify_errors(
    pointer: str, asked: Mapping[str, str], settings: Settings
) -> Iterator[FieldError]:
    """Yields why these receivers cannot be told, whoever asks for it. `pointer` is where they
    are."""
    if (url := asked.get("url")) is not None:
        try:
            receivers.place_of(url, settings.webhook_hosts, is_local=settings.is_local)
        except receivers.NotAllowed as error:
            yield FieldError(f"{pointer}/url", str(error))
    if (email := asked.get("email")) is not None:
        if not settings.mail_from:
            yield FieldError(f"{pointer}/email", "this stack sends no mail: MAIL_FROM is not set")
        elif not receivers.is_address(email):
            yield FieldError(
                f"{pointer}/email", f"{shown(email)} is no mail address, as ann@example.com"
            )


def _too_long(pointer: str, text: str, most: int) -> Iterator[FieldError]:
    if len(text.encode()) > most:
        yield FieldError(pointer, f"has more than {most} bytes in UTF-8")


def id_errors(
    pointer: str, given: float | str, source: Source, pattern: str
) -> Iterator[FieldError]:
    """Yields what is wrong with an id where `pattern` says what one looks like. Without a pattern,
    it is a number, of which the schema says everything."""
    if not pattern:
        return
    file_id = as_id(given)
    text = str(file_id)
    # A pattern may take long for a long text, so it never sees one.
    if len(text.encode()) > schemas.ID_MAX_BYTES:
        yield FieldError(pointer, f"has more than {schemas.ID_MAX_BYTES} bytes in UTF-8")
    elif not re.fullmatch(pattern, text):
        yield FieldError(pointer, f"{shown(given)} is not an id: all of it must match {pattern}")
    elif len(key_of(file_id, source).encode()) > schemas.KEY_MAX:
        yield FieldError(
            pointer, f"the key of {shown(given)} has more than {schemas.KEY_MAX} bytes"
        )


def key_errors(pointer: str, key: str, source_prefix: str) -> Iterator[FieldError]:
    """Yields what is wrong with a key, or with a prefix of keys."""
    if not key.startswith(source_prefix):
        yield FieldError(pointer, f"{shown(key)} must begin with {source_prefix!r}")
    elif len(key.encode()) > schemas.KEY_MAX:
        yield FieldError(pointer, f"{shown(key)} is longer than {schemas.KEY_MAX} bytes")


def as_id(given: float | str) -> FileId:
    """Returns the id. For JSON Schema, 10001.0 is an integer too."""
    return given if isinstance(given, str) else int(given)
