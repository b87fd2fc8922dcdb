"""Saves a job's archive: to a file, to a folder, or to standard output."""

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from longhaul.cli import words
from longhaul.cli.options import Run
from longhaul.cli.rate import Rate
from longhaul.cli.texts import STDIN
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job
    from longhaul.client import Client
    from longhaul.transfer import Saved

STDOUT: Final = STDIN
"""The name of standard output, as an output."""


def save(run: Run, client: "Client", job: "Job", output: str, *, force: bool) -> dict[str, Any]:
    """Downloads the job's archive, or all of several, prints their paths, and returns their facts
    for `--json`."""
    if output == STDOUT:
        return _to_stdout(run, client, job)
    from longhaul import answers
    from longhaul.transfer import Ticks, download_all

    there: list[Saved] = []
    with run.screen.task("Download") as task:
        rate = Rate()

        def which() -> str:
            return f"{len(there) + 1}/{job.archives}  " if job.archives > 1 else ""

        def downloaded(done: int, total: int) -> None:
            task.show(done, total, which() + rate.text(done, total), "Download")

        def checked(done: int, total: int) -> None:
            task.show(done, total, which() + words.size_of(done, total), "Check")

        ticks = Ticks(downloaded, checked)
        for one in download_all(client, job, output, force=force, ticks=ticks):
            there.append(one)
            rate = Rate()
        there.sort(key=lambda one: one.archive)
        task.result = _result(there)
    for one in there:
        run.print(str(one.path))
    last = there[-1]
    archives = [
        {"archive": one.archive, "path": str(one.path), "size": one.size, "files": one.files}
        for one in there
    ]
    return {
        "path": str(last.path if len(there) == 1 else last.path.parent),
        "size": sum(one.size for one in there),
        "files": len(last.manifest.files),
        "missing": list(last.manifest.missing),
        "skipped": [answers.plain(one) for one in last.manifest.skipped],
        **({"archives": archives} if len(there) > 1 else {}),
    }


def _result(there: "list[Saved]") -> str:
    """Returns what is said of archives that were saved."""
    last, size = there[-1], words.size(sum(one.size for one in there))
    how = "already downloaded" if all(one.was_there for one in there) else "checked"
    what = f"{words.files(len(last.manifest.files))}, {size}, {how}"
    if len(there) == 1:
        return f"{shown(str(last.path))}: {what}"
    return f"{shown(str(last.path.parent))}: {words.archives(len(there))}, {what}"


def check_output(run: Run, output: str, *, force: bool) -> None:
    """Raises an error if nothing can be saved there. To be called before the export starts."""
    if output == STDOUT:
        if run.is_json:
            raise click.UsageError("Standard output takes either the archive or JSON, not both.")
        if sys.stdout.isatty():
            raise click.UsageError("The archive would go to the terminal: redirect it.")
        return
    from longhaul import transfer

    transfer.check_output(output, force=force)


def _to_stdout(run: Run, client: "Client", job: "Job") -> dict[str, Any]:
    from longhaul.transfer import stream

    with run.screen.task("Download") as task:
        rate = Rate()
        stream(
            client,
            job,
            sys.stdout.buffer,
            lambda done, total: task.show(done, total, rate.text(done, total)),
        )
        task.result = f"{words.size(job.result.file_size) if job.result else ''}, not checked"
    return {}
