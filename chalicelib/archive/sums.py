"""The sum of some bytes, by which the sum of a whole follows from those of its pieces. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from chalicelib.archive import crc


class Sum(NamedTuple):
    """Of some bytes: how many they are, and their CRC-32."""

    length: int = 0
    crc32: int = 0


NO_SUM: Final = Sum()
"""Of no bytes."""


def summed(sums: Iterable[Sum]) -> Sum:
    """Returns the sum of bytes that follow one another."""
    known = [one for one in sums if one.length]
    crc32 = crc.combined((one.crc32, one.length) for one in known)
    return Sum(sum(one.length for one in known), crc32)
