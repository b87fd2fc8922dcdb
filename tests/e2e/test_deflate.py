"""A deployed worker compresses with zlib-ng, which it finds by itself or in its package."""

import random
import struct
import zipfile
import zlib
from io import BytesIO

from chalicelib import deflate
from tests.e2e.api import Api
from tests.e2e.sources import Sources

_HEADER = struct.Struct("<26x2H")
"""A local file header up to its name: the lengths of the name and of the extra field are last."""


def text(size: int) -> bytes:
    words = [bytes(random.choices(b"etaoinshrdlu", k=random.randint(2, 9))) for _ in range(2000)]
    return b" ".join(random.choices(words, k=size // 4))[:size]


def raw(archive: bytes, name: str) -> bytes:
    """Returns the bytes of a file as the archive has them."""
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        entry = opened.getinfo(name)
    assert entry.compress_type == zipfile.ZIP_DEFLATED
    lengths = _HEADER.unpack_from(archive, entry.header_offset)
    start = entry.header_offset + _HEADER.size + sum(lengths)
    return archive[start : start + entry.compress_size]


def test_a_worker_compresses_with_zlib_ng(api: Api, sources: Sources) -> None:
    content = text(700_000)
    source = sources.put(content, filename="some.txt")
    job_id = api.export(file_ids=[source.file_id], compression="deflate")
    api.completed(job_id)

    found = raw(api.archive(job_id), "some.txt")

    made, usual = deflate.compressor(), zlib.compressobj(6, zlib.DEFLATED, -15)
    assert deflate.ENGINE.startswith("zlib-ng ")
    assert found == made.compress(content) + made.flush(deflate.FINISH)
    assert found != usual.compress(content) + usual.flush()
