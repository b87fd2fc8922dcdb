"""The local issuer as a daemon, and the tokens that it signs for scripts."""

import json
import stat
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from infra import issuer
from infra.errors import NotDeployedError
from infra.issuer import process


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a provider that runs."""
    directory = tmp_path_factory.mktemp("state")
    with issuer.running(directory):
        yield directory


def _claims(state: Path, token: str, issued_by: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{issuer.url(state)}/jwks.json") as answer:
        (published,) = json.load(answer)["keys"]
    claims: dict[str, object] = jwt.decode(
        token, jwt.PyJWK(published), audience="longhaul", issuer=issued_by
    )
    return claims


def test_a_token_for_a_script_is_as_good_as_one_that_somebody_signed_in_for(state: Path) -> None:
    url = issuer.url(state)
    assert url is not None

    claims = _claims(state, issuer.token(state, "alice", groups=["admin"]), url)

    assert claims["sub"] == "alice"
    assert claims["groups"] == ["admin"]


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"exp": 1}, jwt.ExpiredSignatureError),
        ({"aud": "other"}, jwt.InvalidAudienceError),
        ({"aud": None}, jwt.MissingRequiredClaimError),
        ({"iss": "https://other.example"}, jwt.InvalidIssuerError),
    ],
)
def test_bad_tokens_can_be_made_for_tests(
    state: Path, claims: dict[str, Any], error: type[Exception]
) -> None:
    token = issuer.token(state, "alice", **claims)

    with pytest.raises(error):
        _claims(state, token, str(issuer.url(state)))


def test_a_token_of_another_key_can_be_made_for_tests(state: Path, tmp_path: Path) -> None:
    url = str(issuer.url(state))
    token = issuer.token(tmp_path, "alice", iss=url)

    with pytest.raises(jwt.InvalidSignatureError):
        _claims(state, token, url)


def test_the_key_is_for_the_user_alone(state: Path) -> None:
    file = process.directory(state) / "key.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_log_says_that_it_is_for_development(state: Path) -> None:
    assert "for development" in process.log_file(state).read_text()


def test_a_second_start_finds_the_first(state: Path) -> None:
    assert issuer.start(state) == issuer.url(state)


def test_a_provider_that_does_not_run_signs_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotDeployedError, match="make up AUTH=jwt"):
        issuer.token(tmp_path, "alice")


def test_its_key_and_its_address_stay_after_a_restart(tmp_path: Path) -> None:
    with issuer.running(tmp_path) as first:
        token = issuer.token(tmp_path, "alice")
    assert issuer.url(tmp_path) is None
    assert issuer.stop(tmp_path) is False

    with issuer.running(tmp_path) as second:
        claims = _claims(tmp_path, token, second)

    assert second == first
    assert claims["exp"] == pytest.approx(time.time() + 3600, abs=60)
