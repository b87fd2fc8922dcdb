"""`longhaul export` and `longhaul retry`: what makes a job, and perhaps stays until its end."""

import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import click

from longhaul.cli import follow, selection, words
from longhaul.cli.options import PROGRAM, JobName, Run, common, job_argument
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Accepted
    from longhaul.client import Client


def staying(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of a command that may stay with its job."""
    for option in reversed(
        (
            click.option("--wait", is_flag=True, help="Stay until the job has ended."),
            click.option(
                "-o",
                "--output",
                type=click.Path(allow_dash=True),
                metavar="PATH",
                help="Stay, and download to this file or folder; - is standard output.",
            ),
            click.option("--force", is_flag=True, help="Replace a file that is there."),
        )
    ):
        command = option(command)
    return command


@click.command(short_help="Start an export.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--keys", "are_keys", is_flag=True, help="FILEs are keys of the source bucket.")
@click.option("--prefix", metavar="PREFIX", help="All files whose key begins so.")
@click.option("--filename", metavar="NAME", help="The name that the archive is to have.")
@click.option(
    "--on-missing",
    type=click.Choice(["fail", "skip"]),
    help="When a file does not exist: fail, or leave it out.  [skip]",
)
@click.option("--fresh", is_flag=True, help="Build anew what was built before.")
@click.option(
    "--idempotency-key", metavar="KEY", help="The same key gives the same job, however often."
)
@staying
@common
def export(  # noqa: PLR0913 - the options of the command
    run: Run,
    *,
    files: tuple[str, ...],
    are_keys: bool,
    prefix: str | None,
    filename: str | None,
    on_missing: Literal["fail", "skip"] | None,
    fresh: bool,
    idempotency_key: str | None,
    wait: bool,
    output: str | None,
    force: bool,
) -> None:
    """Start an export of FILEs and print its job's id.

    FILE is a file's id, a range of ids (10000-10099), or - to read these from standard input;
    with --keys, a key, or - for one key a line.

    \b
      longhaul export 10001 10002 --wait -o march.zip
      longhaul export 10000-10099 --on-missing fail
      longhaul export --prefix reports/2024/ -o .
      longhaul export --keys - < keys.txt
    """
    asked: dict[str, Any] = _chosen(files, prefix, are_keys=are_keys)
    if output is not None:
        follow.check_output(run, output, force=force)
    key = idempotency_key or str(uuid4())
    with run.client() as client:
        with follow.advice(run, _once_more([] if idempotency_key else ["--idempotency-key", key])):
            accepted = client.create(
                **asked,
                filename=filename,
                on_missing=on_missing,
                fresh=fresh,
                idempotency_key=key,
            )
        _stay(run, client, accepted, wait=wait, output=output, force=force)


@click.command(short_help="Start a job's export again.")
@job_argument
@staying
@common
def retry(run: Run, job: JobName, *, wait: bool, output: str | None, force: bool) -> None:
    """Start the export of a JOB that failed, was cancelled or has expired again.

    It prints the new job's id: the same one, however often JOB is retried.
    """
    if output is not None:
        follow.check_output(run, output, force=force)
    with run.client(job) as client:
        with follow.advice(run, _once_more([])):
            accepted = client.retry(job.job_id)
        _stay(run, client, accepted, wait=wait, output=output, force=force, url=job.url)


def _chosen(files: tuple[str, ...], prefix: str | None, *, are_keys: bool) -> dict[str, Any]:
    """The field of the request that says which files. Raises click.UsageError."""
    if prefix is not None:
        if files or are_keys:
            raise click.UsageError("Either FILEs or --prefix: one export takes no mixture.")
        return {"prefix": prefix}
    if are_keys:
        chosen: list[Any] = selection.keys(files, sys.stdin)
    else:
        chosen = selection.file_ids(files, sys.stdin)
    if not chosen:
        raise click.UsageError("Which files? Name ids, ranges of ids, --keys or a --prefix.")
    return {"keys" if are_keys else "file_ids": chosen}


def _stay(  # noqa: PLR0913 - the options of `staying`
    run: Run,
    client: "Client",
    accepted: "Accepted",
    *,
    wait: bool,
    output: str | None,
    force: bool,
    url: str | None = None,
) -> None:
    """Tells of the new job, and stays with it as long as that was wanted."""
    job_id = shown(accepted.job_id)
    name = JobName(job_id, url)
    count = f", {words.files(accepted.total_files)}" if accepted.total_files else ""
    is_over = accepted.status not in ("queued", "processing")
    run.screen.say(f"Job {job_id}{count}{f', {shown(accepted.status)}' if is_over else ''}")
    if output is None:
        run.print(job_id)
    if output is None and not wait:
        run.answer(accepted)
        if is_over and accepted.status != "completed":
            run.screen.say(f"Start it again: {run.line('retry', name)}")
            return
        run.screen.say(f"Watch it:    {run.line('watch', name)}")
        run.screen.say(f"Download it: {run.line('download', name, '--wait')}")
        return
    if output is None:
        with follow.way_back(run, run.line("watch", name)):
            run.answer(follow.follow(run, client, name))
        run.screen.say(f"Download it: {run.line('download', name)}")
        return
    more = ["--wait", "-o", output, *(["--force"] if force else [])]
    with follow.way_back(run, run.line("download", name, *more)):
        job = follow.follow(run, client, name)
        run.answer(job, download=follow.fetch(run, client, job, output, force=force))


def _once_more(more: list[str]) -> str:
    """What to do where it is not known if the request was heard."""
    return (
        "The export may have begun, or not. This makes sure, and makes no second one:\n"
        f"  {shlex.join([PROGRAM, *sys.argv[1:], *more])}"
    )
