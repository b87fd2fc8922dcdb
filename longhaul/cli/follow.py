"""Follows a job to its end, and shows on the screen how far it is."""

from typing import TYPE_CHECKING, Final

from longhaul.cli import notices, phrases, words
from longhaul.cli.jobnames import JobName
from longhaul.cli.options import Run
from longhaul.errors import Expired, JobFailed
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job
    from longhaul.client import Client

TITLES: Final = {"compressing": "Compress"}
"""What is said of a stage whose name has no room before the bar."""

_NAMED_MAX: Final = 10
"""The most files that the text of a failed job names."""


def follow(
    run: Run, client: "Client", name: JobName, *, each: bool = False, tells: bool = False
) -> "Job":
    """Shows the job until it has completed, and returns it. With `each`, answers every state.

    If the job ends in another way, answers its last state, and raises JobFailed or Expired. With
    `tells`, that state says who was told.
    """
    with run.screen.task("Export", has_output=each and run.is_json) as task:
        for job in client.watch(name.job_id):
            run.seen.saw(job)
            if each:
                run.answer(job)
            if not job.is_open:
                break
            progress = job.progress
            title = TITLES.get(progress.stage, shown(progress.stage).capitalize())
            task.show(progress.bytes_done, progress.bytes_total, words.pace(progress), title)
        if job.status == "completed" and job.result:
            result = job.result
            how = ", from an earlier export" if result.reused_from else ""
            files, size = words.files(result.processed_files), words.size(result.file_size)
            parts = f", {words.archives(job.archives)}" if job.archives > 1 else ""
            task.result = f"{files}, {size}{parts}{how}"
    if job.status != "completed" and not each:
        job = notices.settled(client, job) if tells else job
        run.answer(job)
    check_end(run, name, job)
    return job


def check_end(run: Run, name: JobName, job: "Job") -> None:
    """Raises JobFailed or Expired if the job has ended without an archive. The error says what can
    help, to who may do it: with a share link nobody starts a job."""
    from longhaul.answers import Problem

    if job.is_open or job.status == "completed":
        return
    if job.status == "expired":
        raise Expired(Problem(title="The archive has expired and was deleted", status=410))
    error = JobFailed(_why(job), job)
    if job.error and job.error.affected_files > _NAMED_MAX:
        count = words.files(job.error.affected_files)
        error.add_note(f"See all {count}: {run.line('status', name)}")
    if not name.ticket:
        for line in phrases.remedies(job, run.line("retry", name)):
            error.add_note(line)
    raise error


def _why(job: "Job") -> str:
    if job.error:
        title, detail = job.error.title.rstrip("."), job.error.detail.rstrip(".")
        return f"The job has failed. {title}{f': {detail}' if detail else ''}."
    verb = "failed" if job.status == "failed" else f"been {job.status}"
    return f"The job has {verb}."
