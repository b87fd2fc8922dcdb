"""Says what to do next: when Ctrl-C or a lost network ends a command before its job has ended, and
when a job cannot be retried."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from longhaul.cli.jobnames import JobName
from longhaul.cli.options import PROGRAM, Run
from longhaul.cli.screen import is_live
from longhaul.errors import RateLimited, TooManyJobs, Unavailable, Unreachable

if TYPE_CHECKING:
    from longhaul.answers import Job


@contextmanager
def how_to_return(run: Run, line: str) -> Iterator[None]:
    """Prints the command line that returns to the job, if the body is interrupted."""
    with if_interrupted(run, f"The job goes on without you. Come back with:\n  {line}"):
        yield


@contextmanager
def if_interrupted(run: Run, text: str) -> Iterator[None]:
    """Prints the text if Ctrl-C or a lost network ends the body."""
    try:
        yield
    except KeyboardInterrupt:
        if is_live():
            run.screen.say()  # The terminal has printed ^C into the line.
        run.screen.say(text)
        raise
    except (Unreachable, Unavailable) as error:
        # Not for these two: that answer is definite, no job was made.
        if not isinstance(error, TooManyJobs | RateLimited):
            error.add_note(text)
        raise


def instead_of_retry(run: Run, name: JobName, job: "Job") -> str:
    """Returns what to type for a job that cannot be retried."""
    if job.is_open:
        watch, cancel = run.line("watch", name), run.line("cancel", name)
        return f"Watch it:    {watch}\nCancel it:   {cancel}"
    anew = f"{PROGRAM} export FILE..."
    if job.status != "completed":
        return f"Name the files again: {anew}"
    return f"Download it: {run.line('download', name)}\nBuild anew:  {anew} --fresh"
