"""What a valid body means, and where it comes from."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest, MalformedBody, invalid
from chalicelib.http import parse
from chalicelib.http.schemas import FILE_ID_MAX, FILE_ID_MIN
from chalicelib.jobs.request import ExportRequest
from tests.unit.samples import some_settings

SETTINGS = some_settings()
UNDER_SOURCES = some_settings(SOURCE_PREFIX="sources/")

file_ids = st.integers(FILE_ID_MIN, FILE_ID_MAX)


@given(st.lists(file_ids, min_size=1))
def test_each_id_counts_once_in_the_order_of_first_mention(ids: list[int]) -> None:
    asked = _asked({"file_ids": ids})

    assert asked.file_ids == tuple(dict.fromkeys(ids))
    assert asked.total_files == len(set(ids))


def test_each_key_counts_once_in_the_order_of_first_mention() -> None:
    assert _asked({"keys": ["b", "a", "b"]}).keys == ("b", "a")


def test_a_whole_number_with_a_point_is_an_id() -> None:
    asked = parse.export_request(b'{"file_ids":[10001.0, 10001, 1.0002e4]}', None, SETTINGS)

    assert asked.file_ids == (10_001, 10_002)
    assert all(type(file_id) is int for file_id in asked.file_ids)


def test_defaults_take_the_place_of_what_is_not_said() -> None:
    asked = _asked({"prefix": "a/"})

    assert asked == ExportRequest(
        prefix="a/", filename=None, on_missing="skip", user_id="anonymous", fresh=False
    )


def test_everything_that_is_said_is_kept() -> None:
    said = {
        "keys": ["ü/1", "日本"],
        "filename": "März.zip",
        "on_missing": "fail",
        "user_id": "ann",
        "fresh": True,
    }

    asked = _asked(said)

    assert asked == ExportRequest(
        keys=("ü/1", "日本"),
        filename="März.zip",
        on_missing="fail",
        user_id="ann",
        fresh=True,
    )


def test_what_is_under_the_source_prefix_may_be_asked_for() -> None:
    asked = _json({"keys": ["sources/a", "sources/"]})

    assert parse.export_request(asked, None, UNDER_SOURCES).total_files == 2
    assert parse.export_request(_json({"prefix": "sources/"}), None, UNDER_SOURCES).prefix


@pytest.mark.parametrize(
    ("wanted", "pointers"),
    [
        ({"keys": ["sources/a", "other/a", "/sources/a", "sources"]}, ["1", "2", "3"]),
        ({"prefix": "sources"}, ["prefix"]),
        ({"prefix": "other/"}, ["prefix"]),
    ],
)
def test_what_is_not_under_the_source_prefix_is_refused(
    wanted: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(InvalidRequest, match="must begin with 'sources/'") as caught:
        parse.export_request(_json(wanted), None, UNDER_SOURCES)

    assert [error.pointer.rsplit("/", 1)[1] for error in caught.value.errors] == pointers


def test_a_key_after_a_repeated_one_is_pointed_at_where_it_stands() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.export_request(_json({"keys": ["sources/a", "sources/a", "b"]}), None, UNDER_SOURCES)

    assert [error.pointer for error in caught.value.errors] == ["/keys/2"]


@pytest.mark.parametrize(
    ("asked", "by", "files"),
    [
        ({"file_id": 10_001}, "file_id", (10_001,)),
        ({"file_ids": [10_002, 10_001.0, 10_002]}, "file_ids", (10_002, 10_001)),
        ({"keys": ["b", "a", "b"]}, "keys", ("b", "a")),
        ({"keys": [f"{n}" for n in range(100)]}, "keys", tuple(f"{n}" for n in range(100))),
    ],
)
def test_a_check_names_one_file_or_several(asked: Any, by: str, files: tuple[Any, ...]) -> None:
    assert parse.check_request(_json(asked), None, SETTINGS) == parse.Check(by, by, files, None)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"{}", [""]),
        (b'{"fileId": 9999}', ["/fileId"]),
        (b'{"source": "default"}', [""]),
        (b'{"fileId": 10001, "keys": ["a"]}', [""]),
        (b'{"fileIds": [10001], "keys": ["a"]}', [""]),
        (b'{"fileIds": []}', ["/fileIds"]),
        (b'{"fileIds": [10001, 9999, true]}', ["/fileIds/1", "/fileIds/2"]),
        (b'{"file_ids": "10001"}', ["/file_ids"]),
        (b'{"keys": []}', ["/keys"]),
        (b'{"keys": ["a", "", null]}', ["/keys/1", "/keys/2"]),
        (b'{"keys": ["\\ud800"]}', ["/keys/0"]),
        (b'{"keys": [' + b'"a",' * 100 + b'"a"]}', ["/keys"]),
        (b'{"keys": ["a", "' + b"x" * 1025 + b'"]}', ["/keys/1"]),
        (b'{"keys": ["' + "é".encode() * 513 + b'"]}', ["/keys/0"]),
        (b'{"file_id": 9999}', ["/file_id"]),
        (b'{"file_id": "10001"}', ["/file_id"]),
        (b'{"file_id": 10001, "x": 1}', ["/x"]),
        (b"[10001]", [""]),
    ],
)
def test_a_check_that_names_no_file_or_a_bad_one_is_refused(
    body: bytes, pointers: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.check_request(body, None, SETTINGS)

    assert [error.pointer for error in caught.value.errors] == pointers


@given(st.binary())
def test_a_body_of_base64_is_decoded(body: bytes) -> None:
    event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert parse.raw_body(event) == body


@given(st.text())
def test_a_body_of_text_is_taken_as_utf_8(text: str) -> None:
    assert parse.raw_body({"body": text}).decode() == text


def test_a_body_with_half_a_surrogate_pair_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="not UTF-8"):
        parse.export_request(parse.raw_body({"body": '{"prefix": "\ud800"}'}), None, SETTINGS)


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": ""}])
def test_no_body_is_empty(event: dict[str, Any]) -> None:
    assert parse.raw_body(event) == b""


@pytest.mark.parametrize(
    "body",
    [
        "a",
        "a b=",
        "=",
        pytest.param(
            "é",
        ),
    ],
)
def test_broken_base64_is_malformed(body: str) -> None:
    with pytest.raises(MalformedBody):
        parse.raw_body({"body": body, "isBase64Encoded": True})


def test_one_wrong_thing_outside_the_body_is_named() -> None:
    error = invalid("limit", "must be a whole number")

    assert error.detail == "limit: must be a whole number"
    assert [fault.pointer for fault in error.errors] == ["limit"]


def _asked(content: dict[str, Any]) -> ExportRequest:
    return parse.export_request(_json(content), "application/json", SETTINGS)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()
