"""A limit of open exports for each user, on a stack that is given one."""

import secrets
from collections.abc import Iterator

import pytest

from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

SETTLED_SECONDS = 30
"""An index follows its table within moments."""


@pytest.fixture
def user(backstage: Backstage) -> Iterator[str]:
    """A user with one open export, where two is the most."""
    name = f"limited-{secrets.token_hex(4)}"
    with backstage.api_setting("MAX_OPEN_JOBS_PER_USER", "2"):
        handmade.waiting(backstage, name, counted=True)
        yield name


def test_who_has_too_many_exports_open_is_told_to_wait(
    api: Api, sources: Sources, backstage: Backstage, user: str
) -> None:
    body = {"file_ids": [sources.new_id()], "user_id": user}
    first = handmade.waiting(backstage, user, counted=True)
    backstage.wait_until_counted(user, 2, SETTLED_SECONDS)

    refused = api.post("/v1/export", body)
    api.delete(f"/v1/export/{first}")
    backstage.wait_until_counted(user, 1, SETTLED_SECONDS)
    accepted = api.post("/v1/export", body)

    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:problem-type:longhaul:too-many-jobs"
    assert int(refused.headers["Retry-After"]) > 0
    assert accepted.status_code == 202
