"""Builds small tars like those of Longhaul, and the archives of a job that has several."""

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from tests.unit.longhaul.build_archive import FILES
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stored, Stub, completed, link

VOLUMES: Sequence[Mapping[str, bytes]] = (
    {"a.txt": b"first" * 1000},
    {"b/\u00fc.bin": bytes(range(256)) * 200, "c.txt": b""},
    {"d.txt": b"last"},
)


def listing(volumes: Sequence[Mapping[str, bytes]], job_id: str = JOB_ID) -> bytes:
    """Returns the manifest of all archives."""
    files = [
        {
            "name": name,
            "key": name,
            "size": len(data),
            "crc32": f"{zlib.crc32(data):08x}",
            **({"archive": number} if len(volumes) > 1 else {}),
        }
        for number, volume in enumerate(volumes, 1)
        for name, data in volume.items()
    ]
    about = {"version": 1, "jobId": job_id, "createdAt": "2026-01-01T00:00:00Z"}
    return json.dumps({**about, "files": files, "missing": [], "skipped": []}).encode()


def packed(files: Mapping[str, bytes], form: str) -> bytes:
    """Returns an archive of these files. Each of a tar.gz is a member of its own."""
    written = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, data in files.items():
                opened.writestr(name, data)
        return written.getvalue()
    cuts = [0]
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as opened_tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            opened_tar.addfile(info, io.BytesIO(data))
            cuts.append(written.tell())
    whole = written.getvalue()
    if form == "tar":
        return whole
    ends = [*cuts[1:], len(whole)]
    return b"".join(gzip.compress(whole[a:b], mtime=0) for a, b in zip(cuts, ends, strict=True))


def archives(form: str = "zip", job_id: str = JOB_ID) -> list[bytes]:
    """Returns the archives of a job that has several. The last one has the manifest of all."""
    *others, last = VOLUMES
    last = {**last, "manifest.json": listing(VOLUMES, job_id)}
    return [packed(volume, form) for volume in (*others, last)]


def one_archive(form: str, files: Mapping[str, bytes] = FILES) -> bytes:
    return packed({**files, "manifest.json": listing([files])}, form)


def name(number: int, form: str = "zip") -> str:
    return f"march-{number}-of-{len(VOLUMES)}.{form}"


def stored(stub: Stub, form: str = "zip") -> list[Stored]:
    """Has the stub answer as the API and S3 do for a job that has several archives. Returns these,
    in their order."""
    made, listed = [], []
    for number, content in enumerate(archives(form), 1):
        path = f"/s3/archive-{number}?signature=1"
        disposition = f'attachment; filename="{name(number, form)}"'
        stub.objects[path] = Stored(content, f'"{number}"', disposition)
        stub.on(f"GET {JOB}/download?archive={number}", link(stub.url + path))
        made.append(stub.objects[path])
        one = {"archive": number, "filename": name(number, form), "size": len(content)}
        listed.append(one)
    answer = {"jobId": JOB_ID, "status": "ready", "archives": listed, "message": ""}
    stub.on(f"GET {JOB}/download", Reply(200, answer))
    return made


def done(form: str = "zip") -> dict[str, object]:
    """Returns a completed job with several archives, as the API answers it."""
    job = completed(sum(map(len, archives(form))), skipped=[])
    job["result"]["s3Key"] = f"archives/{JOB_ID}.{form}"
    return {**job, "format": form, "archives": len(VOLUMES)}
