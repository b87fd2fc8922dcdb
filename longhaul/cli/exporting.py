"""The commands that make a job: `longhaul export` and `longhaul retry`."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import click

from longhaul.cli import advice, exits, partial, saving, selection, words
from longhaul.cli.follow import follow
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import PROGRAM, Command, Run, common, source_option
from longhaul.errors import BrokenArchive, CannotSave, LonghaulError, NotPossibleNow
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Accepted
    from longhaul.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What to do with the new job: the options of `waiting_options`.

    `url` is the API's, if the job was named by its URL. `again` is the command line that returns to
    the job, if only the same request does.
    """

    wait: bool
    output: str | None
    force: bool
    url: str | None = None
    again: str = ""


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


@click.command(short_help="Start an export.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--keys", "are_keys", is_flag=True, help="FILEs are keys in the source bucket.")
@click.option("--prefix", metavar="PREFIX", help="All files whose key begins with PREFIX.")
@click.option(
    "--files",
    "listed",
    metavar="LIST",
    help='LIST has the files as JSON, like {"id": 10001, "name": "a/b.pdf"}; - is standard input.',
)
@source_option
@click.option("--filename", metavar="NAME", help="The name of the archive.")
@click.option(
    "--on-missing",
    type=click.Choice(["fail", "skip"]),
    help="If a file does not exist: fail, or leave it out.  [skip]",
)
@click.option(
    "--on-unreadable",
    type=click.Choice(["fail", "skip"]),
    help="If a file cannot be read: fail, or leave it out.  [fail]",
)
@click.option(
    "--fresh", is_flag=True, help="Build a new archive, even if there is one of the same files."
)
@click.option(
    "--selection",
    "selected",
    metavar="FILE",
    help="FILE has a signed selection, which says which files; - is standard input.",
)
@click.option("--idempotency-key", metavar="KEY", help="Requests with the same key make one job.")
@waiting_options
@common
def export(  # noqa: PLR0913 - the options of the command
    run: Run,
    *,
    files: tuple[str, ...],
    are_keys: bool,
    prefix: str | None,
    listed: str | None,
    source: str | None,
    filename: str | None,
    on_missing: Literal["fail", "skip"] | None,
    on_unreadable: Literal["fail", "skip"] | None,
    fresh: bool,
    selected: str | None,
    idempotency_key: str | None,
    wait: bool,
    output: str | None,
    force: bool,
) -> int:
    """Start an export of FILEs and print its job's id.

    FILE is a file's id, a range of ids (10000-10099), or - to read ids from standard input. With
    --keys, FILE is a key, or - to read keys from standard input, one a line. With --files, LIST is
    a file with a JSON list of objects, or with one object a line. Each has an id, a key or a
    prefix, and may have the name in the archive and the version.

    With --wait or -o, the exit code is 9 if the archive is there, but some files are not in it.

    \b
      longhaul export 10001 10002 --wait -o march.zip
      longhaul export 10000-10099 --on-missing fail
      longhaul export --prefix reports/2024/ -o .
      longhaul export --keys - < keys.txt
      longhaul export --files list.jsonl --on-unreadable skip -o .
      printenv SELECTION | longhaul export --selection - -o .
    """
    then = Then(wait=wait, output=output, force=force)
    key = idempotency_key or str(uuid4())
    more = [] if idempotency_key else ["--idempotency-key", key]
    if selected is not None:
        others = (prefix, listed, source, filename, on_missing, on_unreadable)
        if files or are_keys or any(one is not None for one in others):
            raise click.UsageError(
                "A --selection says which files of which source, the name, and what is left out."
            )
        return _export_selected(run, selected, then, key=key, more=more, fresh=fresh)
    asked, places = _chosen(files, prefix, listed, are_keys=are_keys)
    if output is not None:
        saving.check_output(run, output, force=force)
    with run.client() as client:
        with advice.if_interrupted(run, _how_to_make_sure(more)), selection.placed(places):
            accepted = client.create(
                **asked,
                source=source,
                filename=filename,
                on_missing=on_missing,
                on_unreadable=on_unreadable,
                fresh=fresh,
                idempotency_key=key,
            )
        return _wait_and_save(run, client, accepted, then)


