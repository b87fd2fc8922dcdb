"""What a run would cost on AWS, by its counted requests and by its seconds on this machine.

The planner uses the same prices (chalicelib/archive/costs.py has them, with their sources). Storage
and data transfer within a region are left out, as they are the same for all contenders.
"""

from collections.abc import Mapping
from typing import Final

from chalicelib.archive import costs

_S3_READS: Final = frozenset({"GetObject", "HeadObject", "GetObjectAttributes"})
_S3_FREE: Final = frozenset({"DeleteObject", "DeleteObjects", "AbortMultipartUpload"})
_TABLE_READS: Final = frozenset({"GetItem", "BatchGetItem", "Query"})

_UNITS_OF_A_WRITE: Final = 2
"""Write units of 1 KB: a job's item has up to 2 KB (chalicelib/jobs/items.py)."""

_MB_OF_A_GB: Final = 1024


def lambda_dollars(seconds: float, memory_mb: float) -> float:
    """Returns what the seconds of a function with this memory cost, in dollars."""
    return seconds * memory_mb / _MB_OF_A_GB * costs.LAMBDA_GB_SECOND


def request_dollars(requests: Mapping[str, int]) -> float:
    """Returns what the requests cost, in dollars. Their kinds are those of bench/traffic.py."""
    return sum(count * _of_one(*kind.split(":", 1)) for kind, count in requests.items())


def _of_one(service: str, action: str) -> float:
    if service == "s3":
        if action in _S3_FREE:
            return 0.0
        return costs.S3_READ if action in _S3_READS else costs.S3_WRITE
    if service == "dynamodb":
        return costs.TABLE_READ if action in _TABLE_READS else _UNITS_OF_A_WRITE * costs.TABLE_WRITE
    return costs.SQS_REQUEST if service == "sqs" else 0.0
