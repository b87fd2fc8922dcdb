"""The name under which a download is saved: from a header that anybody may have written. Pure."""

import re
from email.message import Message
from typing import Final
from urllib.parse import unquote

from longhaul.printable import printable

NAME_MAX_BYTES: Final = 200
"""File systems take 255; this leaves room for what is added while the file is not whole."""

_EXTENSION_MAX_BYTES: Final = 16
_FALLBACK: Final = "longhaul.zip"
_EXTENDED: Final = re.compile(r"filename\*\s*=\s*\"?utf-8'[^']*'([^;\s\"]*)", re.IGNORECASE)
_SEPARATORS_AND_WILDCARDS: Final = re.compile(r'[/\\:*?"<>|]')
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *\.|$)", re.IGNORECASE
)


def from_disposition(header: str | None) -> str:
    """A safe file name from a Content-Disposition (RFC 6266); "longhaul.zip" if it has none."""
    return safe(_given(header or "")) or _FALLBACK


def safe(name: str) -> str:
    """The name as one that is a plain, visible file in the folder at hand, on any system; it may
    come out empty."""
    plain = _SEPARATORS_AND_WILDCARDS.sub("_", printable(name, "_"))
    plain = plain.rstrip(" .").lstrip(" .-~")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return _cut(plain).rstrip(" .")


def _given(header: str) -> str:
    extended = _EXTENDED.search(header)
    if extended:
        return unquote(extended[1], errors="replace")
    message = Message()
    # The parser takes a header's text in lines.
    message["Content-Disposition"] = re.sub(r"[\r\n\0]", " ", header)
    name = message.get_filename()
    return name if isinstance(name, str) else ""


def _cut(name: str) -> str:
    """At most NAME_MAX_BYTES in UTF-8, the extension kept."""
    if len(name.encode()) <= NAME_MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _EXTENSION_MAX_BYTES:
        stem, dot, extension = name, "", ""
    room = NAME_MAX_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + extension
