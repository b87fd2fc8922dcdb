"""For which files a caller may ask, and who may be told by mail. Pure.

A refusal names what was asked for, and never says whether it exists. The caller's prefixes bound
the keys of each source alike.
"""

from collections.abc import Iterator

from chalicelib import receivers
from chalicelib.errors import FieldError, Forbidden
from chalicelib.http.callers import Caller
from chalicelib.http.faults import raise_for
from chalicelib.jobs.request import ExportRequest, Notify
from chalicelib.named_sources import Source
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


def check_mail(caller: Caller, notify: Notify | None, pointer: str, settings: Settings) -> None:
    """Raises InvalidRequest if mail must not go to this address for this caller. `pointer` is where
    the address is."""
    if notify is None or notify.email is None:
        return
    own = caller.email and caller.email.lower() == notify.email.lower()
    if not own and not receivers.may_mail(notify.email, settings.mail_to):
        allowed = f"; MAIL_TO allows {', '.join(settings.mail_to)}" if settings.mail_to else ""
        yours = f", {caller.email}," if caller.email else ""
        detail = f"{notify.email} is neither your own address{yours} nor allowed{allowed}"
        raise_for([FieldError(pointer, detail)])


def own_prefixes(caller: Caller, source: Source) -> tuple[str, ...] | None:
    """Returns the prefixes below which the caller may have files of this source; None: all files
    below the source's own."""
    if caller.prefixes is None:
        return None
    # Of a prefix and the source's own, the longer one counts, if it is below the other.
    pairs = [sorted((source.prefix, own), key=len) for own in caller.prefixes]
    return tuple(dict.fromkeys(long for short, long in pairs if long.startswith(short)))


def _asked(request: ExportRequest, settings: Settings) -> Iterator[tuple[str, str, object]]:
    """Yields (JSON pointer, key, the caller's name for it)."""
    source = settings.source(request.source)
    for index, file_id in enumerate(request.file_ids or ()):
        yield f"/fileIds/{index}", key_of(file_id, source), file_id
    for index, key in enumerate(request.keys or ()):
        yield f"/keys/{index}", key, key
    if request.prefix is not None:
        yield "/prefix", request.prefix, request.prefix
    for index, one in enumerate(request.files or ()):
        pointer = f"/files/{index}"
        if one.id is not None:
            yield f"{pointer}/id", key_of(one.id, source), one.id
        for field, begun in (("key", one.key), ("prefix", one.prefix)):
            if begun is not None:
                yield f"{pointer}/{field}", begun, begun


def _refused(pointer: str, name: object) -> Forbidden:
    shown = repr(name)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return Forbidden(f"{pointer.lstrip('/')}: {shown} is not among the files that you may have")
