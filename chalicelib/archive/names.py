"""Entry names: relative, safe to extract on any system, and unique. Pure.

A name in an archive is a path that somebody else's unzip will write to. So a source's name is taken
apart here, and nothing that could leave the target folder, or land on another entry, remains.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

MANIFEST: Final = "manifest.json"
"""The name of the last entry of each archive; no source file can have it."""

COMPONENT_MAX: Final = 255
"""Bytes in one component of a path: NAME_MAX of Linux and macOS, and NTFS's limit for ASCII
names."""

_EXTENSION_MAX: Final = 16  # bytes; what stands behind a last dot and is longer is no extension
_FALLBACK: Final = "file"
_SEPARATORS: Final = re.compile(r"[/\\]")
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
# Cc: control characters. Cs: lone surrogates, which UTF-8 cannot say. Zl, Zp: line separators. And
# the characters that turn the direction of text, with which "gpj.exe" reads as "exe.jpg".
_UNPRINTABLE_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def safe_name(raw: str) -> str:
    """A relative path with "/" between its parts, made from any text. Never empty, idempotent.

    Backslashes count as separators; empty, "." and ".." parts and drive letters go, and so do dots
    and spaces that a part ends with, which Windows would drop; a control character becomes "_"; a
    part longer than COMPONENT_MAX bytes is cut before its extension.
    """
    text = raw if raw.isascii() and raw.isprintable() else _printable(raw)
    parts = [part for part in map(_plain, text.replace("\\", "/").split("/")) if part]
    return "/".join(_fitted(part) for part in parts) or _FALLBACK


def archive_filename(wanted: str | None, job_id: str) -> str:
    """Returns the archive's name for downloads: what the caller wanted, as one path part that ends
    in .zip."""
    given = _SEPARATORS.sub("_", wanted or "").strip(" .")
    given = safe_name(given).strip(" .") if given else given
    is_zip = given.lower().endswith(".zip")
    stem, extension = (given[:-4], given[-4:]) if is_zip else (given, ".zip")
    return safe_name((stem or f"longhaul-{job_id[:8]}") + extension)


def unique_names(raw_names: Iterable[str]) -> Iterator[str]:
    """A safe name for each raw one, in order, no two of which extract to the same path.

    Names that differ only in case or in Unicode composition count as the same, as they do on macOS
    and Windows. A later twin becomes "name (2).ext". A file never takes the name of a folder that
    another entry needs, nor the manifest's.
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


def _plain(part: str) -> str:
    while _DRIVE.match(part):
        part = part[2:]
    return part.rstrip(". ")


def _fitted(part: str) -> str:
    if len(part) * 4 <= COMPONENT_MAX or len(part.encode()) <= COMPONENT_MAX:
        return part
    stem, extension = _split_extension(part)
    return (_cut(stem, COMPONENT_MAX - len(extension.encode())) + extension).rstrip(". ")


def _split_extension(part: str) -> tuple[str, str]:
    """("report", ".pdf"): the extension with its dot, empty where there is none."""
    stem, dot, extension = part.rpartition(".")
    if not stem or len(extension.encode()) > _EXTENSION_MAX:
        return part, ""
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
    """No folder may have the manifest's name either."""
    first, slash, rest = name.partition("/")
    return f"{first} (2)/{rest}" if slash and _identity(first) == MANIFEST else name
