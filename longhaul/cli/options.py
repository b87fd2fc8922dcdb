"""The options that all commands have, and the client that they describe."""

import functools
import json
import os
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import Exit
from click.shell_completion import CompletionItem

from longhaul.cli import exits
from longhaul.cli.screen import Screen
from longhaul.retries import PATIENCE_SECONDS

if TYPE_CHECKING:
    from longhaul.answers import Answer
    from longhaul.client import Client

PROGRAM: Final = "longhaul"

_COMPLETION_SECONDS: Final = 1.0
_COMPLETIONS_MAX: Final = 20

_JOB_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_JOB_URL: Final = re.compile(r"(https?://\S+?)/v1/export/([^/?#]+)(/progress|/download)?([?#].*)?")


@dataclass(frozen=True, slots=True)
class JobName:
    """A job as the command line names it. `url` is the API's base URL, if a job URL was given."""

    job_id: str
    url: str | None = None

    def __str__(self) -> str:
        return self.job_id


def _job_name(_: click.Context, parameter: click.Parameter, text: str) -> JobName:
    found = _JOB_URL.fullmatch(text)
    job_id = found[2] if found else text
    if not _JOB_ID.fullmatch(job_id):
        raise click.BadParameter(
            f"{text[:100]!r} is neither a job's id nor its statusUrl.", param=parameter
        )
    return JobName(job_id.lower(), found[1] if found else None)


def _newest_jobs(context: click.Context, _: click.Parameter, begin: str) -> list[CompletionItem]:
    """Completes a job's id. Returns nothing if the API does not answer at once."""
    from longhaul.client import Client
    from longhaul.errors import LonghaulError

    url, user = context.params.get("url") or "", context.params.get("user")
    try:
        with Client(url, user=user, token=_token(), patience=_COMPLETION_SECONDS) as client:
            jobs = list(islice(client.list(), _COMPLETIONS_MAX))
    except (LonghaulError, ValueError):
        return []
    return [
        CompletionItem(job.job_id, help=job.status) for job in jobs if job.job_id.startswith(begin)
    ]


job_argument: Final = click.argument(
    "job", metavar="JOB", callback=_job_name, shell_complete=_newest_jobs
)
"""A job's id, or one of its URLs in the API. The command receives a JobName."""


def _token() -> str | None:
    return os.environ.get("LONGHAUL_TOKEN") or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the program: the API, the user, and how answers are printed."""

    url: str | None
    is_url_typed: bool
    user: str | None
    token: str | None
    patience: float
    is_json: bool
    screen: Screen

    def client(self, job: JobName | None = None) -> "Client":
        """Returns a client for the API: that of the job's URL, if the job was named by its URL."""
        from longhaul.client import Client

        url = (job and job.url) or self.url
        if not url:
            raise click.UsageError("Name the API with --url URL, or set LONGHAUL_URL.")
        is_trusted = not self.url or self.url.rstrip("/") == url.rstrip("/")
        try:
            return Client(
                url,
                user=self.user,
                # A job's URL may come from a stranger. The token is only for the configured API.
                token=self.token if is_trusted else None,
                patience=self.patience,
                notice=self.screen.notice,
            )
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None

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
        """Returns a command line for a job, which works in the same shell."""
        url = job.url or (self.url if self.is_url_typed else None)
        return shlex.join([PROGRAM, command, job.job_id, *more, *(("--url", url) if url else ())])


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that every command has. The command receives them as a Run, first."""

    @functools.wraps(command)
    def run(
        *,
        url: str | None,
        user: str | None,
        patience: float,
        quiet: bool,
        as_json: bool,
        **own: Any,
    ) -> None:
        context = click.get_current_context()
        is_typed = context.get_parameter_source("url") is click.core.ParameterSource.COMMANDLINE
        described = Run(
            url=url,
            is_url_typed=is_typed,
            user=user,
            token=_token(),
            patience=patience,
            is_json=as_json,
            screen=Screen(quiet=quiet),
        )
        try:
            command(described, **own)
            sys.stdout.flush()
        except KeyboardInterrupt:
            raise Exit(exits.INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of the pipe has closed it. Python must not write to it at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Exit(exits.PIPE_CLOSED) from None

    decorated: Callable[..., None] = run
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated


_COMMON: Final = (
    click.option("--json", "as_json", is_flag=True, help="Print answers as JSON, one line each."),
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
    click.option(
        "--url", envvar="LONGHAUL_URL", metavar="URL", help="The API's base URL.  [LONGHAUL_URL]"
    ),
    click.option(
        "--user",
        envvar="LONGHAUL_USER",
        metavar="USER",
        help="The user id of requests.  [LONGHAUL_USER]",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0),
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help=f"How long to retry while the network or the API fails.  [{PATIENCE_SECONDS:.0f}]",
    ),
)
