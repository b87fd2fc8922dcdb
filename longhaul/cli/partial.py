"""Tells which files that were asked for are not in an archive."""

from typing import TYPE_CHECKING, Final

from longhaul.cli import exits, words
from longhaul.cli.options import Run

if TYPE_CHECKING:
    from longhaul.answers import Job

_SHOWN: Final = 5


def tell(run: Run, job: "Job", see_all: str) -> None:
    """Prints on standard error what is not in the job's archive, and why: the first few files, the
    number of the others, and `see_all`, the command line that shows them. Prints nothing if all are
    in it."""
    if not is_partial(job) or not job.result:
        return
    skipped = job.result.skipped or ()
    count = len(skipped) or job.result.total_files - job.result.processed_files
    verb = "is" if count == 1 else "are"
    text = f"{words.files(count)} {verb} not in the archive"
    if first := ", ".join(map(words.skipped, skipped[:_SHOWN])):
        text += f": {first}"
    more = count - len(skipped[:_SHOWN])
    if first and more:
        text += f", and {more:,} more"
    run.screen.say(f"{text}.")
    if more and see_all:
        run.screen.say(f"See all:     {see_all}")


def is_partial(job: "Job") -> bool:
    """Whether the job has an archive that lacks files that were asked for."""
    return job.status == "completed" and job.result is not None and job.result.is_partial


def code(job: "Job") -> int:
    """Returns the exit code of a command that has shown this job's end, or saved its archive."""
    return exits.PARTIAL if is_partial(job) else exits.OK
