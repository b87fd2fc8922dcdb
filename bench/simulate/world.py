"""The model's constants: how we take AWS, and our worker on it, to behave.

Where the layout itself decides by a constant, it comes from chalicelib/archive/costs.py. Each has a
source. [cited]: read in a stored copy of that page. [measured]: by us, on the machine on which
Longhaul is developed. [assumed]: neither; `make simulate` shows how much depends on it.
"""

from dataclasses import dataclass, field, fields
from typing import Any, Final

from chalicelib.archive import costs

GIB: Final = 1024**3


def _fact(default: float, unit: str, source: str) -> Any:
    return field(default=default, metadata={"unit": unit, "source": source})


_SCALING = (
    "[cited] docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: five at first, up to "
    "300 more a minute, 1,250 at most; provisioned: ten a poller, up to 1,000 more a minute"
)
_MEASURED = "[measured] `python -m bench.simulate.measure`"
_S3_RATES = "[cited] docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"


@dataclass(frozen=True)
class World:
    """All constants, one field each. Seconds of CPU are those of a whole vCPU."""

    # A worker
    memory_mb: float = _fact(costs.MEMORY_MB, "MB", "the function's setting")
    mb_per_vcpu: float = _fact(
        1769, "MB", "[cited] docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
    )
    bandwidth: float = _fact(
        costs.STREAM_RATE, "B/s", "[cited] rustysl.com/en/blog/beyond-s3-archive-streaming"
    )
    environment_seconds: float = _fact(0.25, "s", "[assumed] a new sandbox, before our code")
    start_cpu: float = _fact(0.27, "CPU-s", f"{_MEASURED}: imports and clients")
    reads_at_once: float = _fact(costs.READS_AT_ONCE, "", "pipeline/assembly.py")
    copies_at_once: float = _fact(costs.COPIES_AT_ONCE, "", "pipeline/assembly.py")
    joins_at_once: float = _fact(costs.JOINS_AT_ONCE, "", "pipeline/finishing.py")
    lists_at_once: float = _fact(16, "", "sources/listing.py")
    tail_sections_at_once: float = _fact(costs.SECTIONS_AT_ONCE, "", "pipeline/tail_sections.py")
    direct_segments: float = _fact(costs.DIRECT_SEGMENTS, "", "settings.py: DIRECT_SEGMENTS")
    invokes_at_once: float = _fact(16, "", "queue/direct.py")
    writes_at_once: float = _fact(
        1, "", "what `plan` stores at the same time, pipeline/planning.py"
    )
    queued_finalize: float = _fact(0, "", "1: `finalize` is a message. Before, pipeline/steps.py")
    listed_parts: float = _fact(0, "", "1: `finalize` and a new segment list parts, as before")
    section_reads: float = _fact(
        1, "", "GETs of each section of a short tail, pipeline/tail_sections.py"
    )
    planners: float = _fact(1, "", "workers that find the files and plan, pipeline/planning.py")

    # CPU
    read_cpu: float = _fact(costs.READ_CPU, "CPU-s", f"{_MEASURED}: a small GET")
    byte_cpu: float = _fact(costs.BYTE_CPU, "CPU-s/B", f"{_MEASURED}: in, CRC-32, out")
    copy_cpu: float = _fact(0.35e-3, "CPU-s", f"{_MEASURED}: an UploadPartCopy")
    head_cpu: float = _fact(0.19e-3, "CPU-s", f"{_MEASURED}: a HEAD")
    list_cpu: float = _fact(9.8e-3, "CPU-s", f"{_MEASURED}: a page of 1,000 keys")
    plan_cpu: float = _fact(5.7e-6, "CPU-s", f"{_MEASURED}: an entry's name, layout and storing")
    tail_cpu: float = _fact(3.8e-6, "CPU-s", f"{_MEASURED}: an entry's lines in the tail")

    # S3
    read_seconds: float = _fact(
        costs.READ_SECONDS, "s", "[cited] github.com/dvassallo/s3-benchmark: p90 20 ms on EC2"
    )
    write_seconds: float = _fact(
        0.1, "s", "[cited] kkc.github.io/2020/03/16/s3-latency: 60 to 133 ms from Lambda"
    )
    list_seconds: float = _fact(0.1, "s", "[assumed] a page of ListObjectsV2 or ListParts")
    copy_seconds: float = _fact(costs.COPY_SECONDS, "s", "[assumed] see archive/costs.py")
    copy_rate: float = _fact(costs.COPY_RATE, "B/s", "[cited] github.com/awslabs/aws-c-s3/pull/288")
    complete_seconds: float = _fact(1.0, "s", "[assumed] CompleteMultipartUpload")
    reads_per_second: float = _fact(costs.READS_PER_SECOND, "/s a prefix", _S3_RATES)
    writes_per_second: float = _fact(costs.WRITES_PER_SECOND, "/s a prefix", _S3_RATES)

    # SQS and the table
    delivery_seconds: float = _fact(
        0.02, "s", "[cited] bitesizedserverless.com/bite/serverless-messaging-latency-compared"
    )
    direct_seconds: float = _fact(
        0.073,
        "s",
        "[cited] bitesizedserverless.com/bite/serverless-messaging-latency-compared: p50 of SNS, "
        "which invokes asynchronously",
    )
    invoke_seconds: float = _fact(0.03, "s", "[assumed] a request that invokes a worker")
    invoke_cpu: float = _fact(0.6e-3, "CPU-s", "[measured] botocore's part, 0.27 ms; a request's")
    workers_in_ten_seconds: float = _fact(
        1000, "", "[cited] docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"
    )
    send_seconds: float = _fact(0.015, "s", "[assumed] SendMessageBatch of ten")
    segment_seconds: float = _fact(costs.SEGMENT_SECONDS, "s", "[assumed] see archive/costs.py")
    workers_at_first: float = _fact(costs.WORKERS_AT_FIRST, "", _SCALING)
    workers_per_second: float = _fact(costs.WORKERS_PER_SECOND, "/s", _SCALING)
    most_workers: float = _fact(1000, "", "[cited] Lambda's quota for a new account's region")

    # Prices
    gb_second: float = _fact(costs.LAMBDA_GB_SECOND, "$", "[cited] aws.amazon.com/lambda/pricing")
    s3_read: float = _fact(costs.S3_READ, "$", "[cited] aws.amazon.com/s3/pricing")
    s3_write: float = _fact(costs.S3_WRITE, "$", "[cited] aws.amazon.com/s3/pricing")

    @property
    def vcpus(self) -> float:
        """vCPUs of a worker: at most one, as a Python process cannot use more."""
        return min(self.memory_mb / self.mb_per_vcpu, 1.0)

    @property
    def cold_start(self) -> float:
        """Seconds until a new worker can start its first step."""
        return self.environment_seconds + self.start_cpu / self.vcpus


SETTINGS: Final = {
    "memory_mb",
    "reads_at_once",
    "copies_at_once",
    "joins_at_once",
    "lists_at_once",
    "tail_sections_at_once",
    "planners",
    "direct_segments",
    "invokes_at_once",
    "writes_at_once",
    "queued_finalize",
    "listed_parts",
    "section_reads",
}
"""The constants that are ours to choose. They are no facts about AWS."""

FACTS: Final = {one.name: one.metadata for one in fields(World)}
