"""Makes a name safe to extract on any system. Pure.

A name in an archive is a path that somebody else's unzip will write to. So whatever could lead out
of the target folder, or mean something else than a file, is replaced here. Nothing is deleted
unless the name is too long. docs/names.md has the rules with examples.
"""

import re
from hashlib import sha256
from typing import Final

COMPONENT_MAX: Final = 255
"""Bytes in one component of a path: NAME_MAX of Linux, and APFS's limit."""

PATH_MAX: Final = 200
"""UTF-16 code units in a whole name. Windows' MAX_PATH leaves 259 for the target folder and this:
https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation. A user's name of the
longest sort (20) and what Explorer proposes make 58:
`C:\\Users\\xxxxxxxxxxxxxxxxxxxx\\Downloads\\photos-2026-11-25\\`."""

FOLDER_MAX: Final = 140
"""UTF-16 code units in the folders of a name. So a file's own name has room for at least 59, as a
UUID with some words needs."""

_EXTENSION_MAX: Final = 16  # bytes; a longer text after the last dot is no extension
_DIGEST: Final = 8  # hex digits in the place of what was cut from a folder
_FALLBACK: Final = "file"
SEPARATORS: Final = re.compile(r"[/\\]")
# Windows forbids the first seven, which are ASCII, and the control characters:
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
# A colon also names a drive or an alternate stream. UTF-8 cannot encode lone surrogates, and macOS
# takes no noncharacters. The bidirectional controls turn text: "gpj.exe" reads as "exe.jpg".
_FORBIDDEN: Final = re.compile(
    '[<>:"|?*'
    "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
# Windows drops dots and spaces at the end. The .NET Framework, and so PowerShell 5, also drops a
# no-break space (Path.TrimEndChars).
_ENDING: Final = re.compile(r"[. \xa0]+\Z")
# unzip takes ";12" at the end for a file's version on VMS, and drops it (mapname in its unix.c and
# win32.c), unless it is run with -V.
_VMS_VERSION: Final = re.compile(r";(?=[0-9]*\Z)")
# Windows takes these for devices in every folder, also with an extension.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]|conin\$|conout\$)(?= *(\.|\Z))",
    re.IGNORECASE,
)
# A component that no rule changes, found at the first look. Others may be left alone too.
_PLAIN: Final = re.compile(
    r"(?!(?:[Cc][Oo][NnMm]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]|[Ll][Pp][Tt]).?.?.?.? *(?:\.|\Z))"
    r"[ !#-)+-.0-9=@-\[\]-{}~]*[!#-)+\-0-9=@-\[\]-{}~]"
)


def safe_name(raw: str) -> str:
    """Returns a relative path made from any text, with "/" between its components. It is never
    empty, and a second call changes nothing.

    Backslashes count as separators. "_" takes the place of each character that Windows forbids or
    drops, of an empty component, and of each dot of "." and "..". The name of a device gets one:
    "nul_.txt". A path of more than PATH_MAX is cut before its extension. Folders of more than
    FOLDER_MAX are cut by a rule of their own, so the files of a folder stay together.
    """
    return made_safe(raw, {})


def made_safe(raw: str, known: dict[str, str]) -> str:
    """Returns the safe name. `known` are the safe folders by the raw ones, and gets those of this
    name."""
    folder, slash, last = raw.rpartition("/")
    if not slash:
        safe = ""
    elif folder in known:
        safe = known[folder]
    else:
        safe = known[folder] = safe_folders(folder)
    if _PLAIN.fullmatch(last):
        name = raw if safe == folder else f"{safe}/{last}"
        if len(name) <= PATH_MAX and name.isascii():
            return name
    elif "\\" in last:
        return made_safe(raw.replace("\\", "/"), known)
    elif not raw:
        return _FALLBACK
    last = _VMS_VERSION.sub("_", _safe_component(last))
    name = f"{safe}{slash}{last}"
    if 2 * len(name) <= PATH_MAX and 4 * len(last) <= COMPONENT_MAX:
        return name  # no need to count exactly: a character has at most 2 code units, and 4 bytes
    return f"{safe}{slash}{_fitted(last, _room(safe, slash))}"


def _safe_component(text: str) -> str:
    text = _ended(_FORBIDDEN.sub("_", text)) or "_"
    device = _DEVICE.match(text)
    return f"{device[1]}_{text[device.end() :]}" if device else text


def _ended(text: str) -> str:
    return _ENDING.sub(lambda found: "_" * len(found[0]), text)


def safe_folders(raw: str) -> str:
    """Returns the folders of a name. They depend on nothing else of the name, so that the files of
    a folder stay together."""
    components = map(_safe_component, SEPARATORS.split(raw))
    path = "/".join(
        one if _bytes(one) <= COMPONENT_MAX else _marked(one, COMPONENT_MAX) for one in components
    )
    return path if _units(path) <= FOLDER_MAX else _marked(path, FOLDER_MAX)


def _marked(path: str, units: int) -> str:
    """Returns the path cut to this many UTF-16 code units, and its last component to COMPONENT_MAX
    bytes. A digest of the whole takes the place of the rest: two folders do not become one."""
    mark = f"~{sha256(path.encode()).hexdigest()[:_DIGEST]}"
    above, slash, last = _cut(path, units - len(mark)).rpartition("/")
    return f"{above}{slash}{_cut(last, units, COMPONENT_MAX - len(mark))}{mark}"


def numbered(name: str, number: int) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{_fitted(last, _room(folder, slash), f' ({number})')}"


def ending_in(name: str, ending: str, room: int = PATH_MAX) -> str:
    """Returns a safe name of a file in no folder, with this ending and cut before it. It has at
    most `room` UTF-16 code units."""
    whole = name + ending
    if _units(whole) <= room and _bytes(whole) <= COMPONENT_MAX:
        return whole
    # What comes before the cut may end with dots or spaces, or look like a version, only now.
    stem = _cut(name, room - _units(ending), COMPONENT_MAX - _bytes(ending))
    return _VMS_VERSION.sub("_", _ended(stem)) + ending


def _room(folder: str, slash: str) -> int:
    """Returns how many UTF-16 code units a file's own name may have in this folder."""
    return PATH_MAX - _units(folder) - len(slash)


def _fitted(component: str, room: int, suffix: str = "") -> str:
    """Returns the file's own name with a suffix before its extension, cut before both."""
    stem, extension = _split_extension(component)
    return ending_in(stem, suffix + extension, room)


def _split_extension(component: str) -> tuple[str, str]:
    """Returns ("report", ".pdf"): the extension has its dot, and is empty if there is none."""
    stem, dot, extension = component.rpartition(".")
    if not stem or _bytes(extension) > _EXTENSION_MAX:
        return component, ""
    return stem, dot + extension


def without_extension(name: str) -> str:
    """Returns the name of a file without its extension, if it has one."""
    return _split_extension(name)[0]


def beginning(name: str, units: int) -> str:
    """Returns the beginning of a safe name: at most so many UTF-16 code units."""
    return _cut(name, units)


def _cut(text: str, units: int, size: int | None = None) -> str:
    """Returns the beginning of the text: at most so many UTF-16 code units, and bytes in UTF-8."""
    text = text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")
    return text.encode()[:size].decode(errors="ignore")


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
