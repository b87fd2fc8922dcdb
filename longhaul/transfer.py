"""Bringing an archive home: through cuts, across runs of the program, under its final name at last.

While it is not whole it lies beside its place, in `NAME.DIGEST.part`. The digest names what exactly
is being downloaded (the job, the object's ETag, its size), so that another run goes on with just
this, and an archive that was built anew begins anew.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from longhaul import archive
from longhaul.answers import Job
from longhaul.archive import Manifest, Tick
from longhaul.client import Client
from longhaul.errors import BrokenArchive, CannotSave
from longhaul.ranges import Changed, Remote, Source

_BEGINNINGS_MAX: Final = 3
"""How often a download may have to begin anew before it is given up."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A whole archive on this disk. `was_there`: no byte of it had to come."""

    path: Path
    size: int
    manifest: Manifest
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Ticks:
    """Who is told how far it is: with the bytes that have come, and with those that are checked."""

    download: Tick | None = None
    check: Tick | None = None


SILENT: Final = Ticks()


def download(
    client: Client,
    job: Job,
    output: str | Path = ".",
    *,
    force: bool = False,
    ticks: Ticks = SILENT,
) -> Saved:
    """Downloads a job's archive, checks every byte of it, and only then puts it in its place.

    `output` is a file, or a folder, in which the archive gets the name that the API tells. A file
    that is there already stays, but for `force`; if it is this very archive, that is as good.
    Raises errors of `longhaul.errors`.
    """
    output = Path(output)
    for _ in range(_BEGINNINGS_MAX):
        if found := _found(output, job, force=force, ticks=ticks):
            return found
        source = Source(client, job.job_id)
        try:
            remote = looked_up(source, job)
            path = output / remote.name if output.is_dir() else output
            if path != output and (found := _found(path, job, force=force, ticks=ticks)):
                return found
            part = _part(path, job, remote)
            with _writing(path):
                is_resumed = _fill(part, source, remote, ticks.download)
        except Changed:
            continue
        try:
            manifest = archive.check(part, ticks.check)
        except BrokenArchive as error:
            if is_resumed:  # This machine may have crashed before all was on its disk.
                part.unlink()
                continue
            kept = part.replace(path.with_name(f"{path.name}.broken"))
            raise BrokenArchive(f"{error} It is kept as {kept}.") from error
        check_place(path, force=force)
        with _writing(path):
            part.replace(path)
        return Saved(path, remote.size, manifest)
    raise BrokenArchive("The archive was another one each time that a part of it had come.")


def stream(client: Client, job: Job, sink: BinaryIO, tick: Tick | None = None) -> None:
    """Writes a job's archive to an open file, once and in order, and checks nothing but its size.

    Raises errors of `longhaul.errors`, and OSError if it cannot be written.
    """
    source = Source(client, job.job_id)
    try:
        source.copy(looked_up(source, job), sink.write, 0, tick)
    except Changed:
        raise BrokenArchive("The archive was built anew while it was downloaded.") from None
    sink.flush()


def check_place(output: Path, *, force: bool) -> None:
    """Raises CannotSave if no archive can be saved there, as far as can be told now."""
    if output.is_dir():
        return
    if not output.parent.is_dir():
        raise CannotSave(f"There is no folder {output.parent}.")
    if output.exists() and not output.is_file():
        raise CannotSave(f"{output} is not a file.")
    if output.exists() and not force:
        raise CannotSave(f"{output} is there already.")


def looked_up(source: Source, job: Job) -> Remote:
    """What S3 has. Raises BrokenArchive if that is not as large as what the job made."""
    remote = source.look()
    if job.result and job.result.file_size != remote.size:
        raise BrokenArchive(
            f"The archive has {remote.size} bytes in S3, and the job made {job.result.file_size}."
        )
    return remote


def _found(path: Path, job: Job, *, force: bool, ticks: Ticks) -> Saved | None:
    """The job's archive, if it is there whole. Raises CannotSave if another thing is."""
    if path.is_file() and not force and job.result:
        size = path.stat().st_size
        # Not always this job's own: its key names the job that it was built for.
        maker = PurePosixPath(job.result.s3_key).stem
        if size == job.result.file_size and archive.made_by(path) == maker:
            try:
                return Saved(path, size, archive.check(path, ticks.check), was_there=True)
            except BrokenArchive as error:
                raise CannotSave(f"{path} is there already, but broken.") from error
    check_place(path, force=force)
    return None


def _part(path: Path, job: Job, remote: Remote) -> Path:
    """Where the archive lies until it is whole. What is left of others goes."""
    identity = json.dumps([job.job_id, remote.etag, remote.size])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    part = path.with_name(f"{path.name}.{digest}.part")
    outdated = re.compile(re.escape(path.name) + r"\.[0-9a-f]{12}\.part")
    for other in path.parent.iterdir():
        if other != part and outdated.fullmatch(other.name):
            other.unlink(missing_ok=True)
    return part


def _fill(part: Path, source: Source, remote: Remote, tick: Tick | None) -> bool:
    """Downloads what is lacking. Tells whether some of it was there from another run."""
    with part.open("r+b" if part.exists() else "x+b") as file:
        start = file.seek(0, os.SEEK_END)
        if start > remote.size:
            start = file.truncate(0)
        file.seek(start)
        free = shutil.disk_usage(part.parent).free
        if free < remote.size - start:
            raise CannotSave(
                f"{part.parent} has {free} bytes left, and {remote.size - start} are to come."
            )
        source.copy(remote, file.write, start, tick)
        file.flush()
        os.fsync(file.fileno())
    return start > 0


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotSave(f"Cannot write {path}: {error.strerror or error}.") from error
