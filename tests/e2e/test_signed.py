"""With AUTH=iam, API Gateway checks a signature of each request below /v1."""

from collections.abc import Iterator, Mapping

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.access import Access
from infra.outputs import Outputs
from infra.targets import LOCAL_KEY
from tests.e2e import deployment
from tests.e2e.contract import PROBLEM_TYPE

TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A stack for these tests alone."""
    if deployment.given_outputs() or deployment.target_name() != "ministack":
        pytest.skip("LocalStack's community edition checks no signature")
    state = tmp_path_factory.mktemp("signed")
    with deployment.started("ministack", state, access=Access("iam")) as own:
        yield own


def _ask(
    outputs: Outputs, method: str, path: str, headers: Mapping[str, str] | None = None
) -> requests.Response:
    url = outputs.api_url + path
    return requests.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS)


def _signed(outputs: Outputs, method: str, path: str) -> dict[str, str]:
    request = AWSRequest(method, outputs.api_url + path)
    credentials = Credentials(LOCAL_KEY, LOCAL_KEY)
    SigV4Auth(credentials, "execute-api", outputs.region).add_auth(request)
    return dict(request.headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/export"),
        ("POST", "/v1/export"),
        ("DELETE", "/v1/export/00000000-0000-0000-0000-000000000000"),
        ("PATCH", "/v1/export/00000000-0000-0000-0000-000000000000"),
        ("GET", "/v1/files"),
        ("PUT", "/v1/export"),
    ],
)
def test_a_request_without_a_signature_is_answered_401(
    outputs: Outputs, method: str, path: str
) -> None:
    answer = _ask(outputs, method, path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "AWS4-HMAC-SHA256"
    assert answer.headers["Content-Type"] == PROBLEM_TYPE
    assert answer.json()["status"] == 401


def test_a_signed_request_is_answered(outputs: Outputs) -> None:
    headers = _signed(outputs, "GET", "/v1/export")

    answer = _ask(outputs, "GET", "/v1/export", headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["jobs"] == []


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/"])
def test_what_is_open_in_all_ways_takes_no_signature(outputs: Outputs, path: str) -> None:
    assert _ask(outputs, "GET", path).status_code == 200


def test_a_preflight_takes_no_signature(outputs: Outputs) -> None:
    answer = _ask(outputs, "OPTIONS", "/v1/export", {"Origin": "https://example.com"})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
