"""What a fuzzed stack needs: some files, somebody to tell, and no limits, which would refuse nearly
every request."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from chalicelib.settings import SHARE_DAYS_MAX
from infra import stack
from infra.outputs import Outputs
from tests.e2e.backstage import Backstage

UNLIMITED = {
    "RATE_LIMIT_PER_MINUTE": "0",
    "MAX_OPEN_JOBS_PER_USER": "0",
    "SHARE_MAX_DAYS": str(SHARE_DAYS_MAX),
}

_TOLD = {"WEBHOOK_URL": "https://127.0.0.1:9/", "WEBHOOK_HOSTS": "127.0.0.1:9"}
"""Each job has a webhook, which nobody takes: so there is one to send again."""

FILE_IDS = (10001, 10002)
"""The files that the examples of the OpenAPI document ask for."""


def put(backstage: Backstage) -> None:
    """Puts the files into the source bucket."""
    for file_id in FILE_IDS:
        backstage.s3.put_object(
            Bucket=backstage.outputs.source_bucket,
            Key=f"downloads/{file_id}",
            Body=b"%d" % file_id * 1000,
        )


@contextmanager
def running(state: Path) -> Iterator[Outputs]:
    """A stack of its own with all of that, during the body."""
    with mock.patch.dict(os.environ, _TOLD), stack.running(state, settings=UNLIMITED) as outputs:
        put(Backstage(outputs))
        yield outputs
