"""The options that all commands have, and the client that they describe."""

import functools
import json
import math
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import Exit

from longhaul.cli import access, exits, inforce
from longhaul.cli.inforce import InForce
from longhaul.cli.jobnames import JobName
from longhaul.cli.lastseen import LastSeen
from longhaul.cli.screen import Screen
from longhaul.cli.typed import typed
from longhaul.errors import UnexpectedAnswer
from longhaul.retries import PATIENCE_SECONDS

if TYPE_CHECKING:
    from longhaul.answers import Answer
    from longhaul.client import Client
    from longhaul.errors import LonghaulError

PROGRAM: Final = "longhaul"
SHARE_LINK: Final = "SHARE_LINK"
"""Stands for a share link in what is printed, as the link is a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the program: the API, the user, and how answers are printed. `seen` is what is
    known of the job that it follows."""

    given: InForce
    is_json: bool
    screen: Screen
    seen: LastSeen = field(default_factory=LastSeen)

    @property
    def patience(self) -> float:
        """How long to retry, in seconds."""
        return self.given.patience.value

    def client(self, job: JobName | None = None) -> "Client":
        """Returns a client for the API: that of the job's URL, if the job was named by its URL.

        It sends the job's ticket, or else the user's token, if there is one.
        """
        from longhaul.client import Client

        url = (job and job.url) or self.api()
        try:
            return Client(
                url,
                user=self.given.user.value,
                token=(job and job.ticket) or access.token_for(url, self.given.configured),
                patience=self.patience,
                notice=self._notice,
            )
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None

    def _notice(self, error: "LonghaulError", seconds: float) -> None:
        self.seen.failed(error)
        self.screen.notice(error, seconds)

    def api(self) -> str:
        """Returns the API's base URL. Raises click.UsageError if nobody has named it."""
        return self.given.api()

    def answer(self, answer: "Answer", **more: object) -> None:
        """Prints an answer as a line of JSON, if --json was given."""
        if self.is_json:
            from longhaul import answers

            self.print_json({**answers.plain(answer), **more})

    def print_json(self, content: object) -> None:
        """Prints a line of JSON on standard output.

        It is ASCII: text from a server cannot contain control characters for the terminal.
        """
        click.echo(json.dumps(content))

    def print(self, text: str) -> None:
        """Prints a line on standard output for people and scripts, unless --json was given."""
        if not self.is_json:
            click.echo(text)

    def line(self, command: str, job: JobName, *more: str) -> str:
        """Returns a command line for a job, which works in the same shell; for a job of a share
        link, with a word in place of the link."""
        if job.ticket:
            return shlex.join([PROGRAM, command, SHARE_LINK, *more])
        place = ("--url", job.url) if job.url else self.given.typed
        return shlex.join([PROGRAM, command, job.job_id, *more, *place])


Command = Callable[..., int | None]
"""A command. It returns its exit code; None is that of success."""


def common(command: Command) -> Command:
    """Adds the options that every command has. The command receives them as a Run, first."""

    @functools.wraps(command)
    def run(**own: Any) -> int | None:
        said = typed(click.get_current_context())
        for name in _NAMES:
            own.pop(name)
        described = Run(
            given=inforce.resolved(said),
            is_json=said.get("as_json", False),
            screen=Screen(quiet=said.get("quiet", False)),
        )
        try:
            code = command(described, **own)
            sys.stdout.flush()
        except KeyboardInterrupt:
            raise Exit(exits.INTERRUPTED) from None
        except UnexpectedAnswer as error:
            if described.given.is_guessed(str(error)):
                error.add_note(
                    f"Nobody has named an API, so it was {inforce.LOCAL}. If its stack is at "
                    "another address, say so: export LONGHAUL_URL=$(make -s url)"
                )
            raise
        except BrokenPipeError:
            discard_output()  # The reader of the pipe has closed it.
            raise Exit(exits.PIPE_CLOSED) from None
        return code

    return with_common(run)


def discard_output() -> None:
    """Has standard output go nowhere: Python must not write to it at exit, where it cannot."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def with_common(command: Command) -> Command:
    """Adds the options themselves: to each command, and to the program, as they may stand before
    the command too. There, `typed` finds them."""
    for option in reversed(_COMMON):
        command = option(command)
    return command


def _finite(_: click.Context, parameter: click.Parameter, seconds: float | None) -> float | None:
    """Refuses nan and inf, which Python reads as numbers: no patience would ever be over."""
    if seconds is not None and not math.isfinite(seconds):
        raise click.BadParameter(f"it must be a number of seconds, not {seconds}.", param=parameter)
    return seconds


source_option: Final = click.option(
    "--source", metavar="NAME", help="The source that has the files, if the API has several."
)

_NAMES: Final = ("as_json", "quiet", "url", "user", "profile", "patience")
_COMMON: Final = (
    click.option("--json", "as_json", is_flag=True, help="Print answers as JSON, one line each."),
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
    click.option("--url", metavar="URL", help="The API's base URL.  [LONGHAUL_URL]"),
    click.option("--user", metavar="USER", help="The user id of requests.  [LONGHAUL_USER]"),
    click.option(
        "--profile",
        metavar="NAME",
        help="The profile that says the URL and the user.  [LONGHAUL_PROFILE]",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0),
        callback=_finite,
        metavar="SECONDS",
        help=f"How long to retry while the network or the API fails.  [{PATIENCE_SECONDS:.0f}]",
    ),
)
