"""The CRC-32 of a whole follows from those of its parts."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.crc import combined


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_the_crc32s_of_parts_give_that_of_the_whole(parts: list[bytes]) -> None:
    assert combined((zlib.crc32(part), len(part)) for part in parts) == zlib.crc32(b"".join(parts))


def test_a_part_may_be_longer_than_any_memory() -> None:
    gibibyte_of_zeros = combined([(zlib.crc32(bytes(1024**2)), 1024**2)] * 1024)

    assert combined([(gibibyte_of_zeros, 1024**3)] * 2) == combined(
        [(zlib.crc32(bytes(1024**2)), 1024**2)] * 2048
    )
    assert combined([(0, 5 * 1024**4)]) == 0
