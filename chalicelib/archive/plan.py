"""A plan: the exact byte layout of an archive, known before a byte moves. Pure.

`layout` makes plans. This module has the types that a plan is made of.
"""

from dataclasses import dataclass

from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.sums import NO_SUM, Sum
from chalicelib.archive.zip_format import UINT32_MAX


@dataclass(frozen=True, slots=True)
class Packed:
    """What is known of a run of files that stand in a pack, header and all, as the archive will
    have them (pipeline/packing.py).

    `files` counts them. `lines` is the length of their lines in the manifest, each of which follows
    another one. `records` is the length of their records in the directory, and `far` is that with
    places of 64 bits. `sum` is of the bytes before they were compressed, if they were as a whole.
    The rows [first, end) of the object `rows` say what the lines and records
    are made of. `size` counts the bytes of the whole pack.
    """

    files: int
    lines: int
    records: int
    far: int
    rows: str
    first: int
    end: int
    size: int
    sum: Sum = NO_SUM


@dataclass(frozen=True, slots=True)
class Entry:
    """A source file's place in an archive, or that of a run of files which are packed already.

    `size` counts bytes, `modified` is Unix time in seconds. `crc32` is None while it is not known.
    If `in_s3` is true, S3 knows it, and the worker that writes the entry's header asks S3. Else the
    worker that streams the entry computes it.

    `version` is the version id that the bytes are read from; None: the bucket has no versions.
    `encoding` is the object's Content-Encoding, if it has one: the bytes are kept as they are.
    `copy` is the key of a copy of ours in the archive bucket, which the bytes are read from instead
    (then `etag` is the copy's): the file itself changed while its job ran.

    A run of packed files has `packed`, no name, and a pack as its `copy`, in which it begins `at`.
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
    at: int = 0
    packed: Packed | None = None

    @property
    def files(self) -> int:
        """How many files of the archive it stands for."""
        return self.packed.files if self.packed else 1

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
class Volume:
    """One of several archives, but not the last one: it has no manifest. One segment is all of it.

    Its tail begins at `tail_start`, it has `size` bytes. The last `closing` parts of its segment
    are what is left of the body after the last cut, and the tail.
    """

    tail_start: int
    size: int
    closing: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact layout of one archive.

    `offsets[i]` is where entry i's header begins. The last segment is the final one: it ends with
    the tail, which begins at `tail_start`. `size` is the archive's length in bytes.

    A plan is nested if one upload has too few parts. Then each segment but the final one is built
    as an object of its own, whose parts are numbered from 1, and S3 copies that object into the
    archive's upload.

    The files of a plan may go to several archives. Then its first segments are whole archives, each
    of which has a volume: segment i is archive i + 1. The other segments, `tail_start` and `size`
    are those of the last archive. Offsets and numbers of parts begin anew in each of them.
    """

    form: Format
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    nested: bool
    tail_start: int
    size: int
    volumes: tuple[Volume, ...] = ()

    @property
    def total(self) -> int:
        """How many bytes all archives have."""
        return self.size + sum(volume.size for volume in self.volumes)


def data_offset(form: Format, entry: Entry, offset: int) -> int:
    """Returns where the entry's own bytes begin. Its header begins at `offset`."""
    return offset + (0 if entry.packed else form.header_length(entry.member))


def padding(form: Format, entry: Entry) -> int:
    """Returns how many zero bytes follow the entry's own bytes."""
    return 0 if entry.packed else form.padding(entry.size)


def extent(form: Format, entry: Entry) -> int:
    """Returns how many bytes the entry takes: header, its own bytes, padding."""
    return data_offset(form, entry, 0) + entry.size + padding(form, entry)


def record_length(form: Format, entry: Entry, offset: int) -> int:
    """Returns the length of the entry's record in the directory, or of the records of its run.
    The entry begins at `offset`."""
    if entry.packed is None:
        return form.record_length(entry.member, offset)
    return entry.packed.far if is_far(entry, offset) else entry.packed.records


def is_far(entry: Entry, offset: int) -> bool:
    """Returns whether the files of a run that begins at `offset` have places of 64 bits: all of
    them have, if one of them may need it."""
    return offset + entry.size >= UINT32_MAX
