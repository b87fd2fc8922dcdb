"""The client against a stack with AUTH=jwt, which also takes selections."""

import json
import time
from pathlib import Path

import jwt
import pytest

from infra import issuer, stack, targets
from infra.access import Access
from infra.outputs import Outputs
from tests.e2e import deployment
from tests.e2e.backstage import Backstage
from tests.js.test_suites import run_node

_KEY = "downloads/10001"


@pytest.fixture(scope="module")
def guarded(outputs: Outputs, stack_state: Path) -> Outputs:
    """A second stack on the emulator of these tests."""
    if deployment.given_outputs():
        pytest.skip("a stack that is given has the access that its operator chose")
    target = targets.named("ministack")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELECTION_KEYS", "make")
        made = stack.up(target, stack_state, "longhaul-guarded", access=Access("jwt"))
    Backstage(made).s3.put_object(Bucket=made.source_bucket, Key=_KEY, Body=b"1")
    return made


def test_tokens_and_selections(built: Path, guarded: Outputs, stack_state: Path) -> None:
    secrets = Backstage(guarded).session.client("secretsmanager")
    secret = secrets.get_secret_value(SecretId=guarded.selection_keys or "")["SecretString"]
    kid, key = next(iter(json.loads(secret).items()))
    claims = {"aud": "longhaul", "sub": "ann", "exp": int(time.time()) + 600, "keys": [_KEY]}
    given = {
        "url": guarded.api_url,
        "key": _KEY,
        "token": issuer.token(stack_state, "ann"),
        "expired": issuer.token(stack_state, "ann", exp=int(time.time()) - 3600),
        "selection": jwt.encode({**claims, "jti": "once"}, key, "HS256", {"kid": kid}),
    }

    run_node(built, ["test/signed.test.js"], {"GIVEN": json.dumps(given)})
