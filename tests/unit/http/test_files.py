"""What is told of files that cannot be read, over buckets that only tell of them."""

import json
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from chalicelib.errors import (
    AccessDenied,
    Forbidden,
    InvalidRequest,
    Reason,
    SourceFault,
    SourceUnreadable,
)
from chalicelib.http import checks, files
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call
from chalicelib.named_sources import Source
from chalicelib.s3.objects import FolderPage, ObjectFacts
from chalicelib.services import Services
from tests.unit.samples import NOW, some_services, some_settings

SOURCES = (
    Source(name="default", bucket="a"),
    Source(name="old", bucket="b", prefix="out/", key_template="out/{file_id}"),
)


@dataclass
class Told:
    """A bucket that tells this of each of its objects."""

    of_each: ObjectFacts | Exception | None
    more: bool = False
    first_byte: SourceFault | None = None

    def why(self, *_: object) -> SourceFault | None:
        return self.first_byte

    def head(self, key: str, **_: bool) -> ObjectFacts | None:
        if isinstance(self.of_each, Exception):
            raise self.of_each
        return self.of_each and replace(self.of_each, key=key)

    def list_folder(self, prefix: str, *_: object, **more: object) -> FolderPage:
        del more
        if self.of_each is None:
            return FolderPage((), (), None)
        fact = cast("ObjectFacts", self.of_each)
        return FolderPage(
            (), (replace(fact, key=f"{prefix}a.bin"),), "token" if self.more else None
        )


FACTS = ObjectFacts("", 4, "etag", NOW // 1000, None)
ARCHIVED = replace(FACTS, storage_class="GLACIER", is_archived=True)
COLD_BUT_READABLE = replace(FACTS, storage_class="GLACIER_IR")
IN_GLACIER = {"reason": "archived", "detail": "in GLACIER; restore it first"}


def _services(**buckets: Any) -> Services:
    settings = replace(some_settings(), sources=SOURCES)
    return some_services(settings, sources=buckets)


def _check(told: object, **asked: object) -> Any:
    return _checked(_services(default=Told(None), old=Told(cast("Any", told))), **asked)


def _checked(services: Services, **asked: object) -> Any:
    body = json.dumps({"file_id": 10_001, **asked}).encode()
    return checks.check(Call({}, {}, {}, body), services).content


def _listed(services: Services, caller: Caller = Caller(), **query: str) -> Any:  # noqa: B008 - frozen
    return files.listing(replace(Call({}, {}, query, b""), caller=caller), services).content


# -- POST /v1/download/check ----------------------------------------------------------------------


def test_a_file_that_can_be_read_is_available_without_a_reason() -> None:
    for told in (FACTS, COLD_BUT_READABLE):
        assert _check(told, source="old") == {
            "fileId": 10_001,
            "file_id": 10_001,
            "available": True,
            "s3Key": "out/10001",
            "size": 4,
            "name": "10001",
            "reason": None,
            "detail": None,
        }


def test_a_file_in_cold_storage_is_there_and_not_available() -> None:
    assert _check(ARCHIVED, source="old") == {
        "fileId": 10_001,
        "file_id": 10_001,
        "available": False,
        "s3Key": "out/10001",
        "size": 4,
        "name": "10001",
        **IN_GLACIER,
    }


@pytest.mark.parametrize("reason", [Reason.ENCRYPTED, Reason.DENIED, Reason.KEY_UNUSABLE])
def test_a_file_that_s3_does_not_show_is_not_available_and_has_a_reason(reason: Reason) -> None:
    fault = SourceUnreadable("out/10001: why", key="out/10001", why="why", reason=reason)

    assert _check(fault, source="old") == {
        "fileId": 10_001,
        "file_id": 10_001,
        "available": False,
        "s3Key": "out/10001",
        "size": None,
        "name": None,
        "reason": reason,
        "detail": "why",
    }


def test_a_key_that_cannot_be_used_is_found_out_by_the_first_byte() -> None:
    why = "its KMS key is disabled"
    fault = SourceUnreadable("", key="out/10001", why=why, reason=Reason.KEY_UNUSABLE)
    encrypted = Told(replace(FACTS, kms=True), first_byte=fault)

    answer = _checked(_services(default=encrypted))

    assert (answer["available"], answer["reason"], answer["detail"]) == (False, "key-unusable", why)
    assert _checked(_services(default=replace(encrypted, first_byte=None)))["available"]


def test_a_file_that_is_larger_than_an_archive_is_not_available() -> None:
    assert _check(replace(FACTS, size=10**15), source="old")["reason"] == "too-large"


def test_a_file_to_which_access_is_denied_is_not_available() -> None:
    answer = _check(AccessDenied("no access"), source="old")

    assert (answer["available"], answer["reason"]) == (False, "denied")


def test_a_file_is_looked_up_in_its_source() -> None:
    assert _check(FACTS)["reason"] == "missing"
    with pytest.raises(InvalidRequest, match="source"):
        _check(FACTS, source="new")


# -- GET /v1/files --------------------------------------------------------------------------------


def test_a_listing_says_which_files_cannot_be_read() -> None:
    services = _services(default=Told(FACTS), old=Told(ARCHIVED))

    assert _listed(services)["files"][0]["unreadable"] is None
    assert _listed(services, source="old")["files"][0]["unreadable"] == IN_GLACIER


@pytest.mark.parametrize(
    ("query", "name", "top"), [({}, "default", ""), ({"source": "old"}, "old", "out/")]
)
def test_a_listing_says_which_source_it_is_of(query: Any, name: str, top: str) -> None:
    page = _listed(_services(default=Told(FACTS), old=Told(FACTS)), **query)

    assert (page["source"], page["sources"]) == (name, ["default", "old"])
    assert (page["topPrefix"], page["files"][0]["key"]) == (top, f"{top}a.bin")


def test_a_source_that_is_not_known_cannot_be_listed() -> None:
    with pytest.raises(InvalidRequest, match='source: "new" is not known; known are default, old'):
        _listed(_services(), source="new")


def test_a_cursor_is_of_one_source_only() -> None:
    services = _services(default=Told(FACTS, more=True), old=Told(FACTS, more=True))
    cursor = _listed(services, prefix="out/")["cursor"]

    assert _listed(services, prefix="out/", cursor=cursor)["files"]
    with pytest.raises(InvalidRequest, match="cursor"):
        _listed(services, source="old", prefix="out/", cursor=cursor)


def test_a_caller_sees_the_part_of_a_source_that_is_theirs() -> None:
    services = _services(default=Told(FACTS), old=Told(FACTS))
    ann = Caller(user_id="ann", prefixes=("out/ann/", "users/ann/"))

    folders = _listed(services, ann)["folders"]
    assert [folder["prefix"] for folder in folders] == ["out/ann/", "users/ann/"]
    assert _listed(services, ann, source="old")["prefix"] == "out/ann/"
    with pytest.raises(Forbidden):
        _listed(services, ann, source="old", prefix="out/bob/")


def test_a_caller_without_files_in_a_source_sees_it_empty() -> None:
    page = _listed(_services(), Caller(user_id="ann", prefixes=("users/ann/",)), source="old")

    assert (page["source"], page["folders"], page["files"]) == ("old", [], [])
