"""For which files a caller may ask. A refusal names what was asked for, and never says whether it
exists. Pure."""

from collections.abc import Iterator

from chalicelib.errors import Forbidden
from chalicelib.http.callers import Caller
from chalicelib.jobs.request import ExportRequest
from chalicelib.settings import Settings
from chalicelib.sources.ids import key_of

_SHOWN = 60  # characters of a key


def check(caller: Caller, request: ExportRequest, settings: Settings) -> None:
    """Raises Forbidden if the request is for a file, or a prefix, that is not the caller's."""
    if caller.prefixes is None:
        return
    for pointer, key, name in _asked(request, settings):
        if not key.startswith(caller.prefixes):
            raise _refused(pointer, name)


def check_key(caller: Caller, pointer: str, key: str, name: object = None) -> None:
    """Raises Forbidden if the key, or prefix, is not the caller's. `name` is what the caller calls
    it."""
    if caller.prefixes is not None and not key.startswith(caller.prefixes):
        raise _refused(pointer, key if name is None else name)


def _asked(request: ExportRequest, settings: Settings) -> Iterator[tuple[str, str, object]]:
    """Yields (JSON pointer, key, the caller's name for it)."""
    for index, file_id in enumerate(request.file_ids or ()):
        yield f"/file_ids/{index}", key_of(file_id, settings.source(request.source)), file_id
    for index, key in enumerate(request.keys or ()):
        yield f"/keys/{index}", key, key
    if request.prefix is not None:
        yield "/prefix", request.prefix, request.prefix


def _refused(pointer: str, name: object) -> Forbidden:
    shown = repr(name)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return Forbidden(f"{pointer.lstrip('/')}: {shown} is not among the files that you may have")
