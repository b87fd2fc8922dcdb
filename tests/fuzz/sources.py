"""What a fuzzed stack needs: some files, and no limits, which would refuse nearly every request."""

from chalicelib.settings import SHARE_DAYS_MAX
from tests.e2e.backstage import Backstage

UNLIMITED = {
    "RATE_LIMIT_PER_MINUTE": "0",
    "MAX_OPEN_JOBS_PER_USER": "0",
    "SHARE_MAX_DAYS": str(SHARE_DAYS_MAX),
}

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
