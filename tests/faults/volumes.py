"""Reads what a completed job has made: one archive, or several whose files were split, and the
index beside a tar."""

import csv
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest
from tests.faults import gzips, tars, zips
from tests.faults.held import Held
from tests.faults.stored import Stored

_FRAME: Final = 30  # bytes around what a gzip member has
_WORTH: Final = 0.7
"""A file that zlib makes smaller than this share of it must not be stored as it is."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One of the archives: its key, and the files in it."""

    key: str
    size: int
    held: list[Held]


@dataclass(frozen=True, slots=True)
class Volumes:
    """All archives of a job, in order. `manifest` is the last entry of the last one."""

    each: list[Volume]
    manifest: dict[str, Any]

    @property
    def files(self) -> list[tuple[int, Held]]:
        """Every file with the number of its archive, in order; not the manifest."""
        return [(n, one) for n, volume in enumerate(self.each, 1) for one in volume.held][:-1]

    @property
    def last(self) -> Held:
        """The manifest as a file."""
        return self.each[-1].held[-1]

    @property
    def size(self) -> int:
        """How many bytes all archives have."""
        return sum(volume.size for volume in self.each)


def keys(job: Job) -> list[str]:
    """Returns the keys of a job's archives, in order."""
    before = (places.archive(job.home, job.format, n) for n in range(1, job.archives))
    return [*before, job.archive_key]


def indexes(job: Job) -> list[str]:
    """Returns the keys of what stands beside the archives."""
    return [f"{key}.index" for key in keys(job)] if job.format == "tar" else []


def read(objects: Mapping[str, Stored], job: Job) -> Volumes:
    """Returns what a completed job has made. Raises Broken, and KeyError for an archive that is not
    there."""
    each = [Volume(key, len(body), _held(job.format, body)) for key, body in _bodies(objects, job)]
    held = [one for volume in each for one in volume.held]
    return Volumes(each, json.loads(held[-1].content) if held else {})


def wrong(
    objects: Mapping[str, Stored], job: Job, request: ExportRequest, volumes: Volumes
) -> Iterator[str]:
    """Yields what is wrong with the archives, whatever files they have."""
    for volume in volumes.each:
        if request.split and volume.size > request.split:
            yield f"{volume.key} has {volume.size} bytes, and {request.split} are the most"
        if job.format == "tar":
            yield from _wrong_index(objects.get(f"{volume.key}.index"), volume)
        for one in volume.held if volume is not volumes.each[-1] else volume.held[:-1]:
            yield from _wrong_size(one, job, request)
    if len(volumes.each) > 1 and not all(volume.held for volume in volumes.each):
        yield "one of several archives is empty"
    if job.format == "tar.gz":
        for volume in volumes.each:
            yield from _wrong_whole(volume, objects[volume.key].body, request, volumes.last)


def _bodies(objects: Mapping[str, Stored], job: Job) -> Iterator[tuple[str, bytes]]:
    for key in keys(job):
        yield key, objects[key].body


def _held(form: str, body: bytes) -> list[Held]:
    match form:
        case "zip":
            return zips.read(body)
        case "tar":
            return tars.read(body)
        case _:
            return tars.read(gzips.read(body))


def _wrong_index(stored: Stored | None, volume: Volume) -> Iterator[str]:
    """Yields what is wrong with the index of a tar: each row leads to a file."""
    if stored is None:
        yield f"{volume.key} has no index"
        return
    rows = list(csv.reader(io.StringIO(stored.body.decode())))
    if len(rows) != len(volume.held):
        yield f"the index of {volume.key} has {len(rows)} of {len(volume.held)} files"
        return
    for row, held in zip(rows, volume.held, strict=True):
        said = f"{zlib.crc32(held.content):08x}@{held.at}"
        expected = [held.name, str(held.data), str(len(held.content)), said]
        if row != expected:
            yield f"the index of {volume.key} says {row} instead of {expected}"


def _wrong_size(held: Held, job: Job, request: ExportRequest) -> Iterator[str]:
    """Yields what is wrong with how a file was compressed by itself."""
    size = len(held.content)
    if job.format == "tar.gz":
        return
    most = size if request.compressing == "none" else _longest(size)
    if held.stored > most or (request.compressing == "none" and held.stored != size):
        yield f"{held.name} takes {held.stored} bytes, and has {size}"
    if request.compressing == "deflate" and held.stored == size > 0:
        possible = len(zlib.compress(held.content))
        if possible < size * _WORTH:
            yield f"{held.name} takes {size} bytes, and could take {possible}"


def _wrong_whole(volume: Volume, body: bytes, request: ExportRequest, last: Held) -> Iterator[str]:
    """Yields what is wrong with how a tar was compressed. It must be one member: some readers take
    only the first one. Its tail, which begins with the manifest, is stored as it is."""
    whole, *more = gzips.members(body)
    if more:
        yield f"{volume.key} has {1 + len(more)} members"
    files = [held for held in volume.held if held is not last]
    each = [
        whole[held.at : held.data + -(-held.stored // tars.BLOCK) * tars.BLOCK] for held in files
    ]
    tail = len(whole) - sum(map(len, each))
    most = _longest(sum(map(len, each)))
    if request.compressing == "deflate":
        # The least level of zlib makes up to half more of the same bytes.
        most = min(most, _longest(sum(len(zlib.compress(one, 1)) for one in each) * 3 // 2))
    most += _FRAME * (1 + len(each))
    if len(body) - tail > most:
        yield f"{volume.key} takes {len(body)} bytes, {tail} of its tail, and {most} would do"


def _longest(size: int) -> int:
    """Returns how many bytes deflate may make of so many that it cannot make fewer. All is read in
    pieces of a few hundred bytes here, and its blocks are as small."""
    return size + size // 20 + 60
