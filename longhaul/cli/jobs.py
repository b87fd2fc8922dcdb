"""The commands for existing jobs: status, watch, download, list, cancel, delete;
and `check` for files."""

import sys
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import click

from longhaul.cli import advice, exits, notices, partial, saving, selection, words
from longhaul.cli.follow import check_end, follow
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import Run, common, source_option
from longhaul.errors import NotPossibleNow
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Availability, Job

_LIST_DEFAULT = 20
_WIDTHS = (36, 10, 4, 6, 9, 19, 0)


@click.command(short_help="Show how far a job is.")
@job_argument
@common
def status(run: Run, job: JobName) -> None:
    """Show how far JOB is, or how it ended. JOB is a job's id or its statusUrl."""
    with run.client(job) as client:
        found = client.status(job.job_id)
    run.answer(found)
    for title, text in words.facts(found):
        run.print(f"{title:<8} {text}")
    for line in notices.again(run, job, found.notifications or ()):
        run.screen.say(line)


@click.command(short_help="Follow a job to its end.")
@job_argument
@common
def watch(run: Run, job: JobName) -> int:
    """Follow JOB to its end. After Ctrl-C, the job goes on.

    With --json, it prints a line for each change.
    """
    with run.client(job) as client, advice.how_to_return(run, run.line("watch", job)):
        ended = follow(run, client, job, each=True)
    partial.tell(run, ended, run.line("status", job))
    run.screen.say(f"Download it: {run.line('download', job)}")
    return partial.code(ended)


@click.command(short_help="Download a job's archive.")
@job_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(allow_dash=True),
    default=".",
    metavar="PATH",
    help="The file; or the folder, where it gets its own name; - is standard output.  [.]",
)
@click.option("--wait", is_flag=True, help="Wait until the job has ended.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@common
def download(run: Run, job: JobName, *, output: str, wait: bool, force: bool) -> int:
    """Download the archive of JOB, check every byte of it, and print its path.

    JOB may be a share link, which needs no sign-in; - reads it from standard input, where the list
    of processes does not show it.

    An interrupted download resumes, also in another run: the file is NAME.….part until it is
    whole. An archive to standard output is not checked.
    """
    more = ["-o", output, *(["--wait"] if wait else []), *(["--force"] if force else [])]
    if output == saving.STDOUT:
        saving.check_output(run, output, force=force)
    back = advice.how_to_return(run, run.line("download", job, *more))
    with run.client(job) as client, back:
        found = client.status(job.job_id)
        check_end(found)
        if found.is_open and wait:
            found = follow(run, client, job)
        partial.tell(run, found, run.line("status", job))
        saved = saving.save(run, client, found, output, force=force)
    if run.is_json:
        run.print_json({"jobId": found.job_id, **saved})
    return partial.code(found)


@click.command(name="list", short_help="List your jobs, newest first.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), help=f"At most this number.  [{_LIST_DEFAULT}]"
)
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@common
def list_jobs(run: Run, *, limit: int | None, is_all: bool) -> None:
    """List your jobs, newest first: id, status, percent, files, size, start, name.

    In a pipe the columns are separated by tabs.
    """
    if limit and is_all:
        raise click.UsageError("Use either --limit or --all, not both.")
    with run.client() as client:
        for job in islice(client.list(), None if is_all else limit or _LIST_DEFAULT):
            run.answer(job)
            run.print(_row(words.row(job)))


def _row(cells: tuple[str, ...]) -> str:
    if not sys.stdout.isatty():
        return "\t".join(cells)
    return "  ".join(
        f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)
    ).rstrip()


@click.command(short_help="Cancel a job.")
@job_argument
@common
def cancel(run: Run, job: JobName) -> None:
    """Cancel JOB."""
    with run.client(job) as client:
        run.answer(client.cancel(job.job_id))
    run.screen.say("Cancelled.")


@click.command(short_help="Delete a job and its archive.")
@job_argument
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--cancel", "is_cancelled", is_flag=True, help="If it is open, cancel it first.")
@common
def delete(run: Run, job: JobName, *, is_sure: bool, is_cancelled: bool) -> None:
    """Delete JOB, which has ended: its archive, its record, and all links to it.

    If another job has the same archive, the archive stays for that job.
    """
    from longhaul.answers import Problem

    with run.client(job) as client:
        found = client.status(job.job_id)
        if found.is_open and not is_cancelled:
            raise NotPossibleNow(
                Problem(
                    title="The job is open",
                    detail="wait for its end, or cancel it too, with --cancel",
                    status=409,
                )
            )
        if not is_sure:
            _ask(f"Delete {_what_goes(found)}?")
        if found.is_open:
            with suppress(NotPossibleNow):  # It has ended meanwhile.
                client.cancel(job.job_id)
        client.delete(job.job_id)
    if run.is_json:
        run.print_json({"jobId": found.job_id, "deleted": True})
    run.screen.say("Deleted.")


def _what_goes(job: "Job") -> str:
    name = f" ({shown(job.filename)})" if job.filename else ""
    text = f"the job {shown(job.job_id)}{name}, {shown(job.status)}"
    if job.status == "completed" and job.result:
        files, size = words.files(job.result.processed_files), words.size(job.result.file_size)
        archive = f"its archive of {files}, {size} (unless another job has it)"
        text += f", with {archive} and all share links to it"
    return text


def _ask(question: str) -> None:
    """Raises click.Abort if the answer is no, click.UsageError if nobody can answer."""
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: say --yes.")
    if not click.confirm(question, err=True):
        raise click.Abort


@click.command(short_help="Show whether files can be exported.")
@click.argument("files", nargs=-1, metavar="FILE...", required=True)
@source_option
@common
def check(run: Run, files: tuple[str, ...], *, source: str | None) -> int:
    """Show whether each FILE, an id, can be exported. If not, show why: it is missing, or cannot be
    read. The exit code is then 3."""
    is_all_there = True
    with run.client() as client:
        for file_id in selection.file_ids(files, sys.stdin):
            found = client.check(file_id, source=source)
            is_all_there &= found.available
            run.answer(found)
            run.print(f"{shown(str(found.file_id))}\t{_state(found)}")
    return exits.OK if is_all_there else exits.NOT_FOUND


def _state(found: "Availability") -> str:
    if found.available:
        return f"available\t{words.size(found.size or 0)}"
    reason = found.reason or words.MISSING
    if reason == words.MISSING or not found.detail:
        return shown(reason)
    return f"{shown(reason)}\t{shown(found.detail)}"
