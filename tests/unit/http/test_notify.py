"""Whom a caller may have told of a job's end."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest, LonghaulError
from chalicelib.http import bounds, parse
from chalicelib.http.callers import Caller, by_gateway, by_signature, email_of
from chalicelib.jobs.request import ExportRequest, Notify
from chalicelib.settings import Settings
from tests.unit.samples import some_settings

URL = "https://hooks.example.com/in"
SETTINGS = some_settings(
    WEBHOOK_HOSTS="hooks.example.com",
    WEBHOOK_SECRET="longhaul/webhooks",
    MAIL_FROM="longhaul@example.com",
    MAIL_TO="@example.org,Ann@example.net",
)

texts = st.text() | st.sampled_from([URL, "ann@example.net", "https://hooks.example.com:443/"])
hostile = st.dictionaries(st.sampled_from(["url", "email", "to", ""]), texts | st.none())


@given(hostile | st.none() | st.booleans() | st.lists(st.text()))
def test_any_receiver_is_taken_or_refused_with_its_pointer(asked: object) -> None:
    body = json.dumps({"file_ids": [10001], "notify": asked}).encode()

    taken = _outcome(parse.export_request, body)

    if isinstance(taken, InvalidRequest):
        assert all(fault.pointer.startswith("/notify") for fault in taken.errors)
        assert len(taken.detail.encode()) < 1_000
    else:
        assert isinstance(taken, ExportRequest)
        assert taken.notify is not None
        assert ExportRequest.from_json(taken.to_json()) == taken


@given(st.binary() | (hostile | st.text() | st.none()).map(lambda x: json.dumps(x).encode()))
def test_any_body_names_receivers_or_is_a_problem_that_can_be_told(body: bytes) -> None:
    asked = _outcome(parse.notify_request, body)

    if isinstance(asked, LonghaulError):
        assert asked.status == 400
        assert len(asked.detail.encode()) < 1_000
    else:
        assert asked is None or isinstance(asked, Notify)


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b" { } \n"])
def test_a_body_may_name_nobody(body: bytes) -> None:
    assert parse.notify_request(body, None, SETTINGS) is None


def test_a_request_that_names_nobody_is_stored_as_before() -> None:
    asked = parse.export_request(b'{"file_ids": [10001], "user_id": "ann"}', None, SETTINGS)

    assert asked.to_json() == (
        b'{"file_ids": [10001], "fresh": false, "on_missing": "skip", "user_id": "ann"}'
    )
    assert asked.digest == "1aa8e7fda790293c"


def test_the_receivers_are_a_part_of_the_request() -> None:
    body = b'{"file_ids": [10001], "notify": {"url": "%s"}}' % URL.encode()

    asked = parse.export_request(body, None, SETTINGS)

    assert asked.notify == Notify(url=URL)
    assert json.loads(asked.to_json())["notify"] == {"url": URL}


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "ann@example.com", "email_verified": True}, "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": "true"}, "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": "True"}, None),
        ({"email": "ann@example.com", "email_verified": "false"}, None),
        ({"email": "ann@example.com", "email_verified": False}, None),
        ({"email": "ann@example.com", "email_verified": None}, None),
        ({"email": "ann@example.com", "email_verified": [True]}, None),
        ({"email": "ann@example.com"}, None),
        ({"email": "ann", "email_verified": True}, None),
        ({"email": ["ann@example.com"], "email_verified": True}, None),
        ({"email": None, "email_verified": True}, None),
        ({"email_verified": True}, None),
        ({}, None),
    ],
)
def test_an_address_is_the_callers_own_if_the_provider_says_so(
    claims: dict[str, Any], email: str | None
) -> None:
    caller = by_gateway({"authorizer": {"claims": {"sub": "ann", **claims}}}, SETTINGS)

    assert caller is not None
    assert caller.email == email


def test_another_claim_needs_no_verification() -> None:
    assert email_of({"upn": "ann@example.com"}, "upn") == "ann@example.com"
    assert email_of({"email": "ann@example.com", "email_verified": True}, "upn") is None


def test_an_aws_identity_has_no_address() -> None:
    context = {"identity": {"userArn": "arn:aws:iam::123456789012:user/ann@example.com"}}
    settings = some_settings(AUTH="iam", MAIL_CLAIM="sub")

    assert by_signature(context, settings).email is None


@pytest.mark.parametrize(
    ("own", "to", "is_allowed"),
    [
        ("ann@example.com", "ann@example.com", True),
        ("Ann@Example.com", "ann@example.COM", True),
        ("ann@example.com", "bob@example.com", False),
        (None, "ann@example.com", False),
        (None, "bob@example.org", True),
        (None, "BOB@EXAMPLE.ORG", True),
        (None, "ann@EXAMPLE.net", True),
        (None, "bob@example.net", False),
        (None, "bob@evil.example.org", False),
        (None, "bob@evilexample.org", False),
    ],
)
def test_mail_goes_to_oneself_and_to_whom_the_setting_allows(
    own: str | None, to: str, *, is_allowed: bool
) -> None:
    caller = Caller(email=own)
    refused = ""

    try:
        bounds.check_mail(caller, Notify(email=to), "/notify/email", SETTINGS)
    except InvalidRequest as error:
        refused = error.errors[0].pointer

    assert refused == ("" if is_allowed else "/notify/email")


def test_a_webhook_alone_asks_for_no_address() -> None:
    bounds.check_mail(Caller(), Notify(url=URL), "/notify/email", SETTINGS)
    bounds.check_mail(Caller(), None, "/notify/email", SETTINGS)


def _outcome(parsed: Callable[[bytes, None, Settings], object], body: bytes) -> object:
    """Returns what the body is, or the error."""
    try:
        return parsed(body, None, SETTINGS)
    except LonghaulError as error:
        return error
