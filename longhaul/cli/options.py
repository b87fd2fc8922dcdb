"""What all commands have in common: their options, and the client that these describe."""

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
    """A job as the command line names it; `url` is that of its API, if it tells."""

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
    """What a shell offers, if the API tells of jobs at once."""
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
"""A job's id, or one of the URLs that the API tells of it; the command gets a JobName."""


def _token() -> str | None:
    return os.environ.get("LONGHAUL_TOKEN") or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the program: where the API is, who asks, and how answers are told."""

    url: str | None
    is_url_typed: bool
    user: str | None
    token: str | None
    patience: float
    is_json: bool
    screen: Screen

    def client(self, job: JobName | None = None) -> "Client":
        """A client for the API. A job that was named by its URL is looked for there."""
        from longhaul.client import Client

        url = (job and job.url) or self.url
        if not url:
            raise click.UsageError("Say where the API is: --url URL, or LONGHAUL_URL.")
        is_ours = not self.url or self.url.rstrip("/") == url.rstrip("/")
        try:
            return Client(
                url,
                user=self.user,
                # Whoever gives us a job's URL is not so given the token for another one.
                token=self.token if is_ours else None,
                patience=self.patience,
                notice=self.screen.notice,
            )
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None

    def answer(self, answer: "Answer", **more: object) -> None:
        """Tells an answer as a line of JSON, if that is wanted."""
        if self.is_json:
            from longhaul import answers

            self.tell({**answers.plain(answer), **more})

    def tell(self, content: object) -> None:
        """A line of JSON on standard output, in ASCII, so that no text in it reaches a terminal
        as anything but text."""
        click.echo(json.dumps(content))

    def print(self, text: str) -> None:
        """A line on standard output for people and shells, unless that is kept for JSON."""
        if not self.is_json:
            click.echo(text)

    def line(self, command: str, job: JobName, *more: str) -> str:
        """A command line about a job, which works as it stands in the same shell."""
        url = job.url or (self.url if self.is_url_typed else None)
        return shlex.join([PROGRAM, command, job.job_id, *more, *(("--url", url) if url else ())])


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that every command has; the command gets a Run of them as its first
    argument."""

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
            # Whoever reads us has enough, and is not to be bothered at our end either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Exit(exits.PIPE_CLOSED) from None

    decorated: Callable[..., None] = run
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated


_COMMON: Final = (
    click.option("--json", "as_json", is_flag=True, help="Answer with JSON, one line for each."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong."),
    click.option(
        "--url", envvar="LONGHAUL_URL", metavar="URL", help="Where the API is.  [LONGHAUL_URL]"
    ),
    click.option(
        "--user", envvar="LONGHAUL_USER", metavar="USER", help="Whose jobs.  [LONGHAUL_USER]"
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0),
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help=f"How long the network or the API may be away.  [{PATIENCE_SECONDS:.0f}]",
    ),
)
