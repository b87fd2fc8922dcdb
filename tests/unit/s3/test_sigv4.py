"""Our signature of a request to S3, held to botocore's."""

from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.s3.sigv4 import signed

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BOTOCORE_CLOCK = "botocore.auth.get_current_datetime"

words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
keys = st.builds(ReadOnlyCredentials, words, words, st.none() | words)
paths = st.text(min_size=1, max_size=40).map(lambda key: "/bucket/" + _encoded(key, "/"))
queries = st.just("") | st.builds(
    lambda number, upload: f"?partNumber={number}&uploadId={_encoded(upload)}",
    st.integers(1, 10_000),
    st.text(max_size=40),
)
targets = st.builds("{}{}".format, paths, queries)
headers = st.dictionaries(
    st.sampled_from(["range", "if-match", "x-amz-copy-source", "x-amz-checksum-mode"]),
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=20),
)


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe=f"{safe}~", errors="replace")


class _UnsignedPayload(S3SigV4Auth):
    def payload(self, _: Any) -> str:
        return "UNSIGNED-PAYLOAD"


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT"]),
    target=targets,
    given_headers=headers,
    keys=keys,
    region=st.sampled_from(["us-east-1", "eu-central-2"]),
)
def test_a_signature_is_the_one_that_botocore_makes(
    method: str,
    target: str,
    given_headers: dict[str, str],
    keys: ReadOnlyCredentials,
    region: str,
) -> None:
    url = f"https://s3.example.com:8443{target}"
    request = AWSRequest(method, url, headers=given_headers)
    credentials = Credentials(str(keys.access_key), str(keys.secret_key), keys.token)
    with patch(BOTOCORE_CLOCK, return_value=NOW):
        _UnsignedPayload(credentials, "s3", region).add_auth(request)

    ours = signed(
        method,
        target,
        {"host": "s3.example.com:8443", **given_headers},
        keys=keys,
        region=region,
        now=NOW,
    )

    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


@given(body=st.binary(max_size=40), keys=keys, service=st.sampled_from(["dynamodb", "sqs"]))
def test_a_signature_with_a_body_is_the_one_that_botocore_makes(
    body: bytes, keys: ReadOnlyCredentials, service: str
) -> None:
    payload = sha256(body).hexdigest()
    headers = {"content-type": "x", "x-amz-target": "A.B", "x-amz-content-sha256": payload}
    request = AWSRequest("POST", "http://h.example.com:8/", headers=headers, data=body)
    credentials = Credentials(str(keys.access_key), str(keys.secret_key), keys.token)
    with patch(BOTOCORE_CLOCK, return_value=NOW):
        SigV4Auth(credentials, service, "eu-west-1").add_auth(request)

    ours = signed(
        "POST",
        "/",
        {"host": "h.example.com:8", "content-type": "x", "x-amz-target": "A.B"},
        keys=keys,
        region="eu-west-1",
        now=NOW,
        service=service,
        payload=payload,
    )

    assert ours["authorization"] == request.headers["Authorization"]


def test_renewed_credentials_sign_from_the_next_request_on() -> None:
    first = SimpleNamespace(access_key="A", secret_key="one", token=None)
    second = SimpleNamespace(access_key="A", secret_key="two", token=None)

    signatures = {
        signed("GET", "/b/k", {"host": "h"}, keys=one, region="eu-west-1", now=NOW)["authorization"]
        for one in (first, second, first)
    }

    assert len(signatures) == 2


def test_the_next_day_has_a_key_of_its_own() -> None:
    keys = SimpleNamespace(access_key="A", secret_key="one", token=None)
    tomorrow = NOW.replace(day=3)

    today = signed("GET", "/b/k", {"host": "h"}, keys=keys, region="eu-west-1", now=NOW)
    later = signed("GET", "/b/k", {"host": "h"}, keys=keys, region="eu-west-1", now=tomorrow)

    assert "/20260102/" in today["authorization"]
    assert "/20260103/" in later["authorization"]
