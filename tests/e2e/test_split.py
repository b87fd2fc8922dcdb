"""Several archives over HTTP: each is downloaded and opened alone, and together they have all."""

import io
import json
import zipfile

from tests.e2e.api import Api
from tests.e2e.sources import MIB, Sources, noise

SPLIT = 12 * MIB
SIZES = (11 * MIB, 3 * MIB, 300, 8 * MIB, 0, 7 * MIB)


def _opened(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_files_go_to_several_archives_each_whole_by_itself(api: Api, sources: Sources) -> None:
    files = [sources.put(noise(size)) for size in SIZES]

    job_id = api.export(file_ids=[file.file_id for file in files], split=SPLIT)

    job = api.completed(job_id)
    listed = api.get(f"/v1/export/{job_id}/download").json()["archives"]
    bodies = []
    for one in listed:
        query = {"archive": str(one["archive"])}
        link = api.get(f"/v1/export/{job_id}/download", query=query).json()["downloadUrl"]
        bodies.append(api.follow(link).content)
    assert [len(body) for body in bodies] == [one["size"] for one in listed]
    assert max(map(len, bodies)) <= SPLIT
    assert sum(map(len, bodies)) == job["result"]["fileSize"]
    *others, last = map(_opened, bodies)
    listing = json.loads(last.pop("manifest.json"))
    found = [(n, name) for n, one in enumerate([*others, last], 1) for name in one]
    assert len(found) == len(files)
    assert [(one["archive"], one["name"]) for one in listing["files"]] == found
    contents = {name: body for one in [*others, last] for name, body in one.items()}
    is_same = contents == {file.name: file.content for file in files}
    assert is_same


def test_a_file_that_is_too_large_for_an_archive_fails_the_job(api: Api, sources: Sources) -> None:
    large = sources.put(noise(2 * MIB), filename="large.bin")

    job_id = api.export(file_ids=[large.file_id], split=MIB)

    error = api.ended(job_id)["error"]
    assert error["type"].endswith("limit-exceeded")
    assert "a file of 2097152 bytes" in error["detail"]
    assert error["detail"].endswith("large.bin")
