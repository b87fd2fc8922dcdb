"""Says what to do next: when Ctrl-C or a lost network ends a command before its job has ended, and
when a job cannot be retried."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from longhaul.cli import lastseen
from longhaul.cli.jobnames import JobName
from longhaul.cli.options import PROGRAM, Run
from longhaul.cli.screen import is_live
from longhaul.errors import Unavailable, Unreachable
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job


@contextmanager
def how_to_return(run: Run, line: str) -> Iterator[None]:
    """Prints the command line that returns to the job, if the body is interrupted; and what is
    known of the job: that it goes on, or that nobody can say it."""
    with _interruptions(run, lambda: _known(run, line)):
        yield


@contextmanager
def if_interrupted(run: Run, text: str) -> Iterator[None]:
    """Prints the text if Ctrl-C or a lost network ends the body."""
    with _interruptions(run, lambda: text):
        yield


@contextmanager
def _interruptions(run: Run, text: Callable[[], str]) -> Iterator[None]:
    """Prints a text if Ctrl-C or a lost network ends the body."""
    try:
        yield
    except KeyboardInterrupt:
        if is_live():
            run.screen.say()  # The terminal has printed ^C into the line.
        run.screen.say(text())
        raise
    except (Unreachable, Unavailable) as error:
        # Not for the others: that answer is definite, no job was made.
        if lastseen.is_silence(error):
            run.seen.failed(error)
            error.add_note(text())
        raise


def _known(run: Run, line: str) -> str:
    job, at = run.seen.job, run.seen.at
    if job is not None and not job.is_open:
        return f"The job has ended. This goes on where it was:\n  {line}"
    if not run.seen.is_silent:
        return f"The job goes on without you. Come back with:\n  {line}"
    if job is None or at is None:
        return f"Nothing is known of the job. Ask again with:\n  {line}"
    how = f", {job.progress.percent} %" if job.status == "processing" else ""
    return (
        f"At {at.astimezone():%H:%M:%S} the job was {shown(job.status)}{how}. Whether it goes on, "
        f"nobody can say from here. Look again with:\n  {line}"
    )


def instead_of_retry(run: Run, name: JobName, job: "Job") -> str:
    """Returns what to type for a job that cannot be retried."""
    if job.is_open:
        watch, cancel = run.line("watch", name), run.line("cancel", name)
        return f"Watch it:    {watch}\nCancel it:   {cancel}"
    anew = f"{PROGRAM} export FILE..."
    if job.status != "completed":
        return f"Name the files again: {anew}"
    return f"Download it: {run.line('download', name)}\nBuild anew:  {anew} --fresh"
