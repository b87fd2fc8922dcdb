"""The command `longhaul listen`: shows webhooks on this machine, for those who develop."""

import errno
import os
import sys
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import words
from longhaul.cli.options import PROGRAM, Run, common
from longhaul.cli.screen import is_live
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.cli.receiver import Heard, Receiver
    from longhaul.webhooks import Ended

PORT: Final = 9999
VARIABLE: Final = "LONGHAUL_WEBHOOK_SECRET"

_TAKEN: Final = 204
_STATUS_WIDTH: Final = len("completed")

_WAIT_SECONDS: Final = 0.5
"""How long to wait for a webhook at a time. On Windows, Ctrl-C ends no longer wait."""

_SHOWN: Final = 100
"""The most characters of a text that a webhook, or a request that is none, brings along."""

# What shows whether the signature is right: on a terminal a mark, in a pipe words.
_MARKS: Final = {True: ("✓", "green"), None: ("?", "yellow"), False: ("✗", "red")}
_SAID: Final = {True: "signature right", None: "signature not checked", False: ""}


@click.command(short_help="Show webhooks that come to this machine.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    metavar="PORT",
    help=f"The port on 127.0.0.1; 0 is a free one.  [{PORT}]",
)
@click.option(
    "--secret",
    envvar=VARIABLE,
    metavar="SECRET",
    help=f"What signatures are checked with: whsec_…, or the secret's JSON.  [{VARIABLE}]",
)
@click.option(
    "--status",
    type=click.IntRange(200, 599),
    default=_TAKEN,
    metavar="STATUS",
    help=f"What webhooks are answered, to see what the stack does then.  [{_TAKEN}]",
)
@common
def listen(run: Run, *, port: int, secret: str | None, status: int) -> None:
    """Show the webhooks that come to this machine, one line each: when, how the job has ended, its
    id, files and size, and whether the signature is right.

    Only programs on this machine can reach it. A webhook with a wrong signature is answered 401,
    as your own receiver should do. With --json, each other one is printed as a line of JSON.

    \b
      longhaul listen
      longhaul listen --status 503
      longhaul listen --json | jq .data.jobId
    """
    from longhaul.webhooks import keys

    try:
        known = keys(secret) if secret and secret.strip() else ()
    except ValueError as error:
        raise click.UsageError(f"The secret of webhooks is wrong: {error}.") from None
    with _receiver(port, known, status) as server, server.running():
        _begin(run, server.url, has_keys=bool(known))
        try:
            while True:
                with suppress(Empty):
                    _show(run, server.heard.get(timeout=_WAIT_SECONDS), usual=status)
        except KeyboardInterrupt:
            if is_live():
                run.screen.say()  # The terminal has printed ^C into the line.
            raise


def _receiver(port: int, known: tuple[str, ...], status: int) -> "Receiver":
    """Returns the server. Raises click.UsageError if it cannot have the port."""
    from longhaul.cli.receiver import Receiver

    try:
        return Receiver(port, known, status=status)
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another program listens there",
            errno.EACCES: "ports below 1024 are for the administrator",
        }.get(error.errno or 0, error.strerror or str(error))
        raise click.UsageError(
            f"Cannot listen on port {port}: {why}. Take another --port."
        ) from None


def _begin(run: Run, url: str, *, has_keys: bool) -> None:
    place = url.removeprefix("http://").rstrip("/")
    say = run.screen.say
    say(f"Listening on {url} until Ctrl-C.")
    say("To have a local stack send here:")
    say(f"  make up WEBHOOK_HOSTS={place}")
    say(f"  {PROGRAM} export FILE... --notify {url}")
    if not has_keys:
        say(f"Signatures are not checked: {VARIABLE} is not set.")
        say("How to read it: docs/webhooks.md. `make outputs` names it webhookSecret.")


def _show(run: Run, heard: "Heard", *, usual: int) -> None:
    """Prints a webhook on standard output, all other requests on standard error."""
    if heard.webhook is None:
        run.screen.say(_line(heard, usual, is_live=is_live()))
    elif not run.is_json:
        is_terminal = sys.stdout.isatty()
        has_colour = is_terminal and not os.environ.get("NO_COLOR")
        click.echo(_line(heard, usual, is_live=is_terminal), color=has_colour)
    else:
        run.screen.say(_line(heard, usual, is_live=is_live()))
        if heard.is_signed is not False:
            click.echo(heard.line)


def _line(heard: "Heard", usual: int, *, is_live: bool) -> str:
    """Returns what is shown of a request. `is_live`: on a terminal."""
    mark, colour = _MARKS[heard.is_signed if heard.webhook else False]
    parts = [f"{click.style(mark, fg=colour)} " * is_live + f"{heard.at.astimezone():%H:%M:%S}"]
    if heard.webhook:
        status = _short(heard.webhook.type.removeprefix("export."))
        parts += [f"{status:<{_STATUS_WIDTH}}", _short(heard.webhook.data.job_id)]
        parts += _facts(heard.webhook.data)
        if not is_live:
            parts.append(_SAID[heard.is_signed])
    parts.append(_short(heard.why))
    if heard.why or heard.status != usual or usual != _TAKEN:
        parts.append(f"answered {heard.status}")
    return "  ".join(filter(None, parts)).rstrip()


def _facts(data: "Ended") -> list[str]:
    if data.status != "completed":
        return [_short(data.reason or "")]
    left_out = f", {data.files_skipped:,} left out" if data.files_skipped else ""
    return [f"{words.files(data.files)}, {words.size(data.bytes)}{left_out}"]


def _short(text: str) -> str:
    """Returns the text as a terminal can show it."""
    text = shown(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
