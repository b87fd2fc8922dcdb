"""Makes a safe file name for a download, from a header that is not trusted. Does no I/O."""

import re
from email.message import Message
from typing import Final
from urllib.parse import unquote

from longhaul.printable import printable

NAME_MAX_BYTES: Final = 200
"""File systems allow 255. The rest is for the suffix of an unfinished download."""

_EXTENSION_MAX_BYTES: Final = 16
_FALLBACK: Final = "longhaul.zip"
_EXTENDED: Final = re.compile(r"filename\*\s*=\s*\"?utf-8'[^']*'([^;\s\"]*)", re.IGNORECASE)
_SEPARATORS_AND_WILDCARDS: Final = re.compile(r'[/\\:*?"<>|]')
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *\.|$)", re.IGNORECASE
)


def from_disposition(header: str | None) -> str:
    """Returns a safe file name from a Content-Disposition (RFC 6266); else "longhaul.zip"."""
    return safe(_name_in(header or "")) or _FALLBACK


def safe(name: str) -> str:
    """Returns a name for a plain, visible file in the current folder, on any system.

    The result may be empty.
    """
    plain = _SEPARATORS_AND_WILDCARDS.sub("_", printable(name, "_"))
    plain = plain.rstrip(" .").lstrip(" .-~")
    if _DEVICES.match(plain):
        plain = f"_{plain}"
    return _cut(plain).rstrip(" .")


def _name_in(header: str) -> str:
    extended = _EXTENDED.search(header)
    if extended:
        return unquote(extended[1], errors="replace")
    message = Message()
    # The parser splits the header at line ends.
    message["Content-Disposition"] = re.sub(r"[\r\n\0]", " ", header)
    name = message.get_filename()
    return name if isinstance(name, str) else ""


def _cut(name: str) -> str:
    """Cuts the name to NAME_MAX_BYTES in UTF-8, and keeps the extension."""
    if len(name.encode()) <= NAME_MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _EXTENSION_MAX_BYTES:
        stem, dot, extension = name, "", ""
    room = NAME_MAX_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + extension
