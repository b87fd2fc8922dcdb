"""Checks a downloaded archive: every CRC-32, and that it matches its manifest."""

import zipfile
from pathlib import Path

import msgspec

from longhaul import answers, entries
from longhaul.answers import Answer, Skipped
from longhaul.entries import Entry, Found, Tick
from longhaul.errors import BrokenArchive


class Listed(Answer, frozen=True):
    """A file as the manifest lists it. `crc32` has eight hex digits. `archive` is the number of the
    archive that it is in, from 1; None: there is one archive."""

    name: str
    size: int
    crc32: str
    archive: int | None = None


class Manifest(Answer, frozen=True):
    """The last entry of an archive; of several archives, of the last one. It lists the files that
    the archives should hold, and those that were asked for and are not in them."""

    job_id: str
    files: tuple[Listed, ...]
    missing: tuple[int | str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        if not self.skipped:  # An older archive names the missing files alone.
            msgspec.structs.force_setattr(self, "skipped", answers.skipped_of(self.missing))


def check(path: Path, tick: Tick | None = None, *, number: int | None = None) -> Manifest:
    """Reads every byte of the archive, and returns its manifest. Of several archives it is the last
    one, and `number` is how many there are.

    Raises BrokenArchive, which says what is wrong.
    """
    try:
        found = entries.read(path, tick)
        manifest = answers.read(found.manifest or b"", Manifest)
    except entries.UNREADABLE as error:
        raise BrokenArchive(f"The archive is broken: {_words(error)}.") from error
    _compare(found, manifest, number)
    return manifest


def check_volume(path: Path, manifest: Manifest, number: int, tick: Tick | None = None) -> None:
    """Reads every byte of archive `number` of several, which is not the last one. `manifest` is in
    the last one. Raises BrokenArchive, which says what is wrong."""
    try:
        found = entries.read(path, tick, has_manifest=False)
    except entries.UNREADABLE as error:
        raise BrokenArchive(f"The archive is broken: {_words(error)}.") from error
    _compare(found, manifest, number)


def job_id_of(path: Path) -> str | None:
    """Returns the id of the job that built a ZIP; None if Longhaul did not build it, or if it is no
    ZIP: to find the manifest of another archive, all of it must be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return answers.read(archive.read(entries.manifest_of(archive)), Manifest).job_id
    except (OSError, *entries.UNREADABLE):
        return None


def _compare(found: Found, manifest: Manifest, number: int | None) -> None:
    """Raises BrokenArchive if the archive does not hold what its manifest says. `number` is that of
    the archive; None: it is the last one there is."""
    if number is None:
        number = max((file.archive or 0 for file in manifest.files), default=0) or None
    files = [file for file in manifest.files if file.archive in (None, number)]
    listed = {Entry(file.name, file.size, file.crc32) for file in files}
    there = set(found.entries)
    if listed != there or len(files) != len(found.entries):
        name = min(listed ^ there, default=("its number of files",))[0]
        raise BrokenArchive(f"The archive and its manifest differ in {name!r}.")


def _words(error: BaseException) -> str:
    return str(error.args[0] if error.args else error).rstrip(".")
