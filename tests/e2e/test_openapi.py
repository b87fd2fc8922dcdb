"""The OpenAPI document. (`Api` checks every answer of every test against it.)"""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.http.operations import paths
from chalicelib.named_sources import DEFAULT_NAME
from tests.e2e.api import Api
from tests.e2e.sources import Sources

OPERATIONS = [
    pytest.param(method.upper(), path, id=operation["operationId"])
    for path, methods in paths([DEFAULT_NAME]).items()
    for method, operation in methods.items()
]


@pytest.fixture(scope="module")
def job_id(api: Api, sources: Sources) -> str:
    """The id of a completed job."""
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    api.completed(job_id)
    return job_id


def test_the_document_is_valid(api: Api) -> None:
    document = api.get("/openapi.json").json()

    assert [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_names_the_server_that_serves_it(api: Api) -> None:
    answer = api.get("/openapi.json")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["servers"] == [{"url": api.base_url}]


def test_the_document_equals_the_one_in_the_code(api: Api) -> None:
    served = api.get("/openapi.json").json()["paths"]

    assert _without_security(served) == _without_security(paths([DEFAULT_NAME]))


def _without_security(described: dict[str, Any]) -> dict[str, Any]:
    """Returns the paths without what each way of AUTH asks for."""
    return {
        path: {
            method: {name: told for name, told in operation.items() if name != "security"}
            for method, operation in methods.items()
        }
        for path, methods in described.items()
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_of_the_document_exists(api: Api, job_id: str, method: str, path: str) -> None:
    query = {"only": "open"} if method == "DELETE" and path.endswith("{job_id}") else None

    answer = api.call(
        method, path.format(job_id=job_id, share_id="00000000", user_id="nobody"), query=query
    )

    assert answer.status_code != 405
    assert answer.status_code < 500
    assert "see /openapi.json" not in answer.text  # which is said of a route that does not exist
