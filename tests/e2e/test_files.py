"""The source bucket, listed as folders and files."""

import pytest

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.sources import Sources


def test_a_folder_is_listed_with_its_folders_and_files(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    for name in ("a+b c%20d.txt", "ü ñ#1?&=.bin", "in/deep/x", "in/y", "日本/語.txt"):
        sources.put_at(top, name, b"123")

    answer = api.get("/v1/files", query={"prefix": top})

    page = answer.json()
    assert answer.status_code == 200
    assert [folder["name"] for folder in page["folders"]] == ["in", "日本"]
    assert [file["name"] for file in page["files"]] == ["a+b c%20d.txt", "ü ñ#1?&=.bin"]
    assert {file["size"] for file in page["files"]} == {3}


def test_listed_files_and_folders_can_be_exported(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    sources.put_many(top, [("in/1.txt", b"1"), ("in/2.txt", b"2"), ("3 ü.txt", b"3")])
    page = api.get("/v1/files", query={"prefix": top}).json()

    by_key = api.export(keys=[page["files"][0]["key"]])
    by_prefix = api.export(prefix=page["folders"][0]["prefix"])

    assert api.completed(by_key)["result"]["processedFiles"] == 1
    assert api.completed(by_prefix)["result"]["processedFiles"] == 2


def test_names_with_control_characters_are_listed_and_exported(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    sources.put_many(top, [("line\nbreak", b"1"), ("tab\there/x", b"2")])
    page = api.get("/v1/files", query={"prefix": top}).json()
    within = api.get("/v1/files", query={"prefix": page["folders"][0]["prefix"]}).json()

    files = [page["files"][0], *within["files"]]
    job = api.export(keys=[file["key"] for file in files])

    assert [file["name"] for file in files] == ["line\nbreak", "x"]
    assert api.completed(job)["result"]["processedFiles"] == 2


def test_a_large_folder_is_listed_page_by_page(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    names = [f"{i:03}.txt" for i in range(150)]
    sources.put_many(top, [(name, b"1") for name in names])
    sources.put_many(top, [(f"in-{i:02}/x", b"1") for i in range(60)])

    first = api.get("/v1/files", query={"prefix": top}).json()
    rest = {"prefix": top, "cursor": first["cursor"]}
    second = api.get("/v1/files", query=rest).json()
    third = api.get("/v1/files", query={**rest, "cursor": second["cursor"]}).json()

    pages = (first, second, third)
    assert [file["name"] for page in pages for file in page["files"]] == names
    assert len({folder["name"] for page in pages for folder in page["folders"]}) == 60
    assert third["cursor"] is None


def test_a_whole_folder_is_listed_at_once_and_counted(api: Api, sources: Sources) -> None:
    top = sources.new_prefix()
    names = [f"{i:04}.txt" for i in range(1_100)]
    sources.put_many(top, [(name, b"12") for name in names])
    sources.put_many(top, [(f"in-{i:02}/x", b"123") for i in range(60)])

    page = api.get("/v1/files", query={"prefix": top, "limit": "5000"}).json()
    totals = api.get("/v1/files/totals", query={"prefix": top}).json()

    assert [file["name"] for file in page["files"]] == names
    assert [folder["name"] for folder in page["folders"]] == [f"in-{i:02}" for i in range(60)]
    assert page["cursor"] is None
    assert totals == {
        "prefix": top,
        "source": page["source"],
        "files": 1_160,
        "bytes": 1_100 * 2 + 60 * 3,
        "unreadableFiles": 0,
        "cursor": None,
    }


def test_files_are_named_as_the_check_has_said(api: Api, sources: Sources) -> None:
    named = [sources.put(b"1", filename="Größe 1.txt"), sources.put(b"22")]
    keys = [file.key for file in named]

    checked = api.post("/v1/download/check", {"keys": keys}).json()["files"]
    job_id = api.export(keys=keys, names="own")

    assert [one["name"] for one in checked] == [file.name for file in named]
    assert [one["size"] for one in checked] == [1, 2]
    api.completed(job_id)
    expected = {f"downloads/{file.name}": file.content for file in named}
    check_archive(api.archive(job_id), expected)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "5001"}, "limit"),
        ({"prefix": "x" * 1025}, "prefix"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WyIiLCAibm9uc2Vuc2UiLCAxXQ"}, "cursor"),
    ],
)
def test_an_invalid_query_is_refused(api: Api, query: dict[str, str], pointer: str) -> None:
    answer = api.get("/v1/files", query=query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
