"""The command `longhaul share`: links to a job for others."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import tables, words
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import Run, common
from longhaul.errors import NoSuchShare
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Share

_COLUMNS: Final = (
    tables.Column("LINK"),
    tables.Column("MADE", rank=1),
    tables.Column("WORKS UNTIL"),
)

_SPAN: Final = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Span(click.ParamType[int]):
    """A span of time in seconds: 90s, 30m, 12h, 1d."""

    name = "span"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        found = _SPAN.fullmatch(value)
        if not found:
            self.fail(f"{value[:20]!r} is not a time like 30m, 12h or 1d.", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


@click.command(short_help="Make a link to a job for others.")
@job_argument
@click.option("--for", "span", type=Span(), metavar="TIME", help="30m, 12h, 7d.  [1d]")
@click.option("--list", "is_list", is_flag=True, help="List the links that work.")
@click.option("--revoke", metavar="ID", help="End the link with this ID.")
@common
def share(run: Run, job: JobName, *, span: int | None, is_list: bool, revoke: str | None) -> None:
    """Print a link to JOB. Who has the link can follow JOB and download its archive, without a
    sign-in, until it expires. The link is a secret.

    \b
      longhaul share JOB --for 12h
      longhaul share JOB --list
      longhaul share JOB --revoke ID
    """
    if sum((span is not None, is_list, revoke is not None)) > 1:
        raise click.UsageError("Use one of --for, --list and --revoke.")
    with run.client(job) as client:
        if revoke is not None:
            with _known_links(run, job):
                client.revoke(job.job_id, revoke)
            run.screen.say("The link does not work any more.")
        elif is_list:
            _list(run, job, client.shares(job.job_id))
        else:
            made = client.share(job.job_id, expires_in=span)
            run.answer(made)
            run.print(shown(made.url))
            run.screen.say(
                f"Who has this link can download the archive until {words.moment(made.expires_at)}."
            )
            run.screen.say(f"End it: {run.line('share', job, '--revoke', shown(made.id))}")


@contextmanager
def _known_links(run: Run, job: JobName) -> Iterator[None]:
    """Has an error name the command that lists the job's links, if there is no such link."""
    try:
        yield
    except NoSuchShare as error:
        error.add_note(f"To see the links that work: {run.line('share', job, '--list')}")
        raise


def _list(run: Run, job: JobName, found: "Sequence[Share]") -> None:
    if run.is_json:
        for one in found:
            run.answer(one)
        return
    rows = (
        tables.Row((shown(one.id), words.moment(one.created_at), words.moment(one.expires_at)))
        for one in found
    )
    if not tables.show(_COLUMNS, rows):
        run.screen.say(f"No link to this job works. Make one: {run.line('share', job)}")
