"""Libraries that deflate: of two attempts to make the same pack, each may have another one, as
while a version is deployed that has another library. What they write must never mix."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final
from unittest.mock import patch

from chalicelib import deflate

_LEVELS: Final = (1, 6, 6, 9)
"""These levels of zlib stand for libraries: each makes other bytes."""


@contextmanager
def several(seed: int) -> Iterator[None]:
    """Each stream is deflated by any of several libraries within the context."""
    random = Random(f"{seed} engines")

    def compressor() -> deflate.Compressor:
        return zlib.compressobj(random.choice(_LEVELS), zlib.DEFLATED, -zlib.MAX_WBITS)

    with patch.object(deflate, "compressor", compressor):
        yield
