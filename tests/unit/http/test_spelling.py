"""Both spellings of a field mean the same, and errors name the one that was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import FieldError, InvalidRequest
from chalicelib.http import parse, schemas
from chalicelib.http.spelling import CAMEL, as_sent, outer, read, twice
from tests.unit.samples import some_settings

SETTINGS = some_settings()
PROPERTIES = schemas.requests(schemas.NUMBER, ["default"])["export"]["properties"]
names = st.sampled_from([*CAMEL, *CAMEL.values(), *PROPERTIES]) | st.text()
requests = st.fixed_dictionaries(
    {"file_ids": st.lists(st.integers(10_000, 10_010), min_size=1)},
    optional={
        "on_missing": st.sampled_from(["fail", "skip"]),
        "on_unreadable": st.sampled_from(["fail", "skip"]),
        "user_id": st.text("ab", min_size=1),
        "filename": st.just("a.zip"),
        "fresh": st.booleans(),
    },
)


@given(requests, st.sets(st.sampled_from(list(CAMEL))))
def test_a_request_means_the_same_in_each_spelling(body: dict[str, Any], old: set[str]) -> None:
    mixed = {name if name in old else outer(name): value for name, value in body.items()}

    assert _asked(mixed) == _asked(body)


@given(st.dictionaries(names, st.integers()), st.sets(names))
def test_nothing_is_lost_and_each_field_is_named_as_it_was_sent(
    fields: dict[str, int], known: set[str]
) -> None:
    if twice(fields, known):
        return
    inner, sent = read(fields, known)

    assert {as_sent(f"/{name}", sent)[1:]: value for name, value in inner.items()} == fields
    assert set(inner) & set(CAMEL.values()) <= {outer(name) for name in set(CAMEL) - known}


@given(names.filter(lambda name: "/" not in name), st.text())
def test_what_follows_the_field_stays_in_a_pointer(name: str, rest: str) -> None:
    assert as_sent(f"/{name}/{rest}", {name: "x~1y"}) == f"/x~1y/{rest}"
    assert as_sent(f"/{name}/{rest}", {}) == f"/{outer(name)}/{rest}"


@pytest.mark.parametrize("inner", ["file_ids", "on_missing", "on_unreadable", "user_id"])
def test_a_field_in_both_spellings_is_refused_and_both_are_named(inner: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _asked({"keys": ["a"], inner: 1, CAMEL[inner]: 1})

    detail = f"must not be given with {inner}: they are the same field"
    assert caught.value.errors == (FieldError(f"/{CAMEL[inner]}", detail),)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"fileIds": [1]}, "/fileIds/0"),
        ({"file_ids": [1]}, "/file_ids/0"),
        ({"fileIds": [10_000] * 10_001}, "/fileIds"),
        ({"keys": ["a"], "onMissing": "no"}, "/onMissing"),
        ({"keys": ["a"], "on_missing": "no"}, "/on_missing"),
        ({"keys": ["a"], "userId": "é" * 100}, "/userId"),
        ({"keys": ["a"], "userId": "\ud800"}, "/userId"),
        ({"keys": ["a"], "user_id": "é" * 100}, "/user_id"),
        ({"keys": ["a"], "expiresIn": 60}, "/expiresIn"),
        ({"keys": ["a"], "expires_in": 60}, "/expires_in"),
    ],
)
def test_an_error_points_at_the_field_as_it_was_sent(wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _asked(wrong)

    assert [error.pointer for error in caught.value.errors] == [pointer]
    assert caught.value.detail.startswith(pointer[1:])


@pytest.mark.parametrize("body", [{}, {"onMising": "fail"}, {"keys": ["a"], "prefix": "a"}])
def test_what_may_be_sent_is_named_in_camel_case(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _asked(body)

    told = " ".join(error.detail for error in caught.value.errors)
    assert "fileIds" in told
    assert not any(inner in told for inner in CAMEL)


def test_missing_fields_are_named_in_camel_case() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.check_request(b"{}", None, SETTINGS)

    detail = "exactly one of fileId, fileIds and keys must be given"
    assert caught.value.errors == (FieldError("", detail),)


@pytest.mark.parametrize("name", ["userId", "user_id"])
def test_a_user_of_a_query_is_known_by_both_names(name: str) -> None:
    assert parse.user_id({name: "ann"}) == "ann"
    with pytest.raises(InvalidRequest, match=f"^{name}: must have 1 to 128 bytes"):
        parse.user_id({name: ""})


def test_a_query_with_both_names_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse.user_id({"userId": "ann", "user_id": "ann"})

    detail = "must not be given with user_id: they are the same field"
    assert caught.value.errors == (FieldError("userId", detail),)


def _asked(content: dict[str, Any]) -> Any:
    return parse.export_request(json.dumps(content).encode(), None, SETTINGS)
