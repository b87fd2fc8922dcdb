"""What readers make of the name of a ZIP entry: the path that they write to.

Independent of the code under test. Each rule was read in the reader's own source, or in what was
reported about it:

- Windows itself: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
  and .../maximum-file-path-limitation (the limit for folders is in CreateDirectoryW's page)
- Explorer: refuses what Windows forbids, and a name that begins with "/" (sysnet.pe.kr/2/0/13388)
- CPython: `Lib/zipfile`, `_extract_member` and `_sanitize_windows_name`; the latter is run itself
- 7-Zip: `CPP/7zip/UI/Common/ExtractingFilePath.cpp`, `Correct_FsPath`
- Info-ZIP unzip 6.0: `unix/unix.c` and `win32/win32.c`, `mapname`
- .NET: `ArchivingUtils.SanitizeEntryFilePath` and `Path.GetFullPath`; the .NET Framework's
  `Path.TrimEndChars`
- libarchive: `archive_write_disk_windows.c`, `cleanup_pathname`; it composes names on Linux
- macOS: Archive Utility, ditto and unzip write the bytes of the name. APFS compares by Unicode's
  D145, HFS+ by Apple's TN1150
"""

import ntpath
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

TARGET = "C:\\Users\\" + "x" * 20 + "\\Downloads\\longhaul-5f0c5d0e\\"
"""A long folder that Explorer proposes: Windows' user names have at most 20 characters."""

_WIN32_FORBIDDEN = re.compile('[\x00-\x1f<>:"|?*\\\\/]')
_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789\xb9\xb2\xb3"
}
_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")

Path = tuple[str, ...]


class Lost(Exception):
    """The reader does not write the entry, or writes it to something else than a file."""


@dataclass(frozen=True)
class Reader:
    """`path` returns where the reader writes the entry of this name, below the target folder.
    Raises Lost. `same` returns the same text for two components that the file system takes for
    one."""

    name: str
    path: Callable[[str], Path]
    same: Callable[[str], str]


def clashes(reader: Reader, names: Iterable[str]) -> Iterator[str]:
    """Yields what goes wrong when the reader extracts an archive with these names."""
    written: dict[Path, str] = {}
    for name in names:
        try:
            path = tuple(map(reader.same, reader.path(name)))
        except Lost as lost:
            yield f"{reader.name}: {name!r}: {lost}"
            continue
        if path in written:
            yield f"{reader.name}: {name!r} overwrites {written[path]!r}"
        written[path] = name
    for path, name in written.items():
        for depth in range(1, len(path)):
            if path[:depth] in written:
                yield f"{reader.name}: {name!r} needs a folder at {written[path[:depth]]!r}"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _on_windows(components: Iterable[str]) -> Path:
    """What the Win32 functions make of a relative path."""
    path = tuple(components)
    if not path:
        raise Lost("no name")
    kept = []
    for component in path:
        if _WIN32_FORBIDDEN.search(component):
            raise Lost("a forbidden character")
        if component in {"", ".", ".."}:
            raise Lost("no name")
        component = component.rstrip(". ")  # noqa: PLW2901 - as Windows does
        if not component:
            raise Lost("nothing but dots and spaces")
        if component.partition(".")[0].rstrip(" ").upper() in _DEVICES:
            raise Lost("a device")
        if _length(component) > 255:
            raise Lost("a component of more than 255")
        kept.append(component)
    if _length(TARGET + "\\".join(kept)) > 259:
        raise Lost("a path of more than MAX_PATH")
    if _length(TARGET + "\\".join(kept[:-1])) > 247:
        raise Lost("a folder of more than MAX_PATH less 12")
    return tuple(kept)


def _upper(component: str) -> str:
    """NTFS and exFAT compare code unit by code unit, each as its capital."""
    return "".join(
        char.upper() if len(char.upper()) == 1 and char <= "\uffff" else char for char in component
    )


def _explorer(name: str) -> Path:
    return _on_windows(name.split("/"))


def _cpython_windows(name: str) -> Path:
    path = ntpath.splitdrive(name.replace("/", "\\"))[1]
    path = "\\".join(one for one in path.split("\\") if one not in {"", ".", ".."})
    path = zipfile.ZipFile._sanitize_windows_name(path, "\\")  # type: ignore[attr-defined]  # not public
    return _on_windows(path.split("\\"))


