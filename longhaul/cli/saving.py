"""Saves a job's archive: to a file, to a folder, or to standard output."""

import sys
from typing import TYPE_CHECKING, Any

import click

from longhaul.cli import words
from longhaul.cli.options import Run
from longhaul.cli.rate import Rate
from longhaul.cli.texts import STDIN
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Job
    from longhaul.client import Client

STDOUT = STDIN
"""The name of standard output, as an output."""


def save(run: Run, client: "Client", job: "Job", output: str, *, force: bool) -> dict[str, Any]:
    """Downloads the job's archive, prints its path, and returns its facts for `--json`."""
    if output == STDOUT:
        return _to_stdout(run, client, job)
    from longhaul import answers
    from longhaul.transfer import Ticks, download

    with run.screen.task("Download") as task:
        rate = Rate()

        def downloaded(done: int, total: int) -> None:
            task.show(done, total, rate.text(done, total), "Download")

        def checked(done: int, total: int) -> None:
            task.show(done, total, words.size_of(done, total), "Check")

        saved = download(client, job, output, force=force, ticks=Ticks(downloaded, checked))
        how = "already downloaded" if saved.was_there else "checked"
        files = words.files(len(saved.manifest.files))
        task.result = f"{shown(str(saved.path))}: {files}, {words.size(saved.size)}, {how}"
    run.print(str(saved.path))
    return {
        "path": str(saved.path),
        "size": saved.size,
        "files": len(saved.manifest.files),
        "missing": list(saved.manifest.missing),
        "skipped": [answers.plain(one) for one in saved.manifest.skipped],
    }


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
