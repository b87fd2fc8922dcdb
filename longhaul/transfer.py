"""Downloads an archive, checks it, and gives it its final name. Resumes interrupted downloads.

Until the archive is whole and checked, it is in the partial file `NAME.DIGEST.part`, beside its
final place. The digest identifies the download: the job, the object's ETag and its size. So another
run resumes the same download, and an archive that was built again starts a new one.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from longhaul import archive
from longhaul.answers import Job
from longhaul.archive import Manifest
from longhaul.client import Client
from longhaul.entries import Tick
from longhaul.errors import BrokenArchive, CannotSave
from longhaul.ranges import Changed, Facts, StoredArchive

_STARTS_MAX: Final = 3
"""How often a download may start again before it fails."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A whole, checked archive on this disk. `size` is in bytes.

    `was_there` is True if the archive was on the disk before, so that nothing was downloaded.
    `archive` is its number, if the job has several, and `manifest` is then that of all.
    """

    path: Path
    size: int
    manifest: Manifest
    was_there: bool = False
    archive: int = 1

    @property
    def files(self) -> int:
        """How many files are in this archive."""
        return sum(file.archive in (None, self.archive) for file in self.manifest.files)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Progress callbacks: one for the downloaded bytes, one for the checked bytes."""

    download: Tick | None = None
    check: Tick | None = None


