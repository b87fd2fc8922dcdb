"""Jobs whose files went to several archives, or to a tar: records, and objects in the bucket. No
step has made them."""

from dataclasses import replace

from chalicelib.aws import dynamodb
from chalicelib.jobs import places
from chalicelib.jobs.items import from_job
from chalicelib.jobs.model import ArchiveFormat, Job, PlanRef
from chalicelib.jobs.states import Stage, Status
from chalicelib.jobs.wake import ENDED_SHARDS
from chalicelib.s3 import clients
from tests.integration.cloud import ARCHIVES, TABLE
from tests.integration.gateway import export
from tests.integration.stack import Stack

SIZES = (11, 13, 7)
"""Bytes of the archives."""

INDEX = b'"a",512,11,0d4a1185@0\n'


def several(
    stack: Stack,
    *,
    archives: int = len(SIZES),
    form: ArchiveFormat = "zip",
    status: Status = Status.COMPLETED,
    home: str | None = None,
) -> Job:
    """Returns a job that has ended, whose archives are in the bucket. `home` is the job that has
    built them; None: this one."""
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001], filename="March", format=form)
    stack.take_messages()
    job = replace(
        stack.job(job_id),
        status=status,
        stage=Stage.DONE if status is Status.COMPLETED else Stage.ASSEMBLING,
        plan=PlanRef("0123456789abcdef", "an-upload", archives - 1, home),
        archives=archives,
        files_done=1,
        bytes_done=sum(SIZES[:archives]),
        bytes_total=sum(SIZES[:archives]),
        missing_count=0,
        reused_from=home,
        wake_at=stack.clock(),
    )
    record(job)
    if home is None:
        put(job)
    return job


def record(job: Job) -> None:
    """Writes the record of a job that has ended."""
    dynamodb().put_item(TableName=TABLE, Item=from_job(job, shard=ENDED_SHARDS[0]))


def keys(job: Job) -> list[str]:
    """Returns the keys of a job's archives, in their order."""
    before = range(1, job.archives)
    return [*(places.archive(job.home, job.format, n) for n in before), job.archive_key]


def put(job: Job) -> None:
    """Puts a job's archives into the bucket, and the index of each tar."""
    for number, (key, size) in enumerate(zip(keys(job), SIZES, strict=False)):
        clients.s3().put_object(Bucket=ARCHIVES, Key=key, Body=b"%d" % number * size)
        if job.format == "tar":
            clients.s3().put_object(Bucket=ARCHIVES, Key=f"{key}.index", Body=INDEX)
