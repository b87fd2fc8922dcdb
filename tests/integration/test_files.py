"""GET /v1/files: lists the source bucket as folders."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from chalicelib.archive.safe_names import safe_name
from chalicelib.s3 import clients
from chalicelib.settings import settings
from tests.archives import check_archive
from tests.integration.gateway import call
from tests.integration.stack import Stack


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
