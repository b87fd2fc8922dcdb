"""What a right archive is: these files, byte for byte, and a manifest that says so."""

import json
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO

from tests.e2e.sources import Source


def check_archive(
    archive: bytes, sources: Sequence[Source], job_id: str, missing: Sequence[int | str] = ()
) -> None:
    """Fails unless the archive holds just these files, in whatever order, and last its manifest."""
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        *names, last = opened.namelist()
        assert (sorted(names), last) == (sorted(s.name for s in sources), "manifest.json")
        assert {entry.compress_type for entry in opened.infolist()} == {zipfile.ZIP_STORED}
        for source in sources:
            # Not in one assertion: nobody wants to see megabytes compared.
            is_same = opened.read(source.name) == source.content
            assert is_same, f"{source.name} is not what {source.key} holds"
        manifest = json.loads(opened.read("manifest.json"))
    assert manifest["jobId"] == job_id
    assert manifest["missing"] == list(missing)
    assert [listed["name"] for listed in manifest["files"]] == names
    assert {listed["name"]: listed for listed in manifest["files"]} == {
        source.name: {
            "name": source.name,
            "key": source.key,
            "size": len(source.content),
            "crc32": f"{zlib.crc32(source.content):08x}",
        }
        for source in sources
    }
