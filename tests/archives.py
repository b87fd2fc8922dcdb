"""Reads a finished archive back, and compares it with the files that it was built from."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from random import Random
from typing import Any, Protocol
from zlib import crc32

MANIFEST = "manifest.json"

_PERHAPS = ("contentEncoding", "versionId")
"""What the manifest says of some files only; not checked here."""


class SourceFile(Protocol):
    """A source file: its key in the bucket, and its name in the archive."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def content(self) -> bytes: ...


def check_archive(
    archive: bytes | None,
    files: Mapping[str, bytes] | Iterable[SourceFile],
    missing: Sequence[int | str] = (),
    *,
    job_id: str | None = None,
    manifest_name: str = MANIFEST,
    stored: bool = True,
) -> dict[str, Any]:
    """Fails unless the archive holds exactly these files, in any order, and a correct manifest.

    `files` are source files, or contents by their names; then the keys in the manifest are not
    checked. `job_id` is the job that built the archive; None is not checked. `manifest_name` is
    another one if a file has the manifest's. `stored`: no file is compressed; else some are.
    Returns the manifest.
    """
    assert archive is not None, "there is no archive"
    keys: dict[str, str] | None = None
    if isinstance(files, Mapping):
        contents = dict(files)
    else:
        sources = list(files)
        contents = {source.name: source.content for source in sources}
        keys = {source.name: source.key for source in sources}
        assert len(contents) == len(sources), "two source files have the same name"

    with zipfile.ZipFile(BytesIO(archive)) as opened:
        assert opened.testzip() is None
        *names, last = opened.namelist()
        assert (sorted(names), last) == (sorted(contents), manifest_name)
        methods = {entry.compress_type for entry in opened.infolist()}
        assert methods == {zipfile.ZIP_STORED} if stored else zipfile.ZIP_DEFLATED in methods
        for name, content in contents.items():
            # Not compared in the assertion itself: pytest would print megabytes.
            is_same = opened.read(name) == content
            assert is_same, f"{name} is not what its source file holds"
        manifest: dict[str, Any] = json.loads(opened.read(manifest_name))

    listed = manifest["files"]
    assert [entry["name"] for entry in listed] == names
    plain = [{name: one[name] for name in one if name not in _PERHAPS} for one in listed]
    assert plain == [
        {
            "name": name,
            "key": keys[name] if keys else entry["key"],
            "size": len(contents[name]),
            "crc32": f"{crc32(contents[name]):08x}",
        }
        for name, entry in zip(names, listed, strict=True)
    ]
    assert manifest["missing"] == list(missing)
    assert manifest["skipped"][: len(missing)] == [
        {"file": file, "reason": "missing", "detail": "does not exist"} for file in missing
    ]
    assert job_id is None or manifest["jobId"] == job_id
    return manifest


def noise(seed: int, size: int) -> bytes:
    """Returns bytes that no other file has, so that none can take another's place unnoticed."""
    return Random(seed).randbytes(size)
