"""What a run would cost on AWS: its requests as counted, its seconds as measured here.

The prices are those that the planner decides by (chalicelib/archive/costs.py), with their sources.
Storage and data transfer within a region are left out: all contenders have the same.
"""

from collections.abc import Mapping
from typing import Final

from chalicelib.archive import costs

_S3_READS: Final = frozenset({"GetObject", "HeadObject", "GetObjectAttributes"})
_S3_FREE: Final = frozenset({"DeleteObject", "DeleteObjects", "AbortMultipartUpload"})
_TABLE_READS: Final = frozenset({"GetItem", "BatchGetItem", "Query"})

_UNITS_OF_A_WRITE: Final = 2
"""Of 1 KB each: a job's item has up to 2 KB (chalicelib/jobs/items.py)."""

_MB_OF_A_GB: Final = 1024


def lambda_dollars(seconds: float, memory_mb: float) -> float:
    """What so many seconds of a function with so much memory cost."""
    return seconds * memory_mb / _MB_OF_A_GB * costs.LAMBDA_GB_SECOND


def request_dollars(requests: Mapping[str, int]) -> float:
    """What the requests cost, by their kinds ("s3:GetObject") and numbers."""
    return sum(count * _of_one(*kind.split(":", 1)) for kind, count in requests.items())


def _of_one(service: str, action: str) -> float:
    if service == "s3":
        if action in _S3_FREE:
            return 0.0
        return costs.S3_READ if action in _S3_READS else costs.S3_WRITE
    if service == "dynamodb":
        return costs.TABLE_READ if action in _TABLE_READS else _UNITS_OF_A_WRITE * costs.TABLE_WRITE
    return costs.SQS_REQUEST if service == "sqs" else 0.0
