"""What an export takes, of buckets that keep versions."""

from typing import Any

import pytest

from chalicelib.errors import SourceMissing
from chalicelib.jobs.request import Wanted
from chalicelib.s3 import clients
from tests.integration.cloud import SOURCES, keep_versions
from tests.integration.finding import found, put
from tests.integration.stack import Stack


@pytest.mark.parametrize("asked", [{"prefix": "in/"}, {"keys": ("in/a", "in/b")}])
def test_files_of_a_bucket_with_versions_are_bound_to_them(
    stack: Stack, asked: dict[str, Any]
) -> None:
    keep_versions()
    put("in/a", b"old")
    newest = {key: put(key, b"new") for key in ("in/a", "in/b")}
    put("in/gone")
    clients.s3().delete_object(Bucket=SOURCES, Key="in/gone")

    all_of_them = found(stack, **asked)

    assert {entry.key: entry.version for entry in all_of_them.entries} == newest


def test_a_version_can_be_asked_for(stack: Stack) -> None:
    keep_versions()
    first = put("in/a", b"old")
    put("in/a", b"newer")

    both = found(stack, Wanted(key="in/a", name="old", version=first), Wanted(key="in/a"))

    assert [(one.name, one.size) for one in both.entries] == [("old", 3), ("in/a", 5)]
    assert both.entries[0].version == first


def test_a_version_that_does_not_exist_is_missing(stack: Stack) -> None:
    keep_versions()
    put("in/a")

    one = found(stack, Wanted(key="in/a"), Wanted(key="in/a", version="nowhere"))

    assert one.missing == ()
    assert [(left.file, left.reason, left.detail) for left in one.unreadable] == [
        ("in/a", "missing", "there is no version nowhere")
    ]
    assert one.left_out == 1


def test_two_versions_that_do_not_exist_are_both_told(stack: Stack) -> None:
    keep_versions()
    put("in/a")
    gone = [Wanted(key="in/a", version=f"no-{number}") for number in range(2)]

    with pytest.raises(SourceMissing, match=r"2 of 3 files .* in/a \(version no-0\), in/a \(ver"):
        found(stack, Wanted(key="in/a"), *gone, on_missing="fail")
    assert found(stack, Wanted(key="in/a"), *gone).left_out == 2


def test_a_deleted_file_can_be_had_by_its_version(stack: Stack) -> None:
    keep_versions()
    version = put("in/a")
    mark = clients.s3().delete_object(Bucket=SOURCES, Key="in/a")["VersionId"]

    there = found(
        stack,
        Wanted(key="in/a", version=version),
        Wanted(key="in/a", name="x"),
        Wanted(key="in/a", name="y", version=mark),
    )

    assert [one.version for one in there.entries] == [version]
    assert there.missing == ("in/a",)
    assert [one.detail for one in there.unreadable] == [f"there is no version {mark}"]
