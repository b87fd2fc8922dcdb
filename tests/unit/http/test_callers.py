"""Who calls, and where they see the API."""

from typing import Any

import pytest

from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.http.callers import Caller, base_url, by_gateway, by_signature, prefixes
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
    caller = by_gateway(context, some_settings()) or Caller()

    assert caller.acting_for("claimed") == user


def test_another_users_job_does_not_exist() -> None:
    with pytest.raises(NotFound, match=JOB_ID):
        Caller(way="jwt", user_id="ann").check_owner(a_job(user_id="bob"))


@pytest.mark.parametrize("caller", [Caller(way="jwt", user_id="ann"), Caller()])
def test_ones_own_job_exists_and_without_a_proof_everybodys(caller: Caller) -> None:
    caller.check_owner(a_job(user_id="ann"))


def test_a_ticket_is_for_one_job_whoever_its_owner_is() -> None:
    ticket = Caller(way="ticket", user_id="ticket:1", job_id=JOB_ID)

    ticket.check_owner(a_job(user_id="bob"))
    with pytest.raises(NotFound):
        ticket.check_owner(a_job(user_id="ticket:1", job_id=JOB_ID.replace("0", "1")))


@pytest.mark.parametrize(
    ("arn", "user"),
    [
        (
            "arn:aws:sts::123456789012:assumed-role/backend/i-0abc",
            "arn:aws:sts::123456789012:assumed-role/backend",
        ),
        ("arn:aws:iam::123456789012:user/ops", "arn:aws:iam::123456789012:user/ops"),
    ],
)
def test_a_role_is_one_user_whatever_its_session_is_called(arn: str, user: str) -> None:
    settings = some_settings(AUTH="iam")

    assert by_signature({"identity": {"userArn": arn}}, settings).user_id == user


@pytest.mark.parametrize("context", [{}, {"identity": None}, {"identity": {"userArn": None}}])
def test_a_request_that_nobody_signed_is_nobodys(context: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized, match="SigV4"):
        by_signature(context, some_settings(AUTH="iam"))


@pytest.mark.parametrize(
    ("template", "claims", "found"),
    [
        ("", {}, None),
        ("users/{sub}/", {"sub": "ann"}, ("users/ann/",)),
        ("{tenant}/{sub}/", {"sub": "ann", "tenant": "t1"}, ("t1/ann/",)),
        ("teams/{teams}/", {"teams": ["a", "b", "a"]}, ("teams/a/", "teams/b/")),
        ("teams/{teams}/", {"teams": []}, ()),
        ("{prefixes}", {"prefixes": ["a/", "b/c/"]}, ("a/", "b/c/")),
        ("{sub}/{sub}/", {"sub": "{tenant}"}, ("{tenant}/{tenant}/",)),
    ],
)
def test_claims_bound_which_files_are_a_users(
    template: str, claims: dict[str, Any], found: tuple[str, ...] | None
) -> None:
    assert prefixes(template, claims) == found


@pytest.mark.parametrize(
    ("template", "claims"),
    [
        ("users/{sub}/", {}),
        ("users/{sub}/", {"sub": ""}),
        ("users/{sub}/", {"sub": "ann/bob"}),
        ("users/{sub}/", {"sub": 5}),
        ("users/{sub}/", {"sub": "a\n"}),
        ("users/{sub}/", {"sub": ["ann", None]}),
        ("{prefixes}", {"prefixes": "a"}),
        ("{prefixes}", {"prefixes": "/a/"}),
        ("{prefixes}", {"prefixes": ["a/", ""]}),
    ],
)
def test_a_claim_that_is_no_folder_gives_no_files(template: str, claims: dict[str, Any]) -> None:
    with pytest.raises(Forbidden, match="which files are yours"):
        prefixes(template, claims)


@pytest.mark.parametrize(
    ("claims", "is_admin"),
    [
        ({"groups": ["ops", "admins"]}, True),
        ({"groups": "admins"}, True),
        ({"groups": ["ops"]}, False),
        ({"groups": "admins,ops"}, False),
        ({}, False),
    ],
)
def test_a_claim_makes_an_administrator(claims: dict[str, Any], is_admin: bool) -> None:  # noqa: FBT001 - a column
    context = {"authorizer": {"claims": {"sub": "ann", **claims}}}
    caller = by_gateway(context, some_settings(ADMIN_CLAIM="groups=admins"))

    assert caller is not None
    assert caller.is_admin is is_admin


def test_without_a_setting_nobody_is_an_administrator() -> None:
    context = {"authorizer": {"claims": {"sub": "ann", "": ""}}}
    caller = by_gateway(context, some_settings())

    assert caller is not None
    assert not caller.is_admin
