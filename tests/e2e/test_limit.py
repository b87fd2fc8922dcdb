"""The limit of open exports per user."""

import secrets
from collections.abc import Iterator

import pytest

from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

SETTLED_SECONDS = 30
"""More than enough time for an index to follow its table."""


@pytest.fixture
def user(backstage: Backstage) -> Iterator[str]:
    """A user with one open export. The limit is two."""
    name = f"limited-{secrets.token_hex(4)}"
    with backstage.api_setting("MAX_OPEN_JOBS_PER_USER", "2"):
        handmade.waiting(backstage, name, counted=True)
        yield name


def test_a_user_with_too_many_open_exports_has_to_wait(
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
