"""The demo itself. `make demo` runs it."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from infra import mail, stack, targets
from infra.console import complain, console, say, step
from infra.demo import api, samples, words
from infra.demo.api import Accepted, Job, Result
from infra.demo.bar import Bar, bar, finished, megabytes
from infra.demo.check import check
from infra.demo.library import ABSENT_IDS, DemoFile
from infra.demo.samples import PLACE, drawing
from infra.demo.words import Hint
from infra.errors import InfraError
from infra.outputs import Outputs
from infra.targets import TARGET_NAMES, Target, TargetName

# As in infra.console: standard output is for what the command answers, here the last page.
answer = Console(highlight=False)

_MAIL_SETTINGS = {"MAIL_FROM": "longhaul@example.com", "MAIL_TO": api.EMAIL}
_MAIL_LIMIT_SECONDS = 30.0
_MAIL_POLL_SECONDS = 0.1
_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended."""


def run(target: Target) -> None:
    """Runs the whole demo. Raises InfraError with a sentence for the person at the terminal."""
    os.environ |= _MAIL_SETTINGS
    deployed = stack.up(target, stack.state_directory(target), target.usual_stack)
    files = samples.put(target, deployed)
    accepted = _ask(deployed, files)
    try:
        result = _follow(accepted)
        _await_mail(target, deployed, accepted["jobId"])
        archive = _download(accepted)
    except KeyboardInterrupt:
        say(f"\nThe job goes on without you. Look at it: curl -s {accepted['statusUrl']}")
        raise
    manifest = _check(archive, accepted, files)
    copied = words.copied_bytes(manifest, result["fileSize"])
    _sum_up(archive, result, copied)
    _suggest(words.hints(deployed.api_url, accepted["jobId"], target.name))
    stack.say_address(target, deployed)
    page = f"{deployed.api_url}/#/jobs/{accepted['jobId']}"
    answer.print(f"\n  [bold]Open the page:[/] {page}", soft_wrap=True)


def _ask(deployed: Outputs, files: Sequence[DemoFile]) -> Accepted:
    ids = [*(file.file_id for file in files), *ABSENT_IDS]
    started = time.monotonic()
    accepted = api.export(deployed.api_url, ids)
    seconds = time.monotonic() - started
    console.print(
        finished("Ask", f"POST /v1/export with {len(ids)} ids, answered", seconds), soft_wrap=True
    )
    return accepted


def _follow(accepted: Accepted) -> Result:
    with bar("Export") as drawn:
        for job in api.watch(accepted["statusUrl"]):
            if job["result"] is None:
                _draw_job(drawn, job)
        result = cast("Result", job["result"])
        drawn.end(f"{result['processedFiles']} files in one ZIP, {megabytes(result['fileSize'])}")
    return result


def _draw_job(drawn: Bar, job: Job) -> None:
    progress = job["progress"]
    done, total = progress["bytesDone"], progress["bytesTotal"]
    text = f"{progress['currentFile']}/{progress['totalFiles']} files"
    if total:
        text += f"  {done / 1e6:.0f}/{total / 1e6:.0f} MB"
    if progress["etaSeconds"]:
        text += f"  ~{progress['etaSeconds']} s"
    drawn.show(done, total, text, title=progress["stage"].capitalize())


def _await_mail(target: Target, deployed: Outputs, job_id: str) -> None:
    """Says that the mail has come. The emulator's SES catches it. Raises InfraError if none
    comes."""
    at = target.at(deployed.endpoint_url) if deployed.endpoint_url else target
    with step("Mail") as note:
        deadline = time.monotonic() + _MAIL_LIMIT_SECONDS
        while not (found := [one for one in mail.caught(at) if job_id in one.text]):
            if time.monotonic() > deadline:
                raise InfraError(f"No mail has come in {_MAIL_LIMIT_SECONDS:.0f} s. See: make logs")
            time.sleep(_MAIL_POLL_SECONDS)
        note(escape(f"to {found[0].to}: {found[0].subject}"))


def _download(accepted: Accepted) -> Path:
    archive = PLACE / api.FILENAME
    with bar("Download") as drawn:

        def draw(done: int, total: int) -> None:
            drawn.show(done, total, f"{done / 1e6:.0f}/{total / 1e6:.0f} MB")

        api.download(accepted, archive, draw)
        drawn.end(f"{megabytes(archive.stat().st_size)} straight from S3, by presigned link")
    return archive


def _check(archive: Path, accepted: Accepted, files: Sequence[DemoFile]) -> dict[str, Any]:
    with bar("Check") as drawn:
        draw = drawing(drawn, sum(file.size for file in files), len(files))
        manifest = check(archive, accepted["jobId"], files, ABSENT_IDS, draw)
        drawn.end(f"every byte of {len(files)} files; CRC-32, SHA-256, manifest")
    return manifest


def _sum_up(archive: Path, result: Result, copied: int | None) -> None:
    answer.print()
    _fact("Your ZIP", f"[bold]{words.shown(archive)}[/], {megabytes(result['fileSize'])}")
    if copied is not None:
        rest = result["fileSize"] - copied
        how = f"S3 copied {megabytes(copied)} by itself, a worker streamed {megabytes(rest)}"
        _fact("Built", how)
    missing = words.listed(result["missing"])
    _fact("Missing", f"{missing}, asked for on purpose: left out, and listed")


def _fact(title: str, text: str) -> None:
    answer.print(f"  {title:<16} {text}", soft_wrap=True)


def _suggest(hints: Sequence[Hint]) -> None:
    answer.print("\n  [bold]Try next[/]")
    for hint in hints:
        answer.print(f"  [dim]{hint.about}[/]")
        answer.print(f"    [cyan]{escape(hint.line)}[/]", soft_wrap=True)


def main() -> None:
    """Runs the demo. If it cannot, says why in a line or two, without a traceback."""
    try:
        run(_target())
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)


def _target() -> Target:
    name = os.environ.get("TARGET", "ministack")
    if name not in TARGET_NAMES or name == "aws":
        # On AWS the files would cost money, and the bucket may already hold other files.
        raise InfraError(f"The demo runs on this machine only, not on TARGET={name}.")
    return targets.named(cast("TargetName", name))


if __name__ == "__main__":
    main()
