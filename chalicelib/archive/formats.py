"""The formats of archives, and what the rest of this package asks of a format. Pure.

For each file, an archive has a header, the file's bytes, and padding. Then comes the tail: the
manifest as one more file, a directory with a record for each file, and the end. A format says what
these bytes are and how many. The lengths must follow from name, size, time and offset alone,
because the layout is made before any file is read. The directory may also stand beside the archive,
as an index of it.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from chalicelib.archive import tar_format, tar_gz, zip_format
from chalicelib.archive.member import Member
from chalicelib.archive.sums import Sum


class Format(Protocol):
    """A module that writes one format. All lengths and offsets count bytes."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """The name by which a stored plan knows the format."""

    @property
    def EXTENSION(self) -> str:  # noqa: N802 - a constant of the module
        """What the name of an archive ends in."""

    @property
    def MEDIA_TYPE(self) -> str:  # noqa: N802 - a constant of the module
        """The archive's Content-Type."""

    @property
    def BEGINNING(self) -> bytes:  # noqa: N802 - a constant of the module
        """What each archive begins with, before its first header."""

    @property
    def VERSION(self) -> int:  # noqa: N802 - a constant of the module
        """Raised whenever the module writes other bytes than before."""

    @property
    def COMPRESSES_HEADERS(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether an archive is compressed as a whole, so that its headers are, too."""

    @property
    def RECORDS_BESIDE(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether the directory's records are no part of the archive, but an index beside it."""

    def header(self, member: Member, crc32: int, /) -> bytes:
        """Returns the bytes before a file's own bytes."""

    def header_length(self, member: Member, /) -> int:
        """Returns the length of the header, whatever the CRC-32 is."""

    def padding(self, size: int, /) -> int:
        """Returns how many zero bytes follow a file of this size."""

    def record(self, member: Member, crc32: int, offset: int, /) -> bytes:
        """Returns the directory's record of a file whose header begins at `offset`; empty in a
        format without a directory."""

    def record_length(self, member: Member, offset: int, /) -> int:
        """Returns the length of the record, whatever the CRC-32 is."""

    def end(self, entries: int, directory_size: int, directory_offset: int, /) -> bytes:
        """Returns what follows the directory."""

    def end_length(self, entries: int, directory_size: int, directory_offset: int, /) -> int:
        """Returns the length of the end."""

    def wrapped(self, tail: Iterable[bytes], length: int, body: Sum, /) -> Iterator[bytes]:
        """Yields the tail as the archive has it. It comes in chunks, of `length` bytes together. A
        format that compresses all of an archive ends the compressed stream here; another one leaves
        the tail as it is. `body` is of all that came before, uncompressed."""

    def wrapped_length(self, length: int, /) -> int:
        """Returns the length of what `wrapped` yields."""


ZIP: Final[Format] = zip_format
TAR: Final[Format] = tar_format
TAR_GZ: Final[Format] = tar_gz

FORMATS: Final[dict[str, Format]] = {form.NAME: form for form in (ZIP, TAR, TAR_GZ)}
"""Every format by its name."""
