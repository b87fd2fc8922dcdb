"""Reads a finished archive back, and holds it to its sources."""

import io
import json
import zipfile
from collections.abc import Mapping
from random import Random
from typing import Any
from zlib import crc32


def check_archive(
    archive: bytes | None, expected: Mapping[str, bytes], missing: tuple[int | str, ...] = ()
) -> dict[str, Any]:
    """Fails unless the archive holds exactly these files and a true manifest, which it gives."""
    assert archive is not None
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        *names, last = opened.namelist()
        assert last == "manifest.json"
        assert sorted(names) == sorted(expected)
        for name, content in expected.items():
            assert opened.read(name) == content, f"{name} is not what its source is"
        manifest: dict[str, Any] = json.loads(opened.read("manifest.json"))
    assert [(file["name"], file["size"], file["crc32"]) for file in manifest["files"]] == [
        (name, len(expected[name]), f"{crc32(expected[name]):08x}") for name in names
    ]
    assert manifest["missing"] == list(missing)
    return manifest


def noise(seed: int, size: int) -> bytes:
    """Bytes that no other file has, so that none can stand in another's place unnoticed."""
    return Random(seed).randbytes(size)
