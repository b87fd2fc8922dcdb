"""Wrong requests are refused, with a problem document that names each mistake."""

import pytest

from chalicelib.settings import settings
from tests.integration.gateway import call, post_export
from tests.integration.stack import Stack


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"filename": "a.zip"}, ""),
        ({"file_ids": [10001], "prefix": "a"}, ""),
        ({"file_ids": [10001], "keys": ["a"], "prefix": "a"}, ""),
        ({"file_ids": []}, "/file_ids"),
        ({"file_ids": [9_999]}, "/file_ids/0"),
        ({"file_ids": [10001, 100_000_001]}, "/file_ids/1"),
        ({"file_ids": [-10001]}, "/file_ids/0"),
        ({"file_ids": ["10001"]}, "/file_ids/0"),
        ({"file_ids": [10001.5]}, "/file_ids/0"),
        ({"file_ids": [True]}, "/file_ids/0"),
        ({"file_ids": [None]}, "/file_ids/0"),
        ({"file_ids": [[10001]]}, "/file_ids/0"),
        ({"file_ids": 10001}, "/file_ids"),
        ({"file_ids": None}, "/file_ids"),
        ({"file_ids": list(range(10_000, 20_001))}, "/file_ids"),
        ({"keys": []}, "/keys"),
        ({"keys": [""]}, "/keys/0"),
        ({"keys": ["a", 1]}, "/keys/1"),
        ({"keys": ["é" * 513]}, "/keys/0"),
        ({"keys": ["\ud800"]}, "/keys/0"),
        ({"prefix": ""}, "/prefix"),
        ({"prefix": ["a"]}, "/prefix"),
        ({"prefix": "\udfff"}, "/prefix"),
        ({"prefix": "é" * 513}, "/prefix"),
        ({"prefix": "a", "on_missing": "ignore"}, "/on_missing"),
        ({"prefix": "a", "on_missing": None}, "/on_missing"),
        ({"prefix": "a", "filename": ""}, "/filename"),
        ({"prefix": "a", "filename": "a" * 256}, "/filename"),
        ({"prefix": "a", "filename": 'a"\r\nSet-Cookie: x'}, "/filename"),
        ({"prefix": "a", "filename": "ü" * 128}, "/filename"),
        ({"prefix": "a", "user_id": ""}, "/user_id"),
        ({"prefix": "a", "user_id": "ü" * 65}, "/user_id"),
        ({"prefix": "a", "user_id": "u" * 129}, "/user_id"),
        ({"prefix": "a", "user_id": 7}, "/user_id"),
        ({"prefix": "a", "fresh": "yes"}, "/fresh"),
        ({"prefix": "a", "fresh": 1}, "/fresh"),
        ({"prefix": "a", "a/b~c": 1}, "/a~1b~0c"),
        ([], ""),
        ("3", ""),
        ("null", ""),
        ('"text"', ""),
    ],
)
def test_what_does_not_fit_the_schema_is_named(stack: Stack, body: object, pointer: str) -> None:
    answer = post_export(body)

    assert answer.status == 400
    assert answer.body["type"] == "urn:problem-type:longhaul:invalid-request"
    assert pointer in [error["pointer"] for error in answer.body["errors"]]
    assert stack.take_messages() == []


def test_every_mistake_is_named_at_once(stack: Stack) -> None:
    answer = post_export({"file_ids": [1, 10001, "x"], "on_missing": "no", "who": "me"})

    pointers = {error["pointer"] for error in answer.body["errors"]}
    assert pointers == {"/file_ids/0", "/file_ids/2", "/on_missing", "/who"}


def test_the_first_twenty_of_ten_thousand_errors_are_named(stack: Stack) -> None:
    answer = post_export({"file_ids": [1] * 10_000})

    assert len(answer.body["errors"]) == 20
    assert "9999 more" in answer.body["detail"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "{'file_ids': [10001]}",
        '{"file_ids": [10001],}',
        '{"file_ids": [NaN]}',
        '{"prefix": "a"} {}',
        '\ufeff{"prefix": "a"}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"prefix": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"file_ids": [' + "9" * 5_000 + "]}",
    ],
)
def test_what_is_not_json_is_refused(stack: Stack, body: object) -> None:
    answer = post_export(body)

    assert answer.status == 400
    assert answer.body["type"] == "urn:problem-type:longhaul:malformed-body"


def test_nesting_at_the_limit_of_the_parser_is_refused_too(stack: Stack) -> None:
    nested = ('{"prefix": ' + "[" * depth + "]" * depth + "}" for depth in range(850, 1000))

    statuses = {post_export(body).status for body in nested}

    assert statuses == {400}


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "json", "multipart/x"])
def test_another_content_type_is_refused(stack: Stack, content_type: str) -> None:
    answer = post_export({"prefix": "a"}, content_type=content_type)

    assert answer.status == 415
    assert content_type in answer.body["detail"]


@pytest.mark.parametrize("path", ["/v1/export", "/v1/download/check"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(stack: Stack, path: str) -> None:
    limit = settings().max_body_bytes

    answer = call("POST", path, body="[" + " " * limit)

    assert answer.status == 413
    assert str(limit) in answer.body["detail"]


def test_a_body_at_the_limit_is_read(stack: Stack) -> None:
    body = '{"prefix": "a"}'

    answer = post_export(body + " " * (settings().max_body_bytes - len(body)))

    assert answer.status == 202


@pytest.mark.parametrize(
    "body", [{}, {"file_id": 1}, {"file_id": "10001"}, {"file_id": True}, {"file_ids": [1]}, 3]
)
def test_a_check_without_one_good_file_id_is_refused(stack: Stack, body: object) -> None:
    answer = call("POST", "/v1/download/check", body=body)

    assert answer.status == 400
    assert answer.body["errors"]


def test_keys_outside_the_source_prefix_are_refused(stack: Stack) -> None:
    stack.configure_source(prefix="shared/")

    answer = post_export({"keys": ["shared/a", "private/b", "shared"]})

    assert [error["pointer"] for error in answer.body["errors"]] == ["/keys/1", "/keys/2"]


def test_a_prefix_outside_the_source_prefix_is_refused(stack: Stack) -> None:
    stack.configure_source(prefix="shared/")

    assert post_export({"prefix": "share"}).status == 400
    assert post_export({"prefix": "shared/"}).status == 202


@pytest.mark.parametrize("name", ["\ud800", "a\udfff"])
def test_an_unknown_field_with_a_lone_surrogate_in_its_name_is_refused(
    stack: Stack, name: str
) -> None:
    assert post_export({"prefix": "a", name: 1}).status == 400
