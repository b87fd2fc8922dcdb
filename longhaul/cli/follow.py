"""From a job that runs to a file on this disk: what commands do once they know their job."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longhaul.cli import words
from longhaul.cli.options import JobName, Run
from longhaul.cli.rate import Rate
from longhaul.cli.screen import is_live
from longhaul.cli.selection import STDIN
from longhaul.errors import Expired, JobFailed, TooManyJobs, Unavailable, Unreachable
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job
    from longhaul.client import Client

STDOUT = STDIN
"""The output that is not a file."""


def follow(run: Run, client: "Client", name: JobName, *, each: bool = False) -> "Job":
    """The job once it has completed, shown on its way there; with `each`, every state is answered.

    Raises JobFailed or Expired if it ends in another way, and then answers the job's last state.
    """
    with run.screen.step("Export") as step:
        for job in client.watch(name.job_id):
            if each:
                run.answer(job)
            if not job.is_open:
                break
            progress = job.progress
            title = shown(progress.stage).capitalize()
            step.show(progress.bytes_done, progress.bytes_total, words.pace(progress), title)
        if job.status == "completed" and job.result:
            made = job.result
            how = ", was there already" if made.reused_from else ""
            step.result = f"{words.files(made.processed_files)}, {words.size(made.file_size)}{how}"
    if job.status != "completed" and not each:
        run.answer(job)
    check_end(job)
    if job.result and job.result.missing:
        run.screen.say(f"Missing: {words.missing(job.result.missing)}")
    return job


def check_end(job: "Job") -> None:
    """Raises JobFailed or Expired if a job has ended and has no archive."""
    from longhaul.answers import Problem

    if job.is_open or job.status == "completed":
        return
    if job.status == "expired":
        raise Expired(Problem(title="The archive has expired and was deleted", status=410))
    if job.error:
        title, detail = job.error.title.rstrip("."), job.error.detail.rstrip(".")
        raise JobFailed(f"The job has failed. {title}: {detail}.", job)
    verb = "failed" if job.status == "failed" else f"been {job.status}"
    raise JobFailed(f"The job has {verb}.", job)


def fetch(run: Run, client: "Client", job: "Job", output: str, *, force: bool) -> dict[str, Any]:
    """Downloads the job's archive, and gives what there is to tell of it."""
    if output == STDOUT:
        return _to_stdout(run, client, job)
    from longhaul.transfer import Ticks, download

    with run.screen.step("Download") as step:
        rate = Rate()

        def came(done: int, total: int) -> None:
            step.show(done, total, rate.text(done, total), "Download")

        def checked(done: int, total: int) -> None:
            step.show(done, total, words.size_of(done, total), "Check")

        saved = download(client, job, output, force=force, ticks=Ticks(came, checked))
        how = "there already" if saved.was_there else "checked"
        files = words.files(len(saved.manifest.files))
        step.result = f"{shown(str(saved.path))}: {files}, {words.size(saved.size)}, {how}"
    run.print(str(saved.path))
    return {
        "path": str(saved.path),
        "size": saved.size,
        "files": len(saved.manifest.files),
        "missing": list(saved.manifest.missing),
    }


def check_output(run: Run, output: str, *, force: bool) -> None:
    """Raises, before anything is done, if nothing can be saved there."""
    if output == STDOUT:
        if run.is_json:
            raise click.UsageError("Standard output takes either the archive or JSON, not both.")
        if sys.stdout.isatty():
            raise click.UsageError("The archive would go to the terminal: redirect it.")
        return
    from longhaul.transfer import check_place

    check_place(Path(output), force=force)


def _to_stdout(run: Run, client: "Client", job: "Job") -> dict[str, Any]:
    from longhaul.transfer import stream

    with run.screen.step("Download") as step:
        rate = Rate()
        stream(
            client,
            job,
            sys.stdout.buffer,
            lambda done, total: step.show(done, total, rate.text(done, total)),
        )
        step.result = f"{words.size(job.result.file_size) if job.result else ''}, not checked"
    return {}


@contextmanager
def way_back(run: Run, line: str) -> Iterator[None]:
    """Where Ctrl-C or a lost network ends the body, tells how to come back."""
    with advice(run, f"The job goes on without you. Come back with:\n  {line}"):
        yield


@contextmanager
def advice(run: Run, text: str) -> Iterator[None]:
    """Says what to do if Ctrl-C or a lost network ends the body."""
    try:
        yield
    except KeyboardInterrupt:
        if is_live():
            run.screen.say()  # The terminal has written ^C into the line.
        run.screen.say(text)
        raise
    except (Unreachable, Unavailable) as error:
        # Too many jobs: an answer that leaves no doubt.
        if not isinstance(error, TooManyJobs):
            error.add_note(text)
        raise
