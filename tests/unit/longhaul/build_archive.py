"""Builds small archives like those of Longhaul, and broken ones."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from tests.unit.longhaul.stub import JOB_ID

FILES = {"a.txt": b"first" * 1000, "b/ü.bin": bytes(range(256)) * 200}


def build_archive(
    files: Mapping[str, bytes] = FILES,
    *,
    listed: Mapping[str, bytes] | None = None,
    manifest: bytes | None = None,
    manifest_name: str = "manifest.json",
    missing: Sequence[object] = (),
    skipped: Sequence[object] | None = None,
    job_id: str = JOB_ID,
) -> bytes:
    """Returns a ZIP of the files.

    Its manifest lists `listed`, by default the same files; or it is `manifest`, if given. Without
    `skipped`, it is one of an older stack.
    """
    in_manifest = files if listed is None else listed
    content = {
        "version": 1,
        "jobId": job_id,
        "createdAt": "2026-01-01T00:00:00Z",
        "files": [
            {"name": name, "key": name, "size": len(data), "crc32": f"{zlib.crc32(data):08x}"}
            for name, data in in_manifest.items()
        ],
        "missing": missing,
        **({} if skipped is None else {"skipped": skipped}),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
        opened.writestr(manifest_name, json.dumps(content) if manifest is None else manifest)
    return written.getvalue()
