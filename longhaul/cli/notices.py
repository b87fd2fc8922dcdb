"""Who is told when a job has ended: the option --notify, and the command `longhaul notify`."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import tables, words
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import Run, common
from longhaul.errors import LonghaulError
from longhaul.printable import shown
from longhaul.retries import pause
from longhaul.wanted import Notify

if TYPE_CHECKING:
    from longhaul.answers import Job, Notification
    from longhaul.client import Client

METAVAR: Final = "URL_OR_EMAIL"

_COLUMNS: Final = (
    tables.Column("TOLD", is_cut=True, least=20),
    tables.Column("WHAT CAME OF IT", is_below=True),
)

_URL: Final = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")

_SETTLE_SECONDS: Final = 3.0
"""How long to wait for the first try of each message. Most are sent within a second."""

_PAUSE_SECONDS: Final = 0.5


def _receivers(_: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> Notify | None:
    """Returns who is told, or None: nobody is named."""
    named = Notify()
    for text in texts:
        if text.isprintable() and _URL.fullmatch(text):
            is_second = "url" in named
            named["url"] = text
        elif text.isprintable() and _ADDRESS.fullmatch(text):
            is_second = "email" in named
            named["email"] = text
        else:
            raise click.BadParameter(
                f"{text[:100]!r} is neither a URL like https://hooks.example.com/in nor a mail "
                "address.",
                param=parameter,
            )
        if is_second:
            raise click.BadParameter("Name at most one URL and one mail address.", param=parameter)
    return named or None


def _receiver(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> Notify | None:
    return _receivers(context, parameter, () if text is None else (text,))


notify_option: Final = click.option(
    "--notify",
    "receivers",
    multiple=True,
    callback=_receivers,
    metavar=METAVAR,
    help="Who is told when the job has ended: a URL that takes webhooks, a mail address, or both.",
)


@click.command(short_help="Tell somebody of a job's end, or tell it again.")
@job_argument
@click.argument("receiver", metavar=f"[{METAVAR}]", required=False, callback=_receiver)
@common
def notify(run: Run, job: JobName, *, receiver: Notify | None) -> None:
    """Have URL_OR_EMAIL told of JOB: when it ends or, if it has ended, now. Without it, all who
    were named already are told again.

    It prints everybody who is told of JOB. `longhaul status JOB` says what came of it.

    \b
      longhaul notify JOB
      longhaul notify JOB https://hooks.example.com/in
      longhaul notify JOB ann@example.com
    """
    from longhaul.answers import Notifications

    with run.client(job) as client:
        found = client.notify(job.job_id, receiver)
    run.answer(Notifications(found))
    if run.is_json:
        return
    rows = (tables.Row((words.receiver(one), words.what_came_of(one))) for one in found)
    if not tables.show(_COLUMNS, rows):
        run.screen.say(f"Nobody is told of this job. Name who: {run.line('notify', job, METAVAR)}")


def announce(run: Run, receivers: Notify) -> None:
    """Says who will be told."""
    named = [shown(text) for text in (receivers.get("url"), receivers.get("email")) if text]
    verb = "is" if len(named) == 1 else "are"
    run.screen.say(f"When it has ended, {' and '.join(named)} {verb} told.")


def settled(client: "Client", job: "Job") -> "Job":
    """Returns the job, which has ended, with what came of the first try to tell each. Waits a few
    seconds for that, at most. If the API cannot be asked, it returns what is known."""
    with suppress(LonghaulError):
        for _ in range(int(_SETTLE_SECONDS / _PAUSE_SECONDS)):
            job = client.status(job.job_id)
            if all(one.status != "pending" for one in job.notifications or ()):
                break
            pause(_PAUSE_SECONDS)
    return job


def lines(run: Run, name: JobName, job: "Job") -> Iterator[str]:
    """Yields a line for each who is told of the job, and then how to tell them again, if somebody
    was given up."""
    for one in job.notifications or ():
        yield f"Told:        {words.told(one)}"
    yield from again(run, name, job.notifications or ())


def again(run: Run, name: JobName, found: Sequence["Notification"]) -> Iterator[str]:
    """Yields the command that tells all again, if somebody was given up."""
    if any(one.status == "given-up" for one in found):
        yield f"Tell again:  {run.line('notify', name)}"
