"""The OpenAPI document shows requests in both spellings, and says what is taken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator

from chalicelib.errors import InvalidRequest
from chalicelib.http import parse, schemas
from chalicelib.http.openapi import in_both_spellings
from chalicelib.http.spelling import CAMEL
from tests.unit.samples import some_settings

SETTINGS = some_settings()
INNER = schemas.requests(schemas.NUMBER, ["default"])
SHOWN = {name: in_both_spellings(schema) for name, schema in INNER.items()}
GOOD: dict[str, Any] = {
    "file_id": 10_001,
    "file_ids": [10_001],
    "keys": ["a"],
    "prefix": "a/",
    "files": [{"key": "a"}],
    "on_missing": "skip",
    "on_unreadable": "fail",
    "user_id": "ann",
    "expires_in": 60,
    "fresh": True,
    "filename": "a.zip",
}
SPELLED = GOOD | {camel: GOOD[inner] for inner, camel in CAMEL.items() if inner in GOOD}


@pytest.mark.parametrize("name", ["export", "check", "share"])
@given(data=st.data())
def test_the_document_allows_what_is_taken_and_nothing_else(name: str, data: st.DataObject) -> None:
    fields = data.draw(st.sets(st.sampled_from(sorted(SPELLED)), max_size=4))
    body = {field: SPELLED[field] for field in fields}

    assert OAS31Validator(SHOWN[name]).is_valid(body) == _is_taken(name, body)


@pytest.mark.parametrize("name", SHOWN)
def test_a_field_is_shown_in_camel_case_and_its_old_spelling_as_deprecated(name: str) -> None:
    properties = SHOWN[name]["properties"]

    assert {old for old, rules in properties.items() if rules.get("deprecated")} == {
        old for old in INNER[name]["properties"] if old in CAMEL
    }
    assert all(CAMEL[old] in properties for old in properties if old in CAMEL)


def test_no_field_of_a_request_has_two_words_and_one_spelling() -> None:
    assert {
        field
        for schema in INNER.values()
        for field in schema["properties"]
        if "_" in field or not field.islower()
    } <= set(CAMEL)


def test_examples_and_descriptions_are_in_camel_case() -> None:
    shown = SHOWN["export"]
    told = json.dumps([shown["examples"], [one.get("description") for one in SHOWN.values()]])

    assert "onMissing" in told
    assert not any(old in told for old in CAMEL)
    assert all(OAS31Validator(shown).is_valid(example) for example in shown["examples"])


def _is_taken(name: str, body: dict[str, Any]) -> bool:
    try:
        parse.json_body(json.dumps(body).encode(), None, name, SETTINGS)
    except InvalidRequest:
        return False
    return True
