"""Computes the CRC-32 of a whole from the CRC-32s of its chunks. Pure.

A CRC is the remainder of a polynomial over GF(2). To append n bytes means to multiply what came
before by x^(8n). So the CRC of A‖B is crc(A)·x^(8·|B|) mod p, added to crc(B). Each power of x is a
product of some x^(2^k). So the cost is that of a few products, whatever the length.
"""

from collections.abc import Iterable
from typing import Final

_POLYNOMIAL: Final = 0xEDB88320  # of ZIP's CRC-32 (APPNOTE 4.4.7), its bits reversed
_ONE: Final = 1 << 31  # x^0 in reversed bits
_X: Final = 1 << 30
_EXPONENT_BITS: Final = 67  # of 8n, for lengths n up to 2^63 bytes


def combined(chunks: Iterable[tuple[int, int]]) -> int:
    """Returns the CRC-32 of the chunks one after another. Each chunk is (its CRC-32, its length in
    bytes)."""
    whole = 0
    for crc32, length in chunks:
        whole = _product(whole, _power_of_x(8 * length)) ^ crc32
    return whole


def _product(a: int, b: int) -> int:
    """Returns a·b mod p."""
    result = 0
    while b:
        if b & _ONE:
            result ^= a
        b = b << 1 & 0xFFFFFFFF
        a = a >> 1 ^ (_POLYNOMIAL if a & 1 else 0)
    return result


def _powers() -> tuple[int, ...]:
    """Returns x^(2^k) mod p for each bit k of the largest exponent."""
    powers = [_X]
    while len(powers) < _EXPONENT_BITS:
        powers.append(_product(powers[-1], powers[-1]))
    return tuple(powers)


_POWERS: Final = _powers()


def _power_of_x(exponent: int) -> int:
    result = _ONE
    k = 0
    while exponent:
        if exponent & 1:
            result = _product(result, _POWERS[k])
        exponent >>= 1
        k += 1
    return result
