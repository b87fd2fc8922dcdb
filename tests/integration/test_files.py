"""GET /v1/files: lists the source bucket as folders. GET /v1/files/totals counts what is there."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from moto.s3.models import s3_backends

from chalicelib.archive.safe_names import safe_name
from chalicelib.http import files as http_files
from chalicelib.s3 import clients
from chalicelib.settings import settings
from tests.archives import check_archive
from tests.integration.cloud import ACCOUNT, SOURCES
from tests.integration.finding import found
from tests.integration.gateway import call
from tests.integration.stack import Stack
from tests.integration.wire import Requests


def _listed(**query: str) -> Any:
    answer = call("GET", "/v1/files", query=query)
    assert answer.status == 200, answer
    return answer.body


def _names(page: Any) -> tuple[list[str], list[str]]:
    """Returns the names of its folders, and of its files."""
    return [f["name"] for f in page["folders"]], [f["name"] for f in page["files"]]


@pytest.fixture
def bounded(stack: Stack) -> Stack:
    """A stack whose callers see only `shared/`."""
    stack.configure_source(prefix="shared/")
    return stack


def test_folders_and_files_are_listed_by_name(stack: Stack) -> None:
    for key in ("a.txt", "reports/2024/may.pdf", "reports/all.pdf", "zoo/ü.txt"):
        stack.put_file(key, b"123")

    page = _listed()

    assert _names(page) == (["reports", "zoo"], ["a.txt"])
    assert page["folders"][0] == {"name": "reports", "prefix": "reports/"}
    assert page["files"][0].items() >= {"key": "a.txt", "size": 3}.items()
    assert (page["prefix"], page["topPrefix"], page["cursor"]) == ("", "", None)


def test_a_folder_is_listed_by_its_prefix(stack: Stack) -> None:
    for key in ("a.txt", "reports/2024/may.pdf", "reports/all.pdf"):
        stack.put_file(key, b"123")

    page = _listed(prefix="reports/")

    assert _names(page) == (["2024"], ["all.pdf"])
    assert page["folders"][0]["prefix"] == "reports/2024/"
    assert page["files"][0]["key"] == "reports/all.pdf"


def test_a_prefix_may_be_the_beginning_of_a_name(stack: Stack) -> None:
    for key in ("r/may-1.txt", "r/may-2.txt", "r/june.txt", "r/mayor/x"):
        stack.put_file(key, b"1")

    assert _names(_listed(prefix="r/may")) == (["mayor"], ["may-1.txt", "may-2.txt"])


def test_a_folder_mark_is_not_listed_as_a_file(stack: Stack) -> None:
    stack.put_file("reports/", b"")
    stack.put_file("reports/empty.txt", b"")

    assert _names(_listed(prefix="reports/")) == ([], ["empty.txt"])


def test_a_folder_that_is_not_there_is_empty(stack: Stack) -> None:
    assert _names(_listed(prefix="nowhere/")) == ([], [])


def test_the_pages_together_have_each_name_once(stack: Stack) -> None:
    expected = [f"{i:03}.txt" for i in range(230)]
    for name in expected:
        stack.put_file(f"many/{name}", b"1")
        stack.put_file(f"many/sub-{name}/x", b"1")

    pages = [_listed(prefix="many/")]
    while pages[-1]["cursor"]:
        pages.append(_listed(prefix="many/", cursor=pages[-1]["cursor"]))

    assert [name for page in pages for name in _names(page)[1]] == expected
    assert [name for page in pages for name in _names(page)[0]] == [f"sub-{n}" for n in expected]
    assert all(len(page["folders"]) + len(page["files"]) == 100 for page in pages[:-1])


def test_a_setting_says_under_which_prefix_files_are_listed(bounded: Stack) -> None:
    bounded.put_file("secret.txt", b"1")
    bounded.put_file("shared/a.txt", b"1")

    page = _listed()

    assert _names(page) == ([], ["a.txt"])
    assert page["topPrefix"] == "shared/"


@pytest.mark.parametrize("prefix", ["", "/", "secret", "share", "../", "shared", "Shared/"])
def test_nothing_outside_that_prefix_can_be_listed(bounded: Stack, prefix: str) -> None:
    answer = call("GET", "/v1/files", query={"prefix": prefix})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "prefix"
    assert "must begin with 'shared/'" in answer.body["detail"]


def test_dots_in_a_prefix_do_not_lead_to_another_folder(bounded: Stack) -> None:
    bounded.put_file("secret.txt", b"1")

    assert _names(_listed(prefix="shared/../")) == ([], [])


@pytest.mark.parametrize("prefix", ["é" * 513, "\udc80"])
def test_a_prefix_that_no_key_can_have_is_refused(stack: Stack, prefix: str) -> None:
    answer = call("GET", "/v1/files", query={"prefix": prefix})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "prefix"


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "garbage", "%%%", '["", ""]', '["other/", "x"]', '["", 1]', "[]", '["", "x", 1]'),
        *(r'["", "\ud800"]', r'["", "\u0000"]'),
    ],
)
def test_a_cursor_that_is_not_of_this_list_is_refused(stack: Stack, cursor: str) -> None:
    encoded = urlsafe_b64encode(cursor.encode()).decode() if "[" in cursor else cursor

    answer = call("GET", "/v1/files", query={"cursor": encoded})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "cursor"


@pytest.mark.parametrize("folder", ["a\tb", "a\nb", "\x01", "\x7f"])
def test_what_is_listed_with_control_characters_can_be_asked_for(stack: Stack, folder: str) -> None:
    stack.put_file(f"{folder}/\r.txt", b"1")

    [found] = _listed(prefix=folder[:1])["folders"]
    [file] = _listed(prefix=found["prefix"])["files"]

    for asked in ({"keys": [file["key"]]}, {"prefix": found["prefix"]}):
        archive = stack.archive(stack.completed(**asked))
        name = safe_name(file["key"]) if "keys" in asked else "_.txt"
        assert check_archive(archive, {name: b"1"})["files"][0]["key"] == file["key"]


def test_a_source_bucket_that_is_gone_is_told_without_its_name(stack: Stack) -> None:
    clients.s3().delete_bucket(Bucket=settings().source().bucket)

    answer = call("GET", "/v1/files")

    assert answer.status == 503
    top = "could not list the top of the source: there is no such bucket"
    assert top in answer.body["detail"]
    assert "source-bucket" not in str(answer.body)
    below = call("GET", "/v1/files", query={"prefix": "in/"})
    assert "could not list 'in/': there is no such bucket" in below.body["detail"]


# -- many files, and totals -----------------------------------------------------------------------


@pytest.fixture
def many(stack: Stack) -> Stack:
    """A stack with 5,300 files and 150 folders in `many/`, and a mark of that folder."""
    backend = s3_backends[ACCOUNT]["aws"]
    backend.put_object(SOURCES, "many/", b"")
    for number in range(5_300):
        backend.put_object(SOURCES, f"many/{number:05}.txt", b"12")
    for number in range(150):
        backend.put_object(SOURCES, f"many/{number * 30:05}/x", b"123")
    return stack


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("limit", [None, "1999", "5000"])
def test_a_chain_of_cursors_has_each_of_many_files_once(
    requests: Requests, limit: str | None
) -> None:
    asked = {"prefix": "many/", **({"limit": limit} if limit else {})}
    most = int(limit or 100)
    requests.clear()

    pages = [_listed(**asked)]
    while pages[-1]["cursor"]:
        pages.append(_listed(**asked, cursor=pages[-1]["cursor"]))

    files = [file["key"] for page in pages for file in page["files"]]
    folders = [folder["prefix"] for page in pages for folder in page["folders"]]
    assert files == [f"many/{number:05}.txt" for number in range(5_300)]
    assert folders == [f"many/{number * 30:05}/" for number in range(150)]
    assert {len(page["folders"]) + len(page["files"]) for page in pages[1:-1]} <= {most}
    assert requests.count()["ListObjectsV2"] <= 5_451 // min(most, 1_000) + len(pages)


@pytest.mark.parametrize("limit", ["0", "5001", "ten", "-1", "1.5", ""])
def test_a_limit_that_is_none_is_refused(stack: Stack, limit: str) -> None:
    answer = call("GET", "/v1/files", query={"limit": limit})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "limit"
    assert f'"{limit}" is not a whole number from 1 to 5000' in answer.body["detail"]


def test_totals_are_those_of_an_export_of_the_prefix(many: Stack) -> None:
    many.put_file("many/empty/", b"")
    many.put_file("many/no-mark/", b"1")
    many.put_file("other/x", b"1")
    clients.s3().put_object(Bucket=SOURCES, Key="many/z", Body=b"cold", StorageClass="GLACIER")

    counted = _totals(prefix="many/")

    assert counted == {
        "prefix": "many/",
        "source": "default",
        "files": 5_451,
        "bytes": 5_300 * 2 + 150 * 3 + 1,
        "unreadableFiles": 1,
        "cursor": None,
    }
    assert _totals()["files"] == 5_452
    exported = found(many, prefix="many/", on_unreadable="skip")
    assert len(exported.entries) == counted["files"]
    assert sum(entry.size for entry in exported.entries) == counted["bytes"]


@pytest.mark.usefixtures("many")
def test_totals_that_stop_half_way_go_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_files, "PAGES_MAX", 2)

    answers = [_totals(prefix="many/")]
    while answers[-1]["cursor"]:
        answers.append(_totals(prefix="many/", cursor=answers[-1]["cursor"]))

    # The first page begins with the mark of the folder, which is no file.
    assert [answer["files"] for answer in answers] == [1_999, 2_000, 1_451]
    assert sum(answer["bytes"] for answer in answers) == 5_300 * 2 + 150 * 3


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"prefix": "\udc80"}, "prefix"),
        ({"prefix": "é" * 513}, "prefix"),
        ({"source": "new"}, "source"),
        ({"cursor": "%%%"}, "cursor"),
        ({"cursor": ""}, "cursor"),
    ],
)
def test_totals_of_what_there_cannot_be_are_refused(
    stack: Stack, query: dict[str, str], pointer: str
) -> None:
    answer = call("GET", "/v1/files/totals", query=query)

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == pointer


def test_totals_keep_below_the_prefix_of_the_source(bounded: Stack) -> None:
    bounded.put_file("secret.txt", b"1")
    bounded.put_file("shared/a.txt", b"12")

    assert (_totals()["prefix"], _totals()["bytes"]) == ("shared/", 2)
    refused = call("GET", "/v1/files/totals", query={"prefix": ""})
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "prefix")


def _totals(**query: str) -> Any:
    answer = call("GET", "/v1/files/totals", query=query)
    assert answer.status == 200, answer
    return answer.body
