"""Makes the names of entries: relative, safe to extract on any system, and unique. Pure.

A name in an archive is a path that somebody else's unzip will write to. So whatever in a source's
name could lead out of the target folder, or onto another entry, is removed here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

MANIFEST: Final = "manifest.json"
"""The name of the last entry of each archive. No source file can have it."""

COMPONENT_MAX: Final = 255
"""Bytes in one component of a path: NAME_MAX of Linux and macOS, and NTFS's limit for ASCII
names."""

_EXTENSION_MAX: Final = 16  # bytes; a longer text after the last dot is no extension
_FALLBACK: Final = "file"
_SEPARATORS: Final = re.compile(r"[/\\]")
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
# Windows takes these for devices in every folder, also with an extension.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]|conin\$|conout\$)(?= *(\.|$))",
    re.IGNORECASE,
)
# Cc: control characters. Cs: lone surrogates, which UTF-8 cannot encode. Zl, Zp: line separators.
# The others below turn the direction of text: with them, "gpj.exe" reads as "exe.jpg".
_UNPRINTABLE_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def safe_name(raw: str) -> str:
    """Returns a relative path made from any text, with "/" between its components. It is never
    empty, and a second call changes nothing.

    Backslashes count as separators. Components that are empty, "." or ".." are removed, and so are
    drive letters, and dots and spaces at the end of a component, which Windows would drop. A
    control character becomes "_", and the name of a device gets one: "nul_.txt". A component of
    more than COMPONENT_MAX bytes is cut before its extension.
    """
    text = raw if raw.isascii() and raw.isprintable() else _printable(raw)
    components = [one for one in map(_plain, text.replace("\\", "/").split("/")) if one]
    return "/".join(map(_fitted, components)) or _FALLBACK


def archive_filename(wanted: str | None, job_id: str) -> str:
    """Returns the archive's name for downloads: what the caller wanted, as one path component that
    ends in .zip."""
    given = _SEPARATORS.sub("_", wanted or "").strip(" .")
    given = safe_name(given).strip(" .") if given else given
    is_zip = given.lower().endswith(".zip")
    stem, extension = (given[:-4], given[-4:]) if is_zip else (given, ".zip")
    return safe_name((stem or f"longhaul-{job_id[:8]}") + extension)


def unique_names(raw_names: Iterable[str]) -> Iterator[str]:
    """Yields a safe name for each raw one, in order. No two of them extract to the same path.

    Names that differ only in case or in Unicode composition count as the same, as they do on macOS
    and Windows. The second one becomes "name (2).ext". A file never takes the name of a folder that
    another entry needs, nor the manifest's name.
    """
    names = [_beside_the_manifest(safe_name(raw)) for raw in raw_names]
    folders = {_identity(folder) for name in names for folder in _folders(name)}
    taken = {_identity(MANIFEST)}
    counts: dict[str, int] = {}
    for name in names:
        candidate = name
        identity = _identity(candidate)
        if identity in taken or identity in folders:
            # Long names that differ only where they are cut share their numbers.
            shared = _identity(_numbered(name, 0))
            while identity in taken or identity in folders:
                counts[shared] = counts.get(shared, 1) + 1
                candidate = _numbered(name, counts[shared])
                identity = _identity(candidate)
        taken.add(identity)
        yield candidate


def _printable(text: str) -> str:
    return "".join(
        "_"
        if unicodedata.category(char) in _UNPRINTABLE_CATEGORIES or char in _BIDI_CONTROLS
        else char
        for char in text
    )


def _plain(component: str) -> str:
    while _DRIVE.match(component):
        component = component[2:]
    return _off_device(component.rstrip(". "))


def _off_device(component: str) -> str:
    found = _DEVICE.match(component)
    return f"{found[1]}_{component[found.end() :]}" if found else component


def _fitted(component: str) -> str:
    if len(component) * 4 <= COMPONENT_MAX or len(component.encode()) <= COMPONENT_MAX:
        return component
    stem, extension = _split_extension(component)
    return (_cut(stem, COMPONENT_MAX - len(extension.encode())) + extension).rstrip(". ")


def _split_extension(component: str) -> tuple[str, str]:
    """Returns ("report", ".pdf"): the extension has its dot, and is empty if there is none."""
    stem, dot, extension = component.rpartition(".")
    if not stem or len(extension.encode()) > _EXTENSION_MAX:
        return component, ""
    return stem, dot + extension


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _folders(name: str) -> Iterator[str]:
    at = name.find("/")
    while at != -1:
        yield name[:at]
        at = name.find("/", at + 1)


def _identity(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _numbered(name: str, number: int) -> str:
    folder, slash, last = name.rpartition("/")
    stem, extension = _split_extension(last)
    suffix = f" ({number}){extension}"
    return f"{folder}{slash}{_cut(stem, COMPONENT_MAX - len(suffix.encode()))}{suffix}"


def _beside_the_manifest(name: str) -> str:
    """Returns the name. If its first folder has the manifest's name, the folder gets another
    one."""
    first, slash, rest = name.partition("/")
    return f"{first} (2)/{rest}" if slash and _identity(first) == MANIFEST else name
