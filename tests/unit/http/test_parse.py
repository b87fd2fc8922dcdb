"""What the body of a request may say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import (
    BodyTooLarge,
    InvalidRequest,
    LonghaulError,
    MalformedBody,
    UnsupportedMediaType,
)
from chalicelib.http import parse
from chalicelib.http.faults import ERRORS_SHOWN
from chalicelib.http.schemas import FILE_ID_MAX, FILE_ID_MIN, FILES_MAX, KEY_MAX
from chalicelib.jobs.request import ExportRequest, Wanted
from tests.unit.samples import some_settings

SETTINGS = some_settings()
ONE_FILE = {"file_ids": [FILE_ID_MIN]}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "file_ids": st.lists(st.integers(FILE_ID_MIN - 1, FILE_ID_MIN + 5) | scalars) | values,
        "keys": st.lists(st.text()) | values,
        "prefix": st.text() | values,
        "filename": st.text() | values,
        "on_missing": st.sampled_from(["fail", "skip"]) | values,
        "user_id": st.text() | values,
        "fresh": st.booleans() | values,
        "notify": st.dictionaries(st.sampled_from(["url", "email"]), st.text()) | values,
        "unknown/~field": values,
    },
)


@given(st.binary() | (values | near_misses).map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_request_or_a_problem_that_can_be_told(body: bytes) -> None:
    outcome = _outcome(body, "application/json")

    if isinstance(outcome, LonghaulError):
        assert 400 <= outcome.status < 500
        assert 0 < len(outcome.detail.encode()) < 1_000
    else:
        assert ExportRequest.from_json(outcome.to_json()) == outcome


@given(st.text())
def test_any_content_type_is_taken_or_refused(content_type: str) -> None:
    outcome = _outcome(json.dumps(ONE_FILE).encode(), content_type)

    assert isinstance(outcome, ExportRequest | UnsupportedMediaType)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        " Application/JSON ; charset=utf-8",
        "application/vnd.acme+json",
    ],
)
def test_json_is_taken_by_any_of_its_names(content_type: str | None) -> None:
    body = json.dumps(ONE_FILE).encode()

    assert parse.export_request(body, content_type, SETTINGS).file_ids == (FILE_ID_MIN,)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/jsonp", "multipart/form-data"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=content_type):
        parse.export_request(b"{}", content_type, SETTINGS)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{"file_ids": [NaN]}', "NaN is not a JSON value"),
        (b'{"split": ' + b"9" * 5_000 + b"}", "a number in it has too many digits$"),
        (b'{"file_ids": [-Infinity]}', "-Infinity is not a JSON value"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b'{"prefix": "\xff"}', "is not UTF-8: byte 12"),
        (b'{"prefix": "\xed\xa0\x80"}', "is not UTF-8: byte 12"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "is not JSON"),
    ],
)
def test_what_is_not_json_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBody, match=reason):
        parse.export_request(body, "application/json", SETTINGS)


@pytest.mark.parametrize("depth", [10, 500])
def test_a_deeply_nested_value_is_invalid(depth: int) -> None:
    assert _pointers(b'{"file_ids":[10001],"filename":%s}' % _nested(depth)) == ["/filename"]


def test_no_depth_of_nesting_breaks_the_parser() -> None:
    for depth in range(700, 1_000):
        with pytest.raises(LonghaulError):
            parse.export_request(b'{"filename":%s}' % _nested(depth), None, SETTINGS)


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    settings = some_settings(MAX_BODY_BYTES="1024")
    body = json.dumps(ONE_FILE).encode()

    assert parse.export_request(body.ljust(1024), None, settings).total_files == 1
    with pytest.raises(BodyTooLarge, match="has 1025 bytes, and at most 1024"):
        parse.export_request(body.ljust(1025), None, settings)


@pytest.mark.parametrize("count", [1, FILES_MAX])
def test_as_many_files_as_the_limit_can_be_asked_for(count: int) -> None:
    ids = list(range(FILE_ID_MIN, FILE_ID_MIN + count))

    assert _asked({"file_ids": ids}).file_ids == tuple(ids)
    assert _asked({"keys": [f"k{i}" for i in ids]}).total_files == count


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({}, [""]),
        ({"filename": "x"}, [""]),
        ({**ONE_FILE, "keys": ["a"]}, [""]),
        ({**ONE_FILE, "prefix": "a"}, [""]),
        ({"keys": ["a"], "prefix": "a"}, [""]),
        ([], [""]),
        (None, [""]),
        ("x", [""]),
        ({"file_ids": []}, ["/file_ids"]),
        ({"file_ids": [FILE_ID_MIN - 1]}, ["/file_ids/0"]),
        ({"file_ids": [FILE_ID_MIN, FILE_ID_MAX + 1]}, ["/file_ids/1"]),
        ({"file_ids": [True]}, ["/file_ids/0"]),
        ({"file_ids": ["10001"]}, ["/file_ids/0"]),
        ({"file_ids": [None, 10_001, {}]}, ["/file_ids/0", "/file_ids/2"]),
        ({"file_ids": "10001"}, ["/file_ids"]),
        ({"file_ids": None}, ["/file_ids"]),
        ({"file_ids": list(range(FILE_ID_MIN, FILE_ID_MIN + FILES_MAX + 1))}, ["/file_ids"]),
        ({"keys": [""]}, ["/keys/0"]),
        ({"keys": [5]}, ["/keys/0"]),
        ({"keys": ["k" * (KEY_MAX + 1)]}, ["/keys/0"]),
        ({"keys": ["é" * (KEY_MAX // 2 + 1)]}, ["/keys/0"]),
        ({"prefix": ""}, ["/prefix"]),
        ({"prefix": "é" * (KEY_MAX // 2 + 1)}, ["/prefix"]),
        ({**ONE_FILE, "filename": ""}, ["/filename"]),
        ({**ONE_FILE, "filename": "x" * 201}, ["/filename"]),
        ({**ONE_FILE, "filename": "a\r\nb"}, ["/filename"]),
        ({**ONE_FILE, "filename": "a\x7f"}, ["/filename"]),
        ({**ONE_FILE, "filename": "a\n"}, ["/filename"]),
        ({**ONE_FILE, "on_missing": "ignore"}, ["/on_missing"]),
        ({**ONE_FILE, "user_id": ""}, ["/user_id"]),
        ({**ONE_FILE, "user_id": "u" * 129}, ["/user_id"]),
        ({**ONE_FILE, "fresh": 1}, ["/fresh"]),
        ({**ONE_FILE, "fileIds": [1]}, ["/fileIds"]),
        ({**ONE_FILE, "a/b~c": 1}, ["/a~1b~0c"]),
        ({**ONE_FILE, "filename": "\ud800"}, ["/filename"]),
        ({**ONE_FILE, "user_id": "\udfff", "filename": "x"}, ["/user_id"]),
        ({"keys": ["a", "\ud800"]}, ["/keys/1"]),
    ],
)
def test_each_thing_wrong_is_pointed_at(wrong: object, pointers: list[str]) -> None:
    assert _pointers(json.dumps(wrong).encode()) == pointers


@pytest.mark.parametrize("number", ["10001.5", "1e400", "1e99"])
def test_a_number_that_is_no_id_is_pointed_at(number: str) -> None:
    assert set(_pointers(b'{"file_ids":[%s]}' % number.encode())) == {"/file_ids/0"}


def test_at_most_twenty_errors_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(InvalidRequest, match=r"and 9999 more") as caught:
        _asked({"file_ids": [0] * FILES_MAX})

    assert len(caught.value.errors) == ERRORS_SHOWN


def test_a_list_that_is_too_long_is_not_looked_at_item_by_item() -> None:
    assert _pointers(json.dumps({"file_ids": [0] * (FILES_MAX + 1)}).encode()) == ["/file_ids"]


def test_a_long_value_is_shown_shortened() -> None:
    with pytest.raises(InvalidRequest) as caught:
        _asked({**ONE_FILE, "filename": "x" * 10_000})

    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"source": "scanz"}, 'source: "scanz" must be one of default'),
        ({"on_missing": "maybe"}, 'on_missing: "maybe" must be one of fail, skip'),
        ({"filename": ""}, "filename: must not be empty"),
    ],
)
def test_a_rule_is_said_in_plain_words(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _asked({**ONE_FILE, **wrong})

    assert refused.value.detail == said


def test_a_field_with_a_name_that_is_no_text_can_be_answered() -> None:
    with pytest.raises(InvalidRequest) as caught:
        _asked({**ONE_FILE, "a\ud800b": 1})

    assert caught.value.errors[0].pointer.encode()


@pytest.mark.parametrize("key", ["a\nb", "\x00", "\x7f", "\x1b[2J"])
def test_a_key_may_hold_any_character(key: str) -> None:
    assert _asked({"keys": [key]}).keys == (key,)
    assert _asked({"prefix": key}).prefix == key
    assert _asked({"files": [{"key": key}]}).files == (Wanted(key=key),)


def _asked(content: dict[str, Any]) -> ExportRequest:
    return parse.export_request(json.dumps(content).encode(), "application/json", SETTINGS)


def _outcome(body: bytes, content_type: str) -> ExportRequest | LonghaulError:
    try:
        return parse.export_request(body, content_type, SETTINGS)
    except LonghaulError as error:
        return error


def _pointers(body: bytes) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        parse.export_request(body, "application/json", SETTINGS)
    return [error.pointer for error in caught.value.errors]


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_a_body_that_is_too_large_is_refused_before_a_selection_is_looked_for() -> None:
    settings = some_settings(MAX_BODY_BYTES="1024")
    body = b'{"selection":[%s[]]}' % (b"[]," * 400)

    with pytest.raises(BodyTooLarge, match="at most 1024"):
        parse.selection(body, None, settings)
    with pytest.raises(BodyTooLarge, match="at most 1024"):
        parse.selection(b'{"selection":' + b" " * 1024, None, settings)
