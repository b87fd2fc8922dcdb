"""How the OpenAPI document says who may do what, for each way of AUTH."""

import re
from typing import Any

import pytest

from chalicelib.http import guard, openapi, security
from chalicelib.http.answer_schemas import PROBLEM
from chalicelib.http.calls import Call
from chalicelib.settings import settings
from infra.paths import REPOSITORY
from tests.unit.samples import REQUIRED, some_settings

ISSUER = "https://id.example.com"
TOKEN: list[dict[str, list[str]]] = [{"token": []}, {"openId": []}]
OPEN = {"health", "openapi", "protectedResource"}
OF_A_TICKET = {"getExport", "watchExport", "downloadArchive", "cancelExport"}


def _document(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    for name, value in {**REQUIRED, **environment}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    context = {"resourcePath": "/openapi.json", "path": "/openapi.json", "domainName": "a.example"}
    try:
        return openapi.document(Call(context, {}, {}, b"")).content
    finally:
        settings.cache_clear()


def _asked(document: Any) -> dict[str, Any]:
    """Returns what each operation asks for, by its id."""
    return {
        operation["operationId"]: operation.get("security", document.get("security"))
        for operations in document["paths"].values()
        for operation in operations.values()
    }


def _grouped(document: Any) -> dict[str, Any]:
    asked = _asked(document)
    others = {name: one for name, one in asked.items() if name not in {*OPEN, *OF_A_TICKET}}
    created = others.pop("createExport")
    (rest,) = {str(one): one for one in others.values()}.values()
    (by_ticket,) = {str(asked[name]): asked[name] for name in OF_A_TICKET}.values()
    assert [asked[name] for name in OPEN] == [[]] * len(OPEN)
    return {"created": created, "by_ticket": by_ticket, "rest": rest}


def test_with_none_a_ticket_is_possible_and_nothing_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = _document(monkeypatch)

    assert set(document["components"]["securitySchemes"]) == {"ticket"}
    assert _grouped(document) == {
        "created": None,
        "by_ticket": [{}, {"ticket": []}],
        "rest": None,
    }


def test_with_jwt_a_token_is_needed_or_a_ticket_or_a_selection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = _document(monkeypatch, AUTH="jwt", JWT_ISSUER=ISSUER, JWT_AUDIENCE="exports")

    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"token", "openId", "ticket"}
    assert ISSUER in schemes["token"]["description"]
    assert "`exports`" in schemes["token"]["description"]
    assert schemes["openId"]["openIdConnectUrl"] == f"{ISSUER}/.well-known/openid-configuration"
    assert _grouped(document) == {
        "created": [*TOKEN, {}],
        "by_ticket": [*TOKEN, {"ticket": []}],
        "rest": TOKEN,
    }


def test_without_an_issuer_no_token_of_a_user_is_taken() -> None:
    config = some_settings(AUTH="jwt", SELECTION_KEYS="longhaul/selections")

    schemes = security.schemes(config)

    assert set(schemes) == {"token", "ticket"}
    assert "takes no tokens of users" in schemes["token"]["description"]


def test_with_iam_each_request_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _document(monkeypatch, AUTH="iam")

    signed: list[dict[str, list[str]]] = [{"sigv4": []}]
    assert set(document["components"]["securitySchemes"]) == {"sigv4"}
    assert _grouped(document) == {"created": signed, "by_ticket": signed, "rest": signed}


def test_the_operations_of_a_ticket_are_those_of_the_guard() -> None:
    named = {
        "getExport": guard.STATUS,
        "watchExport": guard.STATUS,
        "downloadArchive": guard.LINK,
        "cancelExport": guard.DELETE,
    }
    rules = {rule for rule in vars(guard).values() if isinstance(rule, guard.Rule)}

    assert set(named) == OF_A_TICKET
    assert {rule for rule in rules if rule.scopes} == set(named.values())
    assert {rule for rule in rules if rule.takes_selection} == {guard.CREATE}
    assert {rule for rule in rules if rule.is_open} == {guard.HEALTH}


@pytest.mark.parametrize("pattern", ["", "[a-z]{3}"])
def test_no_example_has_an_id_where_the_stack_has_its_own(
    monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    document = _document(monkeypatch, FILE_ID_PATTERN=pattern)

    bodies = [
        str(operation["requestBody"])
        for operations in document["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    ]
    assert ("'fileIds'" in "".join(bodies)) == (not pattern)


def test_the_types_of_problems_are_listed_as_the_documentation_lists_them() -> None:
    text = (REPOSITORY / "docs" / "problems.md").read_text().partition("## Why a job failed")[0]
    told = set(re.findall(r"^\| `([a-z-]+)` \| \d+", text, re.MULTILINE))

    listed = PROBLEM["properties"]["type"]["enum"]
    assert {one.rpartition(":")[2] for one in listed if one != "about:blank"} == told
    assert "about:blank" in listed
