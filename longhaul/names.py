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
_ENDING: Final = re.compile(r"(?:-[0-9]{1,6}-of-[0-9]{1,6})?(?:\.tar)?\.[^.]*\Z")
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
    """Cuts the name to NAME_MAX_BYTES in UTF-8, and keeps the extension, and before it which of
    several archives it is."""
    if len(name.encode()) <= NAME_MAX_BYTES:
        return name
    found = _ENDING.search(name)
    ending = found[0] if found and found.start() else ""
    if len(ending.rpartition(".")[2].encode()) > _EXTENSION_MAX_BYTES:
        ending = ""
    stem, room = name.removesuffix(ending), NAME_MAX_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending
