"""A second format, to show that nothing but a format's module knows what an archive looks like.

Plain ustar: a header of 512 bytes before each file, zeros behind it up to the next 512, no directory,
and two blocks of zeros at the end. It takes names of 100 bytes and files below 8 GiB.
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
"""

import tarfile
from typing import Final

from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member

BLOCK: Final = tarfile.BLOCKSIZE


class Tar:
    NAME = "tar"
    MEDIA_TYPE = "application/x-tar"
    VERSION = 1

    def header(self, member: Member, _: int, /) -> bytes:
        info = tarfile.TarInfo(member.name.decode())
        info.size, info.mtime = member.size, max(member.modified, 0)
        return info.tobuf(tarfile.USTAR_FORMAT)

    def header_length(self, _: Member, /) -> int:
        return BLOCK

    def padding(self, size: int, /) -> int:
        return -size % BLOCK

    def record(self, *_: object) -> bytes:
        return b""

    def record_length(self, *_: object) -> int:
        return 0

    def end(self, *_: object) -> bytes:
        return bytes(2 * BLOCK)

    def end_length(self, *_: object) -> int:
        return 2 * BLOCK


TAR: Final[Format] = Tar()