def _seven_zip_windows(name: str) -> Path:
    kept = []
    for component in name.split("/"):
        if component in {"", ".", ".."}:
            continue
        part = re.sub('[\x00-\x1f<>:"|?*]', "_", component).replace("\\", "\uf05c")
        body = part.rstrip(". ")
        part = body + "_" * (len(part) - len(body))
        if re.match(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|\Z)", part):
            part = f"_{part}"
        kept.append(part)
    return _on_windows(kept or ["_"])


def _unversioned(path: list[str]) -> list[str]:
    """unzip without -V drops what looks like a file's version on VMS."""
    return [*path[:-1], re.sub(r";[0-9]*\Z", "", path[-1])]


def _unzip_windows(name: str) -> Path:
    text = re.sub(r'[:\\<>|"?*]', "_", re.sub("[\x00-\x1f]", "", name.lstrip("/")))
    return _on_windows(one for one in _unversioned(text.split("/")) if one not in {"", ".", ".."})


def _dotnet(name: str) -> Path:
    text = re.sub('[\x00-\x1f?:*"<>|]', "_", name)
    path = ntpath.normpath(ntpath.join(TARGET, text.replace("/", "\\")))
    if not path.startswith(TARGET) or text.endswith("/"):
        raise Lost("outside of the folder")
    return _on_windows(path.removeprefix(TARGET).split("\\"))


def _dotnet_framework(name: str) -> Path:
    return tuple(one.rstrip("\t\n\v\f\r \x85\xa0") for one in _dotnet(name))


def _libarchive_windows(name: str) -> Path:
    text = re.sub('[:*?"<>|]', "_", name.replace("\\", "/"))
    if text.startswith("/") or ".." in text.split("/"):
        raise Lost("refused")
    return _on_windows(one for one in text.split("/") if one not in {"", "."})


def _java_windows(name: str) -> Path:
    if any(one.endswith(" ") for one in name.split("/")):
        raise Lost("InvalidPathException: Trailing char < >")
    return _on_windows(name.split("/"))


def _on_unix(components: Iterable[str]) -> Path:
    path = tuple(components)
    if not path or "" in path or {".", ".."} & set(path):
        raise Lost("no name")
    if any(len(one.encode()) > 255 for one in path):
        raise Lost("a component of more than NAME_MAX")
    if any("\0" in one for one in path):
        raise Lost("a name that ends too early")
    return path


def _unzip_unix(name: str) -> Path:
    kept = "".join(char for char in name.lstrip("/") if char >= " " and char != "\x7f")
    return _on_unix(one for one in _unversioned(kept.split("/")) if one not in {"", ".", ".."})


def _as_it_is(name: str) -> Path:
    return _on_unix(name.split("/"))


def _macos(name: str) -> Path:
    for char in name:
        if ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef":
            raise Lost("illegal byte sequence")
    return _unzip_unix(name)


def _apfs(component: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", component).casefold())


def _hfs(component: str) -> str:
    return _HFS_IGNORED.sub("", unicodedata.normalize("NFD", component)).lower()


def _composed(component: str) -> str:
    return unicodedata.normalize("NFC", component)


READERS = (
    Reader("Explorer", _explorer, _upper),
    Reader("zipfile on Windows", _cpython_windows, _upper),
    Reader("7-Zip on Windows", _seven_zip_windows, _upper),
    Reader("unzip on Windows", _unzip_windows, _upper),
    Reader(".NET on Windows", _dotnet, _upper),
    Reader("PowerShell 5 on Windows", _dotnet_framework, _upper),
    Reader("libarchive on Windows", _libarchive_windows, _upper),
    Reader("Java on Windows", _java_windows, _upper),
    Reader("macOS, APFS", _macos, _apfs),
    Reader("macOS, HFS+", _macos, _hfs),
    Reader("unzip on Linux", _unzip_unix, str),
    Reader("bsdtar on Linux", _as_it_is, _composed),
    Reader("others on Linux", _as_it_is, str),
)
