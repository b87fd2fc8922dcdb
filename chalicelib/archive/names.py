"""The names of an archive's entries: safe to extract on any system, and unique. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from chalicelib.archive.safe_names import (
    SEPARATORS,
    beginning,
    ending_in,
    made_safe,
    numbered,
    safe_folders,
    safe_name,
    without_extension,
)

MANIFEST: Final = "manifest.json"
"""The name of the last entry of each archive, unless a file of the user has it (manifest_name)."""

# HFS+ compares names without these (Apple's TN1150, FastUnicodeCompare).
_IGNORED: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


CHOSEN_MAX: Final = 40
"""UTF-16 code units that an archive's name has of what was chosen. An extractor makes a folder of
the whole name, and safe_names.PATH_MAX leaves little room for that."""

_EVERYTHING: Final = "all-files"

_TAR: Final = ".tar"
_TAR_GZ: Final = ".tar.gz"
_TGZ: Final = ".tgz"
_ENDS_IN_TAR_GZ: Final = r"(?i)\.tar\.gz\Z"
_ENDS_AS_ARCHIVE: Final = r"(?i)\.(?:zip|tgz|tar)\Z"


def archive_filename(wanted: str | None, otherwise: str, extension: str = ".zip") -> str:
    """Returns the archive's name for downloads: what the caller wanted, as one path component with
    this extension. `otherwise` is the name without it if nothing is left of that."""
    stem, extension = _given(wanted or "", extension)
    name = safe_name((stem or otherwise) + extension)
    return name if name.endswith(extension) else ending_in(safe_name(stem or otherwise), extension)


def is_filename(wanted: str) -> bool:
    """Returns whether anything of this name is left in an archive's name."""
    return bool(_given(wanted)[0])


def volume_filename(filename: str, extension: str, number: int, count: int) -> str:
    """Returns the name of archive `number` (from 1) of `count`, whose files were split:
    `photos-02-of-12.zip`. So they stand in their order in any list of names."""
    if count == 1:
        return filename
    stem, given = filename[: -len(extension)], filename[-len(extension) :]
    return ending_in(stem, f"-{number:0{len(str(count))}}-of-{count}{given}")


def _given(wanted: str, extension: str = ".zip") -> tuple[str, str]:
    """Returns what is left of a wanted name as one component, and its extension, which is the given
    one in any case of letters. A tar does not keep the extension of another format. (A ZIP does: it
    always did.)"""
    given = SEPARATORS.sub("_", wanted).strip(" .")
    if is_tar := extension in (_TAR, _TAR_GZ):
        given = re.sub(_ENDS_IN_TAR_GZ, _TGZ, given)  # one extension, where the name is cut
    given = safe_name(given).strip(" .") if given else given
    length = len(extension)
    if given.lower().endswith(extension):
        return given[:-length], given[-length:]
    if is_tar and (other := re.search(_ENDS_AS_ARCHIVE, given)):
        given = given[: other.start()]
    return given, extension


def chosen_stem(path: str, others: int, day: str, *, is_file: bool = True) -> str:
    """Returns the name, without .zip, of an archive that nobody has named: from what was chosen.

    `path` is the key, the name or the id of what was chosen first; `others` is how much was chosen
    besides. `is_file`: its extension says nothing of the archive. Without one word in the path, it
    is all files. Examples, on the day 2026-11-25: `in/photos/` is `photos-2026-11-25`, and
    `in/March.pdf` with three others is `March-and-3-more-2026-11-25`.
    """
    words = (word.strip(" .") for word in reversed(SEPARATORS.split(path)))
    last = next(filter(None, words), _EVERYTHING)
    stem = safe_name(without_extension(last) if is_file else last)
    more = f"-and-{others}-more" if others else ""
    return f"{beginning(stem, CHOSEN_MAX).strip(' .')}{more}-{day}"


