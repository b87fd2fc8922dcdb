"""What the headers of an archive say of one file. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """`name` is the encoded name, `size` counts bytes, `modified` is Unix time in seconds.

    `deflated` is how many bytes the archive has of a file that is compressed in a ZIP; None: the
    file is stored as it is. If `is_far`, its place is written with 64 bits, however near it is:
    the place was not known when the directory was measured.
    """

    name: bytes
    size: int
    modified: int
    deflated: int | None = None
    is_far: bool = False
