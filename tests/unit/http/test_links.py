"""The links of the OpenAPI document: each leads to a request, with what an answer says."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.http import links
from chalicelib.http.operations import paths

OPERATIONS = {
    operation["operationId"]: operation
    for methods in paths(["default"]).values()
    for operation in methods.values()
}
LINKS = [
    pytest.param(operation_id, status, link, id=f"{operation_id}-{status}-{name}")
    for operation_id, operation in OPERATIONS.items()
    for status, answer in operation["responses"].items()
    for name, link in answer.get("links", {}).items()
]


def _expressions(value: Any) -> Iterator[str]:
    """Yields the expressions in a link's parameters or body."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _expressions(one)
    elif value is not None:
        yield value


def _at(pointer: str, value: Any) -> bool:
    """Returns whether there is something at a JSON pointer."""
    for name in filter(None, pointer.split("/")):
        if isinstance(value, list):
            value = dict(enumerate(value)).get(int(name))
        else:
            value = (value or {}).get(name)
    return value is not None


def _values(content: dict[str, Any]) -> list[Any]:
    (described,) = content["content"].values()
    return [example["value"] for example in described["examples"].values()]


@pytest.mark.parametrize(("operation_id", "status", "link"), LINKS)
def test_a_link_leads_to_a_request_that_takes_what_it_says(
    operation_id: str, status: str, link: dict[str, Any]
) -> None:
    target = OPERATIONS[link["operationId"]]
    known = {parameter["name"] for parameter in target.get("parameters", ())}

    assert set(link.get("parameters", {})) <= known
    assert "requestBody" not in link or "requestBody" in target
    assert link["description"]


@pytest.mark.parametrize(("operation_id", "status", "link"), LINKS)
def test_what_a_link_takes_is_in_an_example_of_the_answer_or_in_the_request(
    operation_id: str, status: str, link: dict[str, Any]
) -> None:
    source = OPERATIONS[operation_id]
    answer = source["responses"][status]

    for expression in _expressions([link.get("parameters"), link.get("requestBody")]):
        where, _, pointer = expression.partition("#")
        if where == "$response.body":
            # Only a page that is not the last has a cursor; of totals, the example has counted all.
            is_there = any(_at(pointer, value) for value in _values(answer))
            assert is_there or pointer == "/cursor", expression
        elif where == "$request.body":
            assert pointer == "/userId"  # as the schema has it
        elif where.startswith("$request.path."):
            named = {one["name"] for one in source["parameters"] if one["in"] == "path"}
            assert where.removeprefix("$request.path.") in named
        else:
            assert where.removeprefix("$response.header.") in answer["headers"]


def test_a_job_that_was_made_leads_to_all_that_can_be_done_with_it() -> None:
    of_a_job = {
        name
        for name, operation in OPERATIONS.items()
        if [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
        == ["job_id"]
    }

    for operation_id in ("createExport", "retryExport"):
        assert of_a_job <= links.of(operation_id, 202).keys()