SILENT: Final = Ticks()


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is to be saved: the job's archive; or one of several, with its number. `size` is how
    many bytes it must have; None: nobody has said it. `manifest` is that of the last archive, for
    the others: they have none."""

    job: Job
    size: int | None
    number: int | None = None
    manifest: Manifest | None = None

    def checked(self, path: Path, tick: Tick | None) -> Manifest:
        """Reads every byte of a file that is to be this archive. Returns the manifest. Raises
        BrokenArchive."""
        if self.manifest is None or self.number is None:
            return archive.check(path, tick, number=self.number)
        archive.check_volume(path, self.manifest, self.number, tick)
        return self.manifest


def download(
    client: Client,
    job: Job,
    output: str | Path = ".",
    *,
    force: bool = False,
    ticks: Ticks = SILENT,
) -> Saved:
    """Downloads a job's archive, checks every byte, and only then moves it to its final place.

    `output` is a file or a folder. In a folder, the archive gets the name that the API sends. An
    existing file is replaced only with `force`. If it is this same archive, nothing is downloaded.
    A text that ends in a slash is a folder, which must be there. Raises errors of
    `longhaul.errors`; CannotSave also if the job has several archives (see `download_all`).
    """
    if job.archives > 1:
        raise CannotSave(f"The job has {job.archives} archives, and all of them are needed.")
    goal = _Goal(job, job.result.file_size if job.result else None)
    return _saved(client, goal, _place(output), force=force, ticks=ticks)


def download_all(
    client: Client,
    job: Job,
    output: str | Path = ".",
    *,
    force: bool = False,
    ticks: Ticks = SILENT,
) -> Iterator[Saved]:
    """Downloads all archives of a job as `download` does, and yields each when it is there: the
    last one first, as it has the manifest of all, then the others in their order.

    If there are several, `output` is a folder, in which each has its own name. Raises what
    `download` raises. To call it again goes on after the last archive that is whole.
    """
    if job.archives == 1:
        yield download(client, job, output, force=force, ticks=ticks)
        return
    folder = _place(output)
    if not folder.is_dir():
        raise CannotSave(
            f"The job has {job.archives} archives: they go to a folder, and {folder} is none."
        )
    *others, last = client.archives(job.job_id)
    goal = _Goal(job, last.size, last.archive)
    saved = _saved(client, goal, folder, force=force, ticks=ticks)
    yield saved
    for one in others:
        goal = _Goal(job, one.size, one.archive, saved.manifest)
        yield _saved(client, goal, folder, force=force, ticks=ticks)


def _saved(client: Client, goal: _Goal, output: Path, *, force: bool, ticks: Ticks) -> Saved:
    """Returns the archive when it is there. `output` is a file or a folder. Raises what `download`
    raises."""
    for _ in range(_STARTS_MAX):
        if saved := _already_saved(output, goal, force=force, ticks=ticks):
            return saved
        stored = StoredArchive(client, goal.job.job_id, goal.number)
        try:
            facts = _checked_facts(stored, goal.size)
            path = output / facts.name if output.is_dir() else output
            if path != output and (saved := _already_saved(path, goal, force=force, ticks=ticks)):
                return saved
            partial = _partial_file(path, goal.job, facts)
            with _disk_errors(path):
                is_resumed = _download_rest(partial, stored, facts, ticks.download)
        except Changed:
            continue
        with _disk_errors(path):
            saved = _placed(partial, path, goal, force=force, ticks=ticks, is_resumed=is_resumed)
        if saved:
            return saved
    raise BrokenArchive("The archive in S3 changed during each download.")


def stream(client: Client, job: Job, sink: BinaryIO, tick: Tick | None = None) -> None:
    """Writes a job's archive to an open file, each byte once and in order. Checks only the size.

    Raises errors of `longhaul.errors`, and OSError if the file cannot be written.
    """
    if job.archives > 1:
        raise CannotSave(f"The job has {job.archives} archives, which are not one file.")
    stored = StoredArchive(client, job.job_id)
    try:
        size = job.result.file_size if job.result else None
        stored.copy(_checked_facts(stored, size), sink.write, 0, tick)
    except Changed:
        raise BrokenArchive("The archive in S3 changed during the download.") from None
    sink.flush()


def check_output(output: str | Path, *, force: bool) -> None:
    """Raises CannotSave if it is clear before an export that its archive cannot be saved there. To
    know whether the folder takes files, it makes one there that is gone at once."""
    place = _place(output)
    check_place(place, force=force)
    folder = place if place.is_dir() else place.parent
    with _disk_errors(place), tempfile.TemporaryFile(dir=folder):
        pass


def check_place(output: Path, *, force: bool) -> None:
    """Raises CannotSave if another thing is there, or if it is in no folder."""
    if output.is_dir():
        return
    if not output.parent.is_dir():
        raise CannotSave(f"There is no folder {output.parent}.")
    if output.exists() and not output.is_file():
        raise CannotSave(f"{output} is not a file.")
    if output.exists() and not force:
        raise CannotSave(f"{output} exists already.", is_replaceable=True)


def _place(output: str | Path) -> Path:
    """Returns where an archive goes. Raises CannotSave if that is a folder which is not there: a
    file of that name would be a surprise."""
    place = Path(output)
    if str(output).endswith((os.sep, os.altsep or os.sep)) and not place.is_dir():
        raise CannotSave(f"There is no folder {place}.")
    return place


def _checked_facts(stored: StoredArchive, size: int | None) -> Facts:
    """Returns what S3 says about the archive. Raises BrokenArchive if the size is wrong."""
    facts = stored.facts()
    if size not in (None, facts.size):
        raise BrokenArchive(f"The archive has {facts.size} bytes in S3, but the job built {size}.")
    return facts


def _already_saved(path: Path, goal: _Goal, *, force: bool, ticks: Ticks) -> Saved | None:
    """Returns the archive if it is at this path. Raises CannotSave for any other file."""
    if path.is_file() and not force and (manifest := _manifest_of(path, goal, ticks)):
        size = path.stat().st_size
        return Saved(path, size, manifest, was_there=True, archive=goal.number or 1)
    check_place(path, force=force)
    return None


def _manifest_of(path: Path, goal: _Goal, ticks: Ticks) -> Manifest | None:
    """Returns the manifest if this file is the archive; None if it is another one. Raises
    CannotSave if it is the archive, and broken."""
    result = goal.job.result
    if result is None or path.stat().st_size != goal.size:
        return None
    # An earlier job may have built the archive. Its S3 key contains that job's id.
    builder = PurePosixPath(result.s3_key).name.partition(".")[0]
    known = None if goal.manifest else archive.job_id_of(path)
    if known not in (None, builder):
        return None
    try:
        manifest = goal.checked(path, ticks.check)
    except BrokenArchive as error:
        if known is None:
            return None  # nobody knows which archive it was
        raise CannotSave(f"{path} exists already, but is broken.", is_replaceable=True) from error
    return manifest if manifest.job_id == builder else None


def _partial_file(path: Path, job: Job, facts: Facts) -> Path:
    """Returns the path of the partial file. Deletes those of other downloads to the same place."""
    identity = json.dumps([job.job_id, facts.etag, facts.size])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    partial = path.with_name(f"{path.name}.{digest}.part")
    outdated = re.compile(re.escape(path.name) + r"\.[0-9a-f]{12}\.part")
    for other in path.parent.iterdir():
        if other != partial and outdated.fullmatch(other.name):
            other.unlink(missing_ok=True)
    return partial


def _placed(  # noqa: PLR0913 - what `download` knows
    partial: Path, path: Path, goal: _Goal, *, force: bool, ticks: Ticks, is_resumed: bool
) -> Saved | None:
    """Checks the partial file, and moves it to its place. Returns None if the download has to start
    again. Another process may download the same archive to the same place: then it writes the same
    bytes to the same partial file, and the first one to have them moves it."""
    try:
        manifest = goal.checked(partial, ticks.check)
        if saved := _already_saved(path, goal, force=force, ticks=ticks):
            partial.unlink(missing_ok=True)
            return saved
        size = partial.stat().st_size
        partial.replace(path)
    except FileNotFoundError:
        return None  # That process has moved it.
    except BrokenArchive as error:
        if is_resumed:  # A crash of this machine may have damaged the bytes of the earlier run.
            partial.unlink(missing_ok=True)
            return None
        kept = partial.replace(path.with_name(f"{path.name}.broken"))
        raise BrokenArchive(f"{error} It is kept as {kept}.") from error
    except CannotSave as error:
        words = f"{error} The archive is kept as {partial}."
        raise CannotSave(words, is_replaceable=error.is_replaceable) from error
    return Saved(path, size, manifest, archive=goal.number or 1)


def _download_rest(partial: Path, stored: StoredArchive, facts: Facts, tick: Tick | None) -> bool:
    """Downloads the bytes that are not in the partial file. Returns whether it had some before."""
    with partial.open("r+b" if partial.exists() else "x+b") as file:
        start = file.seek(0, os.SEEK_END)
        if start > facts.size:
            start = file.truncate(0)
        file.seek(start)
        free = shutil.disk_usage(partial.parent).free
        if free < facts.size - start:
            raise CannotSave(
                f"{partial.parent} has {free} bytes free; the download needs {facts.size - start}."
            )
        stored.copy(facts, file.write, start, tick)
        file.flush()
        os.fsync(file.fileno())
    return start > 0


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotSave(f"Cannot write {path}: {error.strerror or error}.") from error
