"""What the headers of an archive say of one file. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """`name` is the encoded name, `size` counts bytes, `modified` is Unix time in seconds."""

    name: bytes
    size: int
    modified: int
