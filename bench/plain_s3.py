"""The S3 client that peers and floor use: as light as boto3 can be made, with the settings that the
worker's own has (chalicelib/aws.py)."""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTIONS: Final = 48


def client() -> "S3Client":
    """A client by the environment. boto3 is imported here: its time counts as the start's."""
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
                # Else botocore takes a SHA-256 of each byte that it uploads.
                "payload_signing_enabled": False,
            },
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
