"""What follows when a job was made: wait for it, download its archive, say who was told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from longhaul.cli import advice, exits, notices, partial, saving, words
from longhaul.cli.follow import follow
from longhaul.cli.jobnames import JobName
from longhaul.cli.options import Command, Run
from longhaul.errors import CannotSave, JobFailed
from longhaul.printable import shown
from longhaul.wanted import Notify

if TYPE_CHECKING:
    from longhaul.answers import Accepted
    from longhaul.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What to do with the new job: the options of `waiting_options`.

    `url` is the API's, if the job was named by its URL. `again` is the command line that returns to
    the job, if only the same request does. `receivers` are told when the job has ended.
    """

    wait: bool
    output: str | None
    force: bool
    url: str | None = None
    again: str = ""
    receivers: Notify | None = None


def waiting_options(command: Command) -> Command:
    """Adds the options of a command that can wait for its job and download the archive."""
    for option in reversed(
        (
            click.option("--wait", is_flag=True, help="Wait until the job has ended."),
            click.option(
                "-o",
                "--output",
                type=click.Path(allow_dash=True),
                metavar="PATH",
                help="Wait, and download to this file or folder; - is standard output.",
            ),
            click.option("--force", is_flag=True, help="Replace an existing file."),
        )
    ):
        command = option(command)
    return command


def wait_and_save(run: Run, client: "Client", accepted: "Accepted", then: Then) -> int:
    """Prints the new job. Waits for it and downloads its archive, if the options say so. Returns
    the exit code."""
    job_id = shown(accepted.job_id)
    # Of a selection, there is a ticket: it opens this job, and starts no other.
    name = JobName(job_id, then.url, getattr(accepted, "ticket", None))
    count = f", {words.files(accepted.total_files)}" if accepted.total_files else ""
    is_over = accepted.status not in ("queued", "processing")
    run.screen.say(f"Job {job_id}{count}{f', {shown(accepted.status)}' if is_over else ''}")
    if then.output is None:
        run.print(job_id)
    if then.output is None and not then.wait:
        run.answer(accepted)
        _say_what_next(run, accepted, name, then)
        return exits.OK
    try:
        return _ended(run, client, name, then)
    except JobFailed as error:
        if then.receivers:
            for line in notices.lines(run, name, error.job):
                error.add_note(line)
        raise


def _say_what_next(run: Run, accepted: "Accepted", name: JobName, then: Then) -> None:
    """Says what to do with a job that nobody waits for."""
    is_over = accepted.status not in ("queued", "processing")
    if then.receivers and not is_over:
        notices.announce(run, then.receivers)
    if then.again:
        run.screen.say("Its ticket is the LONGHAUL_TOKEN for this job.")
    elif is_over and accepted.status != "completed":
        run.screen.say(f"Start it again: {run.line('retry', name)}")
    else:
        run.screen.say(f"Watch it:    {run.line('watch', name)}")
        run.screen.say(f"Download it: {run.line('download', name, '--wait')}")


def _ended(run: Run, client: "Client", name: JobName, then: Then) -> int:
    """Waits for the job and downloads its archive, if the options say so. Returns the exit code."""
    tells = then.receivers is not None
    see_all = "" if then.again else run.line("status", name)
    if then.output is None:
        with advice.how_to_return(run, then.again or run.line("watch", name)):
            job = follow(run, client, name, tells=tells)
        partial.tell(run, job, see_all)
        saved = {}
    else:
        more = ["--wait", "-o", then.output, *(["--force"] if then.force else [])]
        with advice.how_to_return(run, then.again or run.line("download", name, *more)):
            job = follow(run, client, name, tells=tells)
            partial.tell(run, job, see_all)
            try:
                saved = {"download": saving.save(run, client, job, then.output, force=then.force)}
            except CannotSave as error:
                if not then.again:
                    line = run.line("download", name, "-o", "PATH")
                    error.add_note(f"The archive need not be built again: {line}")
                raise
    if tells:
        job = notices.settled(client, job)
        for line in notices.lines(run, name, job):
            run.screen.say(line)
    run.answer(job, **saved)
    if then.output is None:
        again = then.again and f"{then.again} -o ."
        run.screen.say(f"Download it: {again or run.line('download', name)}")
    return partial.code(job)
