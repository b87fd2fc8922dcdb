"""Webhooks: their content, the keys in a secret, and the signature."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Signer

from longhaul import webhooks
from longhaul.webhooks import BadSignature, Ended
from tests.unit.longhaul.hooks import ID, KEY, OTHER_KEY, body, signed
from tests.unit.longhaul.stub import JOB_ID


def test_a_webhook_says_how_the_job_has_ended() -> None:
    webhook, line = webhooks.read(body(filesSkipped=1))

    assert webhook.type == "export.completed"
    assert webhook.timestamp == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert webhook.data == Ended(JOB_ID, "completed", None, 4, 1, 192_000_000)
    assert json.loads(line) == json.loads(body(filesSkipped=1))


def test_a_line_of_a_webhook_is_ascii_without_control_characters() -> None:
    content = body("failed", reason="\x1b[2J\u202e日\n").replace(b", ", b",\n\t")

    _, line = webhooks.read(content)

    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b"\xff", "it is not UTF-8"),
        (b"[" * 100_000, "it is too deep"),
        (b"1" * 5_000, "it is not JSON"),
        (b"[]", "Expected `object`"),
        (b'{"type": "export.completed"}', "missing required field"),
        (body(jobId=7), r"data.jobId"),
        (body(bytes=-1), r"data.bytes"),
        (body(bytes=2**63), r"data.bytes"),
        (body(files="4"), r"data.files"),
        (body(status="\ud800"), "urrogate"),
    ],
)
def test_what_is_not_a_webhook_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        webhooks.read(content)


# -- keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        (KEY, (KEY,)),
        (f" {KEY}\n", (KEY,)),
        (KEY.removeprefix("whsec_"), (KEY.removeprefix("whsec_"),)),
        (KEY.rstrip("="), (KEY.rstrip("="),)),
        (json.dumps({"1": KEY, "2": OTHER_KEY}), (KEY, OTHER_KEY)),
    ],
)
def test_a_secret_is_one_key_or_the_json_of_several(secret: str, found: tuple[str, ...]) -> None:
    assert webhooks.keys(secret) == found


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_tooshort",
        "{",
        "{}",
        '{"1": 5}',
        '{"1": ["a"]}',
        "{" * 100_000,
        # Python's decoder would leave these two characters out, and others would not.
        "whsec_" + "-_" * 24,
        "whsec_" + "é" * 48,
        "whsec_" + "A" * 33,
    ],
)
def test_a_secret_that_is_none_is_refused_without_its_text(secret: str) -> None:
    with pytest.raises(ValueError, match=r"base64|JSON") as refused:
        webhooks.keys(secret)

    assert len(secret) < 10 or secret not in str(refused.value)


# -- signatures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [(KEY,), (OTHER_KEY, KEY), (KEY.rstrip("="),)])
def test_a_signature_by_one_of_the_known_keys_is_right(known: tuple[str, ...]) -> None:
    webhooks.verify(body(), signed(body(), KEY), known)


def test_a_webhook_with_two_signatures_is_right_for_whoever_knows_one_key() -> None:
    headers = signed(body(), KEY, OTHER_KEY)

    webhooks.verify(body(), headers, (KEY,))
    webhooks.verify(body(), headers, (OTHER_KEY,))


def _changed(**headers: str) -> dict[str, str]:
    return signed(body(), KEY) | {name.replace("_", "-"): text for name, text in headers.items()}


@pytest.mark.parametrize(
    ("content", "headers", "why"),
    [
        (body(files=5), lambda: signed(body(), KEY), "no matching signature found"),
        (body(), lambda: signed(body(), OTHER_KEY), "no matching signature found"),
        (body(), dict, "missing required headers"),
        (body(), lambda: _changed(webhook_id="another"), "no matching signature found"),
        (body(), lambda: _changed(webhook_signature="v1"), "malformed"),
        (body(), lambda: _changed(webhook_signature="v1,é"), "malformed"),
        (body(), lambda: _changed(webhook_signature="v1a,AAAA"), "no matching signature found"),
        (body(), lambda: _changed(webhook_timestamp="soon"), "invalid signature headers"),
        (body(), lambda: _changed(webhook_timestamp="nan"), "invalid signature headers"),
        (body(), lambda: _changed(webhook_timestamp="1e400"), "invalid signature headers"),
        (b"\xff", lambda: signed(body(), KEY), "malformed"),
    ],
)
def test_a_wrong_signature_is_refused(content: bytes, headers: Any, why: str) -> None:
    # Signed when the test runs: a signature of five minutes ago is too old.
    with pytest.raises(BadSignature, match=why):
        webhooks.verify(content, headers(), (KEY,))


@pytest.mark.parametrize(("minutes", "why"), [(-6, "too old"), (6, "too new")])
def test_a_webhook_of_another_time_is_refused(minutes: int, why: str) -> None:
    headers = signed(body(), KEY, at=datetime.now(UTC) + timedelta(minutes=minutes))

    with pytest.raises(BadSignature, match=why):
        webhooks.verify(body(), headers, (KEY,))


def test_the_key_is_what_base64_says_and_not_its_text() -> None:
    """As Standard Webhooks has it. Of selections, the key is the text."""
    raw = b"0123456789abcdef0123456789abcdef"
    at = datetime.now(UTC)
    headers = {
        "webhook-id": ID,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(raw).sign(ID, at, body().decode()),
    }

    webhooks.verify(body(), headers, (f"whsec_{b64encode(raw).decode()}",))