def manifest_name(names: Iterable[str]) -> str:
    """Returns the manifest's name in an archive of these names: "manifest.json", or the first of
    "manifest (2).json", … that is free. A user's file or folder keeps its name."""
    tops = {
        _identity(name.partition("/")[0])
        for name in names
        # Only these can be the same as "manifest…"; most of a million names are not looked at.
        if name[:1] in "mM" or not name.isascii()
    }
    number, name = 1, MANIFEST
    while _identity(name) in tops:
        number += 1
        name = numbered(MANIFEST, number)
    return name


def unique_names(raw_names: Iterable[str], changed: Iterable[int] = ()) -> Iterator[str]:
    """Yields a safe name for each raw one, in order. No two of them extract to the same path.

    Names that differ only in case or in Unicode composition count as the same, as they do on macOS
    and Windows. The second one becomes "name (2).ext". A raw name that is safe comes before each
    that had to be changed; those at the indices `changed` were changed before. A file never takes
    the name of a folder that another entry needs.
    """
    known: dict[str, str] = {}
    names: list[str] = []
    changed = set(changed)
    for index, raw in enumerate(raw_names):
        name = made_safe(raw, known)
        if name != raw:
            changed.add(index)
        names.append(name)
    parents = {name.rpartition("/")[0] for index, name in enumerate(names) if index not in changed}
    folders = {_identity(folder) for parent in parents for folder in _and_above(parent)}
    taken: set[str] = set()
    late: list[int] = []
    for index, name in enumerate(names):
        identity = name.lower() if name.isascii() else _identity(name)
        if index in changed or identity in folders or identity in taken:
            late.append(index)
        else:
            taken.add(identity)
    if late:
        _settle(names, late, taken, folders)
    yield from names


def _settle(names: list[str], late: list[int], taken: set[str], folders: set[str]) -> None:
    """Gives the names at `late` what is left: no path of `taken`, and no file in the place of a
    folder."""
    others: dict[str, str] = {}
    moved: dict[str, str] = {}
    for index in late:
        folder, slash, last = names[index].rpartition("/")
        if folder not in moved:
            moved[folder] = _beside_files(folder, taken, folders, others)
        if moved[folder] != folder:
            names[index] = safe_name(f"{moved[folder]}{slash}{last}")
    needed = set(moved.values())
    folders.update(_identity(folder) for parent in needed for folder in _and_above(parent))
    counts: dict[str, int] = {}
    for index in late:
        candidate = name = names[index]
        identity = _identity(candidate)
        if identity in taken or identity in folders:
            # Long names that differ only where they are cut share their numbers.
            shared = _identity(numbered(name, 0))
            while identity in taken or identity in folders:
                counts[shared] = counts.get(shared, 1) + 1
                candidate = numbered(name, counts[shared])
                identity = _identity(candidate)
        taken.add(identity)
        names[index] = candidate


def _beside_files(folder: str, taken: set[str], folders: set[str], others: dict[str, str]) -> str:
    """Returns the folder, or another one in its place if it, or one above it, is a file. `others`
    has what was found before: no number is tried twice."""
    while file := next((one for one in _and_above(folder) if _identity(one) in taken), None):
        if file not in others:
            number, other = 2, f"{file} (2)"
            while _identity(other) in taken or _identity(other) in folders:
                number += 1
                other = f"{file} ({number})"
            others[file] = other
        # The longer folder may have to be cut, and may then be a file's name again.
        folder = safe_folders(others[file] + folder[len(file) :])
    return folder


def _and_above(folder: str) -> Iterator[str]:
    """Yields the folders above this one, the outermost first, and this one if it is one."""
    at = folder.find("/")
    while at != -1:
        yield folder[:at]
        at = folder.find("/", at + 1)
    if folder:
        yield folder


def _identity(name: str) -> str:
    """Returns the same text for all names that some file system takes for one. These are equal
    without case and composition (Unicode's D145), or have the same capitals: exFAT's capital of the
    dotless i is "I" too."""
    if name.isascii():
        return name.lower()
    name = unicodedata.normalize("NFD", _IGNORED.sub("", name))
    return unicodedata.normalize("NFD", name.upper().casefold())
