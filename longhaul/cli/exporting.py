"""The commands that make a job: `longhaul export` and `longhaul retry`."""

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal
from uuid import uuid4

import click

from longhaul.cli import advice, foreseen, form, notices, saving, selection, trying
from longhaul.cli.jobnames import JobName, job_argument
from longhaul.cli.options import PROGRAM, Command, Run, common, source_option
from longhaul.cli.waiting import Then, wait_and_save, waiting_options
from longhaul.errors import BrokenArchive, CannotSave, LonghaulError, NotPossibleNow
from longhaul.printable import shown
from longhaul.wanted import Compression, Format, Notify


def _on_missing_option(usual: str) -> Callable[[Command], Command]:
    return click.option(
        "--on-missing",
        type=click.Choice(["fail", "skip"]),
        help=f"If a file does not exist: fail, or leave it out.  [{usual}]",
    )


def _on_unreadable_option(usual: str) -> Callable[[Command], Command]:
    return click.option(
        "--on-unreadable",
        type=click.Choice(["fail", "skip"]),
        help=f"If a file cannot be read: fail, or leave it out.  [{usual}]",
    )


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
@_on_missing_option("skip")
@_on_unreadable_option("fail")
@click.option(
    "--names",
    type=click.Choice(["key", "own"]),
    help="What files of --keys and --prefix are called in the archive: as their keys say, or, in "
    "the same folders, by their own names.  [key]",
)
@form.form_options()
@notices.notify_option
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
@click.option(
    "--dry-run", "is_dry", is_flag=True, help="Say what would be exported. Start nothing."
)
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
    names: Literal["key", "own"] | None,
    receivers: Notify | None,
    format: Format | None,  # noqa: A002 - the name that the option has for it
    compression: Compression | None,
    split: int | None,
    fresh: bool,
    selected: str | None,
    idempotency_key: str | None,
    is_dry: bool,
    wait: bool,
    output: str | None,
    force: bool,
) -> int:
    """Start an export of FILEs and print its job's id.

    FILE is a file's id, a range of ids (10000-10099), several of them with commas between them, or
    - to read ids from standard input. With --keys, FILE is a key, or - to read keys from standard
    input, one a line. With --files, LIST is a file with a JSON list of objects, or with one object
    a line. Each has an id, a key or a prefix, and may have the name in the archive and the version.

    With --wait or -o, the exit code is 9 if the archive is there, but some files are not in it.
    With --dry-run it is 9 if some would not be, 1 if the export would fail, and 6 if it would be
    more than a limit allows.

    \b
      longhaul export 10001 10002 --wait -o march.zip
      longhaul export 10000-10099,20007 --on-missing fail
      longhaul export --prefix reports/2024/ --dry-run
      longhaul export --prefix reports/2024/ -o .
      longhaul export --keys - < keys.txt
      longhaul export 10001 --notify ann@example.com
      longhaul export --files list.jsonl --on-unreadable skip -o .
      longhaul export --prefix logs/ --format tar.gz --split 4GB -o .
      printenv SELECTION | longhaul export --selection - -o .
    """
    then = Then(wait=wait, output=output, force=force, receivers=receivers)
    key = idempotency_key or str(uuid4())
    more = [] if idempotency_key else ["--idempotency-key", key]
    like = form.Form(format=format, compression=compression, split=split)
    form.check_output(split, output)
    if selected is not None:
        said = (prefix, listed, source, filename, on_missing, on_unreadable, names, receivers)
        others = (*said, *like.values())
        if files or are_keys or any(one is not None for one in others):
            raise click.UsageError(
                "A --selection says which files of which source, the names, what is left out, what "
                "the archive is like, and who is told."
            )
        if is_dry:
            raise click.UsageError("A --selection cannot be tried out: to ask is to use it.")
        return _export_selected(run, selected, then, key=key, more=more, fresh=fresh)
    asked, places = _chosen(files, prefix, listed, are_keys=are_keys)
    folder = next((key for key in asked.get("keys", ()) if key.endswith("/")), None)
    if folder is not None:
        prefix_of = f"--prefix {shlex.quote(shown(folder))}"
        run.screen.say(f"A key is one file, also {shown(folder)}. For a folder: {prefix_of}")
    if output is not None:
        saving.check_output(run, output, force=force)
    if is_dry:
        rules = trying.Rules(on_missing=on_missing, on_unreadable=on_unreadable, form=like)
        with run.client() as client, selection.placed(places):
            foreseen.check({**asked, "filename": filename})
            return trying.try_out(run, client, asked, source, rules)
    with run.client() as client:
        with advice.if_interrupted(run, _how_to_make_sure(more)), selection.placed(places):
            accepted = client.create(
                **asked,
                source=source,
                filename=filename,
                on_missing=on_missing,
                on_unreadable=on_unreadable,
                names=names,
                notify=receivers,
                **like,
                fresh=fresh,
                idempotency_key=key,
            )
        return wait_and_save(run, client, accepted, then)


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
            return wait_and_save(run, client, accepted, then)
        except (BrokenArchive, CannotSave) as error:
            error.add_note(f"The selection was used. Come back to its job with:\n  {then.again}")
            raise


@click.command(short_help="Start a job's export again.")
@job_argument
@_on_missing_option("as before")
@_on_unreadable_option("as before")
@click.option(
    "--name", "--filename", "filename", metavar="NAME", help="The name of the archive.  [as before]"
)
@form.form_options("as before")
@waiting_options
@common
def retry(  # noqa: PLR0913 - the options of the command
    run: Run,
    job: JobName,
    *,
    on_missing: Literal["fail", "skip"] | None,
    on_unreadable: Literal["fail", "skip"] | None,
    filename: str | None,
    format: Format | None,  # noqa: A002 - the name that the option has for it
    compression: Compression | None,
    split: int | None,
    wait: bool,
    output: str | None,
    force: bool,
) -> int:
    """Start the export of JOB again, if it failed, was cancelled or has expired, or if its archive
    is gone: as it was, or with what the options change.

    With --format and no --compression, that is the usual one of the format.

    It prints the new job's id. To retry JOB again in the same way prints the same id.

    \b
      longhaul retry JOB
      longhaul retry JOB --on-missing skip -o .
    """
    form.check_output(split, output)
    if output is not None:
        saving.check_output(run, output, force=force)
    with run.client(job) as client:
        with advice.if_interrupted(run, _how_to_make_sure([])):
            try:
                accepted = client.retry(
                    job.job_id,
                    on_missing=on_missing,
                    on_unreadable=on_unreadable,
                    filename=filename,
                    format=format,
                    compression=compression,
                    split=split,
                )
            except NotPossibleNow as error:
                with suppress(LonghaulError):
                    error.add_note(advice.instead_of_retry(run, job, client.status(job.job_id)))
                raise
        then = Then(wait=wait, output=output, force=force, url=job.url)
        return wait_and_save(run, client, accepted, then)


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
        raise click.UsageError(
            "Which files? Name ids, ranges of ids, --keys, --files, --prefix. `longhaul ls` shows "
            "what there is."
        )
    return {"keys" if are_keys else "file_ids": chosen}, ()


def _how_to_make_sure(more: list[str]) -> str:
    """What to do if it is unknown whether the request has reached the API."""
    return (
        "The export may or may not have started. To make sure, without a second export:\n"
        f"  {_same_command(more)}"
    )


def _same_command(more: list[str]) -> str:
    return shlex.join([PROGRAM, *sys.argv[1:], *more])
