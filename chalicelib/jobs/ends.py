"""The end of a job, as the log tells it: when it was, what came of it, and the root span of the
job's trace. Pure.

Two lines tell it, with the same words: `job ended`, of the writer that has ended the job, and `job
announced`, which comes at least once whoever dies.
"""

from chalicelib import trace_ids
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN


def ended_at(job: Job) -> int | None:
    """Returns when the job has ended, in Unix time in ms. None: it has not, or the record does not
    say it any more, because the job was announced and then deleted."""
    if job.status in OPEN:
        return None
    untold = dict(job.untold).get("ended")
    if untold is not None:
        return untold
    return None if job.is_deleted else job.updated_at


def facts(job: Job, at: int) -> dict[str, object]:
    """Returns what both lines say of a job that has ended `at` that time (Unix time in ms). A
    tombstone does not know the reason any more."""
    started_at = at if job.started_at is None else job.started_at
    is_reused = job.reused_from is not None
    return {
        "status": job.status,
        "reason": job.failure.slug if job.failure else None,
        "files": job.files_done,
        "bytesCopied": 0 if is_reused else job.bytes_copied,
        "bytesStreamed": 0 if is_reused else job.bytes_done - job.bytes_copied,
        # Workers' clocks may differ.
        "secondsQueued": max(started_at - job.created_at, 0) / 1000,
        "secondsWorking": max(at - started_at, 0) / 1000,
        "secondsTotal": max(at - job.created_at, 0) / 1000,
        "endedAt": at,
        **root_span(job, at),
    }


def root_span(job: Job, at: int) -> dict[str, object]:
    """Returns the fields of the root span of a job that has ended `at` that time.

    `link` names the root of the job that this one retries, as it is derived from that job's id. If
    that job's caller had a trace of its own, the root is in that trace, which this record does not
    know. Then the link leads nowhere.
    """
    root = job.root_span
    fields: dict[str, object] = {"trace": root.trace, "span": root.span}
    if job.caller:
        fields["parent"] = job.caller.span
    fields |= {"at": job.begun_at, "ms": max(at - job.begun_at, 0)}
    if job.retry_of:
        fields["link"] = str(trace_ids.root_of(job.retry_of))
    return fields
