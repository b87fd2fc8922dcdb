"""How a command line names a job: its id, one of its URLs, or a share link."""

import re
import sys
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import click
from click.shell_completion import CompletionItem

from longhaul.cli import access, inforce, texts
from longhaul.cli.texts import STDIN
from longhaul.cli.typed import typed
from longhaul.printable import shown

_COMPLETION_SECONDS: Final = 1.0
_COMPLETIONS_MAX: Final = 20
_LINE_MAX: Final = 4096

_JOB_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_JOB_URL: Final = re.compile(r"(https?://\S+?)/v1/export/([^/?#]+)(/progress|/download)?([?#].*)?")
_PAGE_URL: Final = re.compile(r"(https?://[^\s#?]+?)/?#/jobs/([^/?#&]+)(?:\?ticket=(lht_[\w-]+))?")
_TICKET: Final = re.compile(r"lht_\S*")


@dataclass(frozen=True, slots=True)
class JobName:
    """A job as the command line names it. `url` is the API's base URL, if a job URL was given.

    `ticket` is the secret of a share link. It is sent to that API alone, as the link says both.
    """

    job_id: str
    url: str | None = None
    ticket: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.job_id


def _job_name(_: click.Context, parameter: click.Parameter, text: str) -> JobName:
    if text == STDIN:
        text = texts.line(sys.stdin, _LINE_MAX)
    text = text.strip()
    ticket = None
    if found := _PAGE_URL.fullmatch(text):
        ticket = found[3]
    else:
        found = _JOB_URL.fullmatch(text)
    job_id = found[2] if found else text
    if not _JOB_ID.fullmatch(job_id):
        raise click.BadParameter(
            f"{_TICKET.sub('lht_…', text)[:100]!r} is neither a job's id, nor its statusUrl, nor a "
            "share link.",
            param=parameter,
        )
    return JobName(job_id.lower(), found[1] if found else None, ticket)


def _job_name_if_any(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> JobName | None:
    return None if text is None else _job_name(context, parameter, text)


def _newest_jobs(context: click.Context, _: click.Parameter, begin: str) -> list[CompletionItem]:
    """Completes a job's id. Returns nothing if the API does not answer at once."""
    from longhaul.client import Client
    from longhaul.errors import LonghaulError

    try:
        given = inforce.resolved(typed(context))
        url, user = given.api(), given.user.value
        token = access.token_for(url, given.configured)
        with Client(url, user=user, token=token, patience=_COMPLETION_SECONDS) as client:
            jobs = list(islice(client.list(), _COMPLETIONS_MAX))
    except (LonghaulError, ValueError, click.ClickException):
        return []
    return [
        CompletionItem(job.job_id, help=shown(f"{job.status} {job.filename or ''}".rstrip()))
        for job in jobs
        if job.job_id.startswith(begin)
    ]


job_argument: Final = click.argument(
    "job", metavar="JOB", callback=_job_name, shell_complete=_newest_jobs
)
"""A job's id, one of its URLs in the API, or a share link. The command receives a JobName."""

optional_job_argument: Final = click.argument(
    "job",
    metavar="[JOB]",
    required=False,
    callback=_job_name_if_any,
    shell_complete=_newest_jobs,
)
"""The same, or nothing: then the command receives None."""
