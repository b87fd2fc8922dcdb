"""The clients of S3: one for each region of a source, and links that end with their signer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from chalicelib import aws
from chalicelib.errors import GivenUp, Unavailable
from chalicelib.s3 import clients
from chalicelib.s3.clients import SESSION_SECONDS
from chalicelib.services import made
from tests.unit.samples import some_settings

NOW = datetime.now(UTC).replace(microsecond=0)
NOW_MS = int(NOW.timestamp()) * 1000


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cached in (aws.session, clients.client, clients.fast, clients.for_links):
        cached.cache_clear()


# -- regions ---------------------------------------------------------------------------------------


def test_a_region_of_its_own_has_a_client_and_a_fast_path_of_its_own() -> None:
    here, far = clients.s3(), clients.s3(0, "us-west-2")

    assert (here.meta.region_name, far.meta.region_name) == ("eu-central-1", "us-west-2")
    assert "us-west-2" in far.meta.endpoint_url
    fast = clients.fast_path("us-west-2")
    assert fast
    assert (fast.region, fast.endpoint) == ("us-west-2", far.meta.endpoint_url)


def test_the_stacks_own_region_is_reached_by_one_client_whatever_it_is_called() -> None:
    assert clients.s3() is clients.s3(0) is clients.s3(0, "eu-central-1")
    assert clients.fast_path() is clients.fast_path("eu-central-1")


def test_an_emulator_has_all_regions_at_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    assert clients.s3() is clients.s3(0, "us-west-2")


SOURCES = """[
    {"name": "near"},
    {"name": "far", "bucket": "far-away", "region": "us-west-2",
     "owner": "123456789012", "requesterPays": true}
]"""


def test_a_source_that_nobody_asks_for_costs_no_client() -> None:
    asked: list[str] = []

    def way(region: str) -> Any:
        asked.append(region)
        return (f"client of {region}", f"fast path of {region}")

    here: Any = "client"
    services = made(some_settings(SOURCES=SOURCES), dynamodb=here, s3=here, sqs=here, elsewhere=way)

    assert services.source().client is here
    assert services.source("near").name == "sources"
    assert not asked
    far = services.source("far")
    assert [str(far.client), str(far.fast)] == ["client of us-west-2", "fast path of us-west-2"]
    assert (far.access.owner, far.access.requester_pays) == ("123456789012", True)
    assert services.source("far") is far
    assert asked == ["us-west-2"]
    assert list(services.sources) == ["near", "far"]


def test_a_job_whose_source_was_taken_away_is_given_up() -> None:
    nowhere: Any = None
    services = made(some_settings(), dynamodb=nowhere, s3=nowhere, sqs=nowhere)

    with pytest.raises(GivenUp, match="this stack has no source 'other' any more"):
        services.source("other")


# -- links -----------------------------------------------------------------------------------------


def _signed_by(monkeypatch: pytest.MonkeyPatch, credentials: object) -> None:
    monkeypatch.setattr(aws.session(), "get_credentials", lambda: credentials)


def _renewable(lives: timedelta, renewed: timedelta | None = None) -> RefreshableCredentials:
    def renew() -> dict[str, str]:
        if renewed is None:
            raise CredentialRetrievalError(provider="test", error_msg="no answer")
        end = (NOW + renewed).isoformat()
        return {"access_key": "c", "secret_key": "d", "token": "e", "expiry_time": end}

    return RefreshableCredentials("a", "b", "c", NOW + lives, renew, "test")


def test_permanent_keys_sign_for_good() -> None:
    assert clients.signer_lives(NOW_MS) is None


def test_a_session_whose_end_nobody_says_is_trusted_for_a_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _signed_by(monkeypatch, Credentials("a", "b", "token"))

    assert clients.signer_lives(NOW_MS) == SESSION_SECONDS == 15 * 60


def test_the_end_of_credentials_is_known_where_they_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _signed_by(monkeypatch, _renewable(timedelta(hours=6)))

    assert clients.signer_lives(NOW_MS) == 6 * 3600


def test_credentials_that_are_about_to_end_are_renewed_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _signed_by(monkeypatch, _renewable(timedelta(minutes=5), renewed=timedelta(hours=1)))

    assert clients.signer_lives(NOW_MS) == 3600


def test_credentials_that_cannot_be_renewed_sign_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _signed_by(monkeypatch, _renewable(timedelta(seconds=5)))

    with pytest.raises(Unavailable, match="could not sign a link"):
        clients.signer_lives(NOW_MS)
