"""The S3 client of the peers and the floor: boto3 at its lightest.

It has the same settings as the worker's own client (chalicelib/aws.py).
"""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTIONS: Final = 48


def client() -> "S3Client":
    """Returns a client for the S3 that the environment names.

    boto3 is imported here, so that the time of the import counts as start.
    """
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=3,
            read_timeout=600,
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=CONNECTIONS,
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if os.environ.get("AWS_ENDPOINT_URL") else "virtual",
                # Without this, botocore computes a SHA-256 of all bytes that it uploads.
                "payload_signing_enabled": False,
            },
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
