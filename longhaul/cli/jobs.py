"""The commands for existing jobs: status, watch, download, list, rename, cancel, delete."""

import sys
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import advice, notices, partial, saving, tables, words
from longhaul.cli.follow import check_end, follow
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import PROGRAM, Run, common
from longhaul.cli.screen import echo
from longhaul.errors import NotPossibleNow
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job

_LIST_DEFAULT: Final = 20
_COLUMNS: Final = (
    tables.Column("JOB", is_below=True),
    tables.Column("STATUS"),
    tables.Column("FILES", is_right=True),
    tables.Column("SIZE", rank=1, is_right=True),
    tables.Column("STARTED", rank=2),
    tables.Column("NAME", is_cut=True, least=20),
)


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
    """Download the archive of JOB, check every byte of it, and print its path. If JOB has several
    archives, download them all; PATH is then a folder.

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
        run.seen.saw(found)
        check_end(run, job, found)
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
    """List your jobs, newest first.

    In a pipe there is no header, and tabs are between the columns: id, status, percent, files,
    size, start, name. The files are those in the archive; before its end, those that were asked
    for.
    """
    if limit and is_all:
        raise click.UsageError("Use either --limit or --all, not both.")
    most = None if is_all else limit or _LIST_DEFAULT
    with run.client() as client:
        found = islice(client.list(), most)
        if run.is_json:
            for job in found:
                run.answer(job)
            return
        shown_jobs = tables.show(_COLUMNS, map(_row, found))
    if not shown_jobs:
        run.screen.say(f"No exports yet. Start one with: {PROGRAM} export FILE...")
    elif shown_jobs == most:
        run.screen.say(f"These are the newest {most:,}. --all lists all that there are.")


def _row(job: "Job") -> tables.Row:
    job_id, status = shown(job.job_id), shown(job.status)
    count, lost = words.count(job), words.left_out(job)
    percent = f"{job.progress.percent}%"
    when, name = words.moment(job.created_at), shown(job.filename or "")
    return tables.Row(
        (
            job_id,
            f"{status} {percent}" if status == "processing" else status,
            f"{count:,} of {count + lost:,}" if lost else f"{count:,}" if count else "",
            words.weight(job),
            when[: -len(":00")],
            name,
        ),
        plain=(job_id, status, percent, f"{count}", words.weight(job), when, name),
    )


@click.command(short_help="Give a job's archive another name.")
@job_argument
@click.argument("name", metavar="NAME")
@common
def rename(run: Run, job: JobName, *, name: str) -> None:
    """Give the archive of JOB the name NAME, under which it is downloaded from now on."""
    with run.client(job) as client:
        found = client.rename(job.job_id, name)
    run.answer(found)
    run.screen.say(f"Its name is {shown(found.filename or name)}.")


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
        echo("Nothing was deleted.")
        raise click.Abort
