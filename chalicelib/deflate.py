"""Deflate, by the fastest library that is there: zlib-ng, else Python's own zlib.

Only what compresses imports this module, so nothing else pays for the library. Why zlib-ng, why
this level, and where it comes from: docs/decisions/0041-deflate.md.

The same input gives the same bytes, in whatever chunks it comes, with the same library and level;
it must be flushed at the same places. Another library, or another version of it, may give others:
`ENGINE` names it.
"""

import zlib
from importlib import import_module
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

Data: TypeAlias = bytes | bytearray | memoryview

FULL_FLUSH: Final = zlib.Z_FULL_FLUSH
"""Ends at a byte, and forgets what came before: what follows can be inflated by itself."""
FINISH: Final = zlib.Z_FINISH

_RAW: Final = -zlib.MAX_WBITS
"""No header and no checksum around the data: ZIP and gzip have their own (RFC 1951)."""


class Compressor(Protocol):
    """Compresses one stream. Not for several threads at once; each call lets others run."""

    def compress(self, data: Data, /) -> bytes:
        """Takes the next bytes. Returns what has become ready, which may be nothing."""

    def flush(self, mode: int = ..., /) -> bytes:
        """Returns all that was held back. After FINISH, the default, the stream has ended."""


class Engine(NamedTuple):
    """A library, by its name and version, with the level that is used of it."""

    name: str
    level: int
    library: Any


def fastest() -> Engine:
    """Returns zlib-ng if it can be imported here, else zlib."""
    try:
        ng = import_module("zlib_ng.zlib_ng")
    except ImportError:
        # It is not in this package, or is built for another machine.
        return Engine(f"zlib {zlib.ZLIB_RUNTIME_VERSION}", 6, zlib)
    # Of 55 kinds of real files, text is then at most 0.6 % larger than by zlib's level 6, and
    # mostly smaller; programs are 1 to 3 % larger. Level 6 is faster, but some tables get half as
    # large again; and it writes other bytes if the same input comes in other chunks.
    return Engine(f"zlib-ng {ng.ZLIBNG_RUNTIME_VERSION}", 7, ng)


_engine: Final = fastest()

ENGINE: Final[str] = _engine.name
"""Which library compresses, such as "zlib-ng 2.3.3" or "zlib 1.2.13"."""
LEVEL: Final[int] = _engine.level


def compressor() -> Compressor:
    """Returns a compressor for one stream of raw deflate (RFC 1951)."""
    made: Compressor = _engine.library.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    return made


def crc32(data: Data, value: int = 0, /) -> int:
    """Returns the CRC-32 of `data`, or of what has the CRC-32 `value` with `data` after it."""
    found: int = _engine.library.crc32(data, value)
    return found
