"""Says what to do next when Ctrl-C or a lost network ends a command before its job has ended."""

from collections.abc import Iterator
from contextlib import contextmanager

from longhaul.cli.options import Run
from longhaul.cli.screen import is_live
from longhaul.errors import RateLimited, TooManyJobs, Unavailable, Unreachable


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
