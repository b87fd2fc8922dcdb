"""A plan: the exact byte layout of an archive, known before a byte moves. Pure.

`layout` makes plans. This module has the types that a plan is made of.
"""

from dataclasses import dataclass

from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member


@dataclass(frozen=True, slots=True)
class Entry:
    """A source file's place in an archive.

    `size` counts bytes, `modified` is Unix time in seconds. `crc32` is None while it is not known.
    If `in_s3` is true, S3 knows it, and the worker that writes the entry's header asks S3. Else the
    worker that streams the entry computes it.

    `version` is the version id that the bytes are read from; None: the bucket has no versions.
    `encoding` is the object's Content-Encoding, if it has one: the bytes are kept as they are.
    `copy` is the key of a copy of ours in the archive bucket, which the bytes are read from instead
    (then `etag` is the copy's): the file itself changed while its job ran.
    """

    name: str
    key: str
    etag: str
    size: int
    crc32: int | None
    modified: int
    in_s3: bool = False
    version: str | None = None
    encoding: str | None = None
    copy: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether the CRC-32 is known, or S3 knows it: nobody has to read the file for it."""
        return self.crc32 is not None or self.in_s3

    @property
    def member(self) -> Member:
        return Member(self.name.encode(), self.size, self.modified)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload: bytes [start, start + length) of the archive.

    `copied` is the index of the entry that the whole part is copied from, None for a streamed part.
    """

    number: int
    start: int
    length: int
    copied: int | None = None

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of parts that one worker invocation builds: parts[first_part:end_part] of the plan,
    which need entries[first_entry:end_entry].

    `start` is where the segment begins in the archive. It has `bytes` bytes, of which S3 copies
    `copied` from source files. `files` counts the entries whose last byte is in it. `unknown`: the
    segment holds a header whose CRC-32 becomes known only while the segment is built. In a nested
    plan, `joins` are the parts of the archive's upload that S3 copies the segment's object into;
    else it is empty.
    """

    first_part: int
    end_part: int
    first_entry: int
    end_entry: int
    start: int
    bytes: int
    copied: int
    files: int
    unknown: bool
    joins: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact layout of one archive.

    `offsets[i]` is where entry i's header begins. The last segment is the final one: it ends with
    the tail, which begins at `tail_start`. `size` is the archive's length in bytes.

    A plan is nested if one upload has too few parts. Then each segment but the final one is built
    as an object of its own, whose parts are numbered from 1, and S3 copies that object into the
    archive's upload.
    """

    form: Format
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    nested: bool
    tail_start: int
    size: int


def data_offset(form: Format, entry: Entry, offset: int) -> int:
    """Returns where the entry's own bytes begin. Its header begins at `offset`."""
    return offset + form.header_length(entry.member)


def extent(form: Format, entry: Entry) -> int:
    """Returns how many bytes the entry takes: header, its own bytes, padding."""
    return form.header_length(entry.member) + entry.size + form.padding(entry.size)
