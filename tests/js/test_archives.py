"""The client in Node.js takes each format as other tools make it, and several archives of a job."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

from tests.js.test_suites import run_node

TEXT = b"All work and no play makes a dull export. " * 500


def _zip(method: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name in ("a.txt", "b/übersicht.txt"):
            archive.writestr(name, TEXT)
        archive.writestr("empty", b"")
    return made.getvalue()


def _tar() -> bytes:
    """Returns a tar with a name that only PAX can say, and a size that only PAX says."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, headers in (("a.txt", {}), (f"{'b' * 300}/ü.txt", {"size": str(len(TEXT))})):
            member = tarfile.TarInfo(name)
            member.size = len(TEXT)
            member.pax_headers = headers
            archive.addfile(member, io.BytesIO(TEXT))
        archive.addfile(tarfile.TarInfo("empty"))
    return made.getvalue()


def test_each_format_and_several_archives(built: Path, tmp_path: Path) -> None:
    tar = _tar()
    first, rest = gzip.compress(tar[:9000], mtime=0), gzip.compress(tar[9000:], mtime=0)
    made = {
        "stored.zip": _zip(zipfile.ZIP_STORED),
        "deflated.zip": _zip(zipfile.ZIP_DEFLATED),
        "long.tar": tar,
        "members.tar.gz": first + rest,
    }
    assert made["stored.zip"] != made["deflated.zip"]
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    given = {
        "folder": str(tmp_path),
        # In compressed bytes; in the header behind the first file.
        "wrong": {
            "deflated.zip": 60,
            "long.tar": 512 + -(-len(TEXT) // 512) * 512 + 5,
            "members.tar.gz": len(first) + 30,
        },
        "ends": {
            "deflated.zip": len(made["deflated.zip"]) - 30,
            "long.tar": 1024,
            "members.tar.gz": len(first),
        },
    }

    run_node(built, ["test/archives.test.js"], {"GIVEN": json.dumps(given)})
