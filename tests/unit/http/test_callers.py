"""Who calls, and where they see the API."""

from typing import Any

import pytest

from chalicelib.errors import NotFound
from chalicelib.http.callers import base_url, caller, check_owner
from tests.unit.samples import JOB_ID, a_job, some_settings

ANN: dict[str, Any] = {"authorizer": {"principalId": "ann"}}


@pytest.mark.parametrize(
    ("resource", "path", "domain", "base"),
    [
        ("/v1/export", "/api/v1/export", "a1.execute-api.eu-west-1.amazonaws.com", "/api"),
        ("/v1/export/{job_id}", f"/api/v1/export/{JOB_ID}", "a1.execute-api.com", "/api"),
        ("/v1/export/{job_id}/download", f"/v1/export/{JOB_ID}/download", "dl.example.com", ""),
        ("/v1/export", "/files/v1/export", "example.com", "/files"),
        ("/v1/export", "/a/b/v1/export/", "example.com", "/a/b"),
        ("/health", "/health", "example.com", ""),
        ("/health", "/v1/health", "example.com", "/v1"),
        ("/", "/api/", "example.com", "/api"),
        ("/", "/", "example.com", ""),
    ],
)
def test_the_api_is_where_the_request_came_to(
    resource: str, path: str, domain: str, base: str
) -> None:
    context = {"resourcePath": resource, "path": path, "domainName": domain}

    assert base_url(context, some_settings()) == f"https://{domain}{base}"


def test_a_template_takes_the_place_of_what_an_emulator_says() -> None:
    settings = some_settings(API_URL_TEMPLATE="http://127.0.0.1:4566/apis/{apiId}/{stage}/")
    context = {"apiId": "a1b2", "stage": "api"}

    assert base_url(context, settings) == "http://127.0.0.1:4566/apis/a1b2/api"


@pytest.mark.parametrize(
    ("context", "user"),
    [
        ({}, "claimed"),
        ({"authorizer": None}, "claimed"),
        ({"authorizer": {}}, "claimed"),
        ({"authorizer": {"principalId": ""}}, "claimed"),
        (ANN, "ann"),
        ({"authorizer": {"claims": {"sub": "bob"}}}, "bob"),
        ({"authorizer": {"claims": {"sub": "bob"}, "principalId": "ann"}}, "bob"),
        ({"authorizer": {"claims": None, "principalId": 5}}, "5"),
    ],
)
def test_an_authorizer_knows_better_than_the_request_who_calls(
    context: dict[str, Any], user: str
) -> None:
    assert caller(context, "claimed") == user


def test_another_users_job_does_not_exist() -> None:
    with pytest.raises(NotFound, match=JOB_ID):
        check_owner(ANN, a_job(user_id="bob"))


@pytest.mark.parametrize("context", [ANN, {}])
def test_ones_own_job_exists_and_without_an_authorizer_everybodys(context: dict[str, Any]) -> None:
    check_owner(context, a_job(user_id="ann"))
