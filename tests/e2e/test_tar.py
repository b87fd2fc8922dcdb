"""A tar over HTTP (docs/tar.md): tools open it, and a row of its index leads to a file."""

import csv
import io
import json
import os
import shutil
import subprocess
import tarfile
import zlib
from dataclasses import dataclass

import pytest

from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Source, Sources, noise

LONG = "folder/" * 20 + "n" * 40 + ".bin"


@dataclass(frozen=True)
class Tar:
    """An archive, and the job that made it."""

    job_id: str
    files: list[Source]
    body: bytes


@pytest.fixture(scope="module")
def tar(api: Api, sources: Sources) -> Tar:
    """A tar with empty, small and large files, and with names of all sorts."""
    files = [
        sources.put(noise(300), filename="Übergröße/日本語.txt"),
        sources.put(b"", filename="empty, and not 0"),
        sources.put(noise(17 * MIB + 1), filename="large.bin"),
        sources.put(noise(6 * MIB), filename=LONG),
        sources.put(noise(512), filename="one block"),
    ]
    job_id = api.export(file_ids=[file.file_id for file in files], format="tar")
    api.completed(job_id)
    return Tar(job_id, files, api.archive(job_id))


def _index(api: Api, tar: Tar) -> list[list[str]]:
    answer = api.get(f"/v1/export/{tar.job_id}/download", query={"index": "true"})
    assert answer.status_code == 200, answer.text
    followed = api.follow(str(answer.json()["downloadUrl"]))
    assert followed.status_code == 200, followed.text[:300]
    return list(csv.reader(io.StringIO(followed.content.decode(), newline=""), strict=True))


def test_every_file_is_in_it_whole_and_the_manifest_is_last(tar: Tar) -> None:
    with tarfile.open(fileobj=io.BytesIO(tar.body), mode="r|") as opened:
        found = {}
        for info in opened:
            body = opened.extractfile(info)
            assert body is not None
            found[info.name] = body.read()

    *names, last = found
    assert {name: found[name] for name in names} == {file.name: file.content for file in tar.files}
    assert last == "manifest.json"
    assert {one["name"]: one["crc32"] for one in json.loads(found[last])["files"]} == {
        file.name: f"{zlib.crc32(file.content):08x}" for file in tar.files
    }


@pytest.mark.parametrize("program", ["tar", "bsdtar"])
def test_it_is_listed_by(program: str, tar: Tar) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run(
        [program, "-tf", "-"],
        input=tar.body,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode()
    if program == "tar":  # it shows each byte of a name that is not ASCII as an escape, if not here
        assert "\\" not in shown
    assert set(shown.splitlines()) == {*(file.name for file in tar.files), "manifest.json"}


def test_a_row_of_the_index_leads_to_the_bytes_of_its_file(api: Api, tar: Tar) -> None:
    rows = _index(api, tar)

    link = api.link(tar.job_id)
    found = {}
    for name, start, size, crc32_at in rows:
        if size == "0":
            found[name] = b""
            continue
        asked = {"Range": f"bytes={start}-{int(start) + int(size) - 1}"}
        answer = api.follow(link, asked)
        assert answer.status_code == 206
        found[name] = answer.content
        assert crc32_at.startswith(f"{zlib.crc32(answer.content):08x}@")
    del found["manifest.json"]
    assert found == {file.name: file.content for file in tar.files}
    assert rows[-1][0] == "manifest.json"


def test_nothing_but_the_archive_and_its_index_is_beside_it(backstage: Backstage, tar: Tar) -> None:
    listed = backstage.s3.list_objects_v2(
        Bucket=backstage.outputs.archive_bucket, Prefix=f"archives/{tar.job_id}"
    )
    facts = backstage.s3.head_object(
        Bucket=backstage.outputs.archive_bucket, Key=f"archives/{tar.job_id}.tar"
    )

    assert [one["Key"] for one in listed["Contents"]] == [
        f"archives/{tar.job_id}.tar",
        f"archives/{tar.job_id}.tar.index",
    ]
    assert facts["ContentType"] == "application/x-tar"
    assert facts["ContentLength"] == len(tar.body)