def _export_selected(  # noqa: PLR0913 - the options of the command
    run: Run, name: str, then: Then, *, key: str, more: list[str], fresh: bool
) -> int:
    """Posts a selection, without any other proof. The job is then asked for by its ticket."""
    if then.output is None and not then.wait and not run.is_json:
        raise click.UsageError(
            "The job of a selection is found by its ticket alone. Use -o or --wait, or --json, "
            "which prints the ticket."
        )
    content = selection.signed(name, sys.stdin)
    if then.output is not None:
        saving.check_output(run, then.output, force=then.force)
    same = advice.if_interrupted(run, _how_to_make_sure(more))
    with run.client() as client, same:
        accepted = client.create_selected(content, fresh=fresh, idempotency_key=key)
    then = replace(then, again=_same_command(more))
    with run.client(JobName(accepted.job_id, ticket=accepted.ticket)) as client:
        try:
            return _wait_and_save(run, client, accepted, then)
        except (BrokenArchive, CannotSave) as error:
            error.add_note(f"The selection was used. Come back to its job with:\n  {then.again}")
            raise


@click.command(short_help="Start a job's export again.")
@job_argument
@waiting_options
@common
def retry(run: Run, job: JobName, *, wait: bool, output: str | None, force: bool) -> int:
    """Start the export of JOB again, if it failed, was cancelled or has expired.

    It prints the new job's id. To retry JOB again prints the same id.
    """
    if output is not None:
        saving.check_output(run, output, force=force)
    with run.client(job) as client:
        with advice.if_interrupted(run, _how_to_make_sure([])):
            try:
                accepted = client.retry(job.job_id)
            except NotPossibleNow as error:
                with suppress(LonghaulError):
                    error.add_note(advice.instead_of_retry(run, job, client.status(job.job_id)))
                raise
        then = Then(wait=wait, output=output, force=force, url=job.url)
        return _wait_and_save(run, client, accepted, then)


def _chosen(
    files: tuple[str, ...], prefix: str | None, listed: str | None, *, are_keys: bool
) -> tuple[dict[str, Any], Sequence[str]]:
    """Returns the request's field that names the files, and where each is in a list of --files.
    Raises click.UsageError."""
    if sum((prefix is not None, listed is not None, bool(files or are_keys))) > 1:
        raise click.UsageError("Use only one of FILEs, --files and --prefix.")
    if prefix is not None:
        return {"prefix": prefix}, ()
    if listed is not None:
        found = selection.wanted(listed, sys.stdin)
        return {"files": list(found.values())}, tuple(found)
    if are_keys:
        chosen: list[Any] = selection.keys(files, sys.stdin)
    else:
        chosen = selection.file_ids(files, sys.stdin)
    if not chosen:
        raise click.UsageError("Which files? Name ids, ranges of ids, --keys, --files, --prefix.")
    return {"keys" if are_keys else "file_ids": chosen}, ()


def _wait_and_save(run: Run, client: "Client", accepted: "Accepted", then: Then) -> int:
    """Prints the new job. Waits for it and downloads its archive, if the options say so. Returns
    the exit code."""
    job_id = shown(accepted.job_id)
    name = JobName(job_id, then.url)
    count = f", {words.files(accepted.total_files)}" if accepted.total_files else ""
    see_all = "" if then.again else run.line("status", name)
    is_over = accepted.status not in ("queued", "processing")
    run.screen.say(f"Job {job_id}{count}{f', {shown(accepted.status)}' if is_over else ''}")
    if then.output is None:
        run.print(job_id)
    if then.output is None and not then.wait:
        run.answer(accepted)
        if then.again:
            run.screen.say("Its ticket is the LONGHAUL_TOKEN for this job.")
        elif is_over and accepted.status != "completed":
            run.screen.say(f"Start it again: {run.line('retry', name)}")
        else:
            run.screen.say(f"Watch it:    {run.line('watch', name)}")
            run.screen.say(f"Download it: {run.line('download', name, '--wait')}")
        return exits.OK
    if then.output is None:
        with advice.how_to_return(run, then.again or run.line("watch", name)):
            job = follow(run, client, name)
        partial.tell(run, job, see_all)
        run.answer(job)
        again = then.again and f"{then.again} -o ."
        run.screen.say(f"Download it: {again or run.line('download', name)}")
        return partial.code(job)
    more = ["--wait", "-o", then.output, *(["--force"] if then.force else [])]
    with advice.how_to_return(run, then.again or run.line("download", name, *more)):
        job = follow(run, client, name)
        partial.tell(run, job, see_all)
        run.answer(job, download=saving.save(run, client, job, then.output, force=then.force))
    return partial.code(job)


def _how_to_make_sure(more: list[str]) -> str:
    """What to do if it is unknown whether the request has reached the API."""
    return (
        "The export may or may not have started. To make sure, without a second export:\n"
        f"  {_same_command(more)}"
    )


def _same_command(more: list[str]) -> str:
    return shlex.join([PROGRAM, *sys.argv[1:], *more])
