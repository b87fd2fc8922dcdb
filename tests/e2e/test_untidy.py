"""Exports of buckets that are not tidy, on a deployed stack: what people reported in public about
programs like this one."""

import gzip
import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
import requests

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources, noise
from tests.waiting import wait_for

SSE_C: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
FORBIDDEN = set('<>:"|?*\\')


def put(backstage: Backstage, key: str, body: bytes = b"x", **more: Any) -> Any:
    bucket = backstage.outputs.source_bucket
    return backstage.s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def names_in(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()


def manifest_in(archive: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return json.loads(opened.read(opened.infolist()[-1]))


@contextmanager
def rewritten(backstage: Backstage, key: str, every: float) -> Iterator[list[bytes]]:
    """Rewrites a file all the time. Gives all contents that it has had so far."""
    contents: list[bytes] = []
    stop = Event()

    def rewrite() -> None:
        while not stop.is_set():
            contents.append(noise(1000))
            put(backstage, key, contents[-1])
            stop.wait(every)

    thread = Thread(target=rewrite)
    thread.start()
    try:
        yield contents
    finally:
        stop.set()
        thread.join()


def test_names_that_windows_refuses(api: Api, sources: Sources, backstage: Backstage) -> None:
    prefix = sources.new_prefix()
    keys = ["what?.txt", "what*.txt", "what_.txt", "Report: final?.pdf", "Report* final|.pdf"]
    keys += ["nul.txt", "aux/readme.md", "file.txt:Zone.Identifier", "M: A City.mkv"]
    keys += ["C:N ratio.csv", "N ratio.csv", "n/./dup.txt", "n/dup.txt", "long/" * 150 + "x.txt"]
    for key in keys:
        put(backstage, prefix + key, key.encode())

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    with zipfile.ZipFile(io.BytesIO(api.archive(job_id))) as opened:
        *names, _ = opened.namelist()
        found = {name: opened.read(name).decode() for name in names}
    assert sorted(found.values()) == sorted(keys)
    assert not FORBIDDEN & set("".join(names))
    assert len({name.casefold() for name in names}) == len(keys)
    assert max(map(len, names)) <= 200  # docs/names.md
    exact = {key for key in keys if found.get(key) == key}
    assert exact == {"what_.txt", "N ratio.csv", "n/dup.txt"}


def test_what_cannot_be_read_is_named_at_once(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    good = sources.put_at(prefix, "good", noise(100))
    put(backstage, f"{prefix}secret", **SSE_C)
    for cold in ("cold-1", "cold-2"):
        put(backstage, prefix + cold, StorageClass="GLACIER")

    started = time.monotonic()
    failed = api.ended(api.export(prefix=prefix, on_missing="skip"))

    assert time.monotonic() - started < 30
    assert failed["error"]["type"].endswith(":source-unreadable")
    for name in (
        "secret (encrypted with a key",
        "cold-1 (archived: in GLACIER",
        "cold-2 (archived",
    ):
        assert name in failed["error"]["detail"]

    job_id = api.export(prefix=prefix, on_unreadable="skip")
    result = api.completed(job_id)["result"]

    reasons = {one["file"].removeprefix(prefix): one["reason"] for one in result["skipped"]}
    assert reasons == {"secret": "encrypted", "cold-1": "archived", "cold-2": "archived"}
    archive = api.archive(job_id)
    assert names_in(archive) == [good.name, "manifest.json"]
    assert manifest_in(archive)["skipped"] == result["skipped"]


def test_a_check_of_a_file_that_cannot_be_read_says_so(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file_id = sources.new_id()
    put(backstage, f"downloads/{file_id}", **SSE_C)

    answer = api.post("/v1/download/check", {"file_id": file_id})

    assert answer.status_code == 200
    assert (answer.json()["available"], answer.json()["reason"]) == (False, "encrypted")


def test_a_file_that_is_rewritten_all_the_time(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    sources.put_many(prefix, [(f"{n:03}", noise(100)) for n in range(300)])
    with rewritten(backstage, f"{prefix}busy", 0.1) as contents:
        wait_for(lambda: len(contents) > 2, 30, "the file to be written again and again")
        jobs = [api.export(prefix=prefix, fresh=True) for _ in range(8)]
        for job_id in jobs:
            api.completed(job_id)

    for job_id in jobs:
        with zipfile.ZipFile(io.BytesIO(api.archive(job_id))) as opened:
            assert len(opened.namelist()) == 302
            assert opened.read("busy") in contents


def test_nothing_there_is_no_archive(api: Api, sources: Sources) -> None:
    failed = api.ended(api.export(file_ids=[sources.new_id() for _ in range(3)]))

    assert failed["status"] == "failed"
    assert failed["error"]["type"].endswith(":nothing-to-export")


def test_a_listing_that_is_fed_back_has_no_folders_as_files(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    for key in ("", "sub/", "sub/a"):
        put(backstage, prefix + key, b"")

    job_id = api.export(keys=[prefix, f"{prefix}sub/", f"{prefix}sub/a"])
    api.completed(job_id)

    assert names_in(api.archive(job_id)) == [f"{prefix}sub/a", "manifest.json"]


def test_an_encoded_file_keeps_its_bytes(api: Api, sources: Sources, backstage: Backstage) -> None:
    prefix = sources.new_prefix()
    body = gzip.compress(b"{}")
    put(backstage, f"{prefix}data.json", body, ContentEncoding="gzip")

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    with zipfile.ZipFile(io.BytesIO(api.archive(job_id))) as opened:
        assert opened.read("data.json.gz") == body
    assert manifest_in(api.archive(job_id))["files"][0]["contentEncoding"] == "gzip"


def test_a_manifest_of_the_users_keeps_its_name(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    prefix = sources.new_prefix()
    put(backstage, f"{prefix}manifest.json", b"mine")

    job_id = api.export(prefix=prefix)
    api.completed(job_id)

    with zipfile.ZipFile(io.BytesIO(api.archive(job_id))) as opened:
        assert opened.namelist() == ["manifest.json", "manifest (2).json"]
        assert opened.read("manifest.json") == b"mine"


def test_files_under_the_names_that_a_database_knows(api: Api, sources: Sources) -> None:
    one, other = sources.put(noise(10)), sources.put(noise(10))
    prefix = sources.new_prefix()
    inside = sources.put_at(prefix, "in/side", noise(10))

    job_id = api.export(
        files=[
            {"id": one.file_id, "name": "2026/Invoice March.pdf"},
            {"id": one.file_id, "name": "copy.pdf"},
            {"key": other.key, "name": "2026/Invoice April.pdf"},
            {"prefix": prefix, "name": "attachments"},
        ]
    )
    api.completed(job_id)

    contents = {
        "2026/Invoice March.pdf": one.content,
        "copy.pdf": one.content,
        "2026/Invoice April.pdf": other.content,
        "attachments/in/side": inside.content,
    }
    check_archive(api.archive(job_id), contents)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_works_by_the_method_that_asked_for_it(
    api: Api, sources: Sources, method: str
) -> None:
    job_id = api.export(file_ids=[sources.put(noise(10)).file_id])
    api.completed(job_id)

    url = f"{api.base_url}/v1/export/{job_id}/download?redirect=true"
    answer = requests.request(method, url, allow_redirects=True, timeout=30)

    assert [one.status_code for one in (*answer.history, answer)] == [303, 200]
    assert int(answer.headers["Content-Length"]) > 0
