"""A plan: the exact byte layout of an archive, known before a byte moves. Pure.

`layout` makes it; what is here are its facts.
"""

from dataclasses import dataclass

from chalicelib.archive import format as zip_format


@dataclass(frozen=True, slots=True)
class Entry:
    """A source file's place in an archive.

    `size` counts bytes, `modified` is Unix time in seconds. `crc32` is None where it is not known
    yet: with `in_s3` S3 has it, and is asked for it by who writes the entry's header; without, who
    streams the entry finds it out.
    """

    name: str
    key: str
    etag: str
    size: int
    crc32: int | None
    modified: int
    in_s3: bool = False

    @property
    def is_known(self) -> bool:
        """Whether its CRC-32 is to be had without its bytes."""
        return self.crc32 is not None or self.in_s3

    @property
    def member(self) -> zip_format.Member:
        return zip_format.Member(self.name.encode(), self.size, self.modified)


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

    `start` is where it begins in the archive. `files` counts the entries whose last byte is in it;
    `unknown` says that CRC-32s of entries whose headers are in it are found out as it is built.
    In a nested plan, `joins` are the parts of the archive's upload that the segment's object is
    copied into; else it is empty.
    """

    first_part: int
    end_part: int
    first_entry: int
    end_entry: int
    start: int
    bytes: int
    files: int
    unknown: bool
    joins: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact layout of one archive.

    `offsets[i]` is where entry i's local header begins. The last segment is the final one: it ends
    with the tail, which begins at `tail_start`. `size` is the archive's length in bytes.

    Where one upload's parts do not suffice the plan is nested: each segment but the final one is
    built as an object of its own, whose parts are numbered from 1, and that is then copied into the
    archive's upload.
    """

    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    nested: bool
    tail_start: int
    size: int


def data_offset(entry: Entry, offset: int) -> int:
    """Where the entry's own bytes begin, its local header beginning at `offset`."""
    return offset + zip_format.local_header_length(entry.member)
