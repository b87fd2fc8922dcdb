"""The scenario itself. `make scenario` runs it."""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from infra import stack, targets
from infra.console import complain, say
from infra.errors import InfraError
from infra.paths import SCENARIO
from infra.scenario import board, plot, report, watched
from infra.scenario.profiles import PROFILES, Profile, Scale
from infra.scenario.runs import JOB, ONE_REQUEST, Run, job, one_request
from infra.scenario.stage import staged

_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended."""


def run(scale: Scale, profiles: Sequence[Profile], folder: Path) -> list[Run]:
    """Runs all profiles in both ways, at the same time. Raises the first unexpected error."""
    with staged(scale, profiles, folder) as place:
        say(
            f"\nnginx waits {scale.timeout_seconds:.1f} s for an answer; "
            f"the storage takes {scale.delay_ms} ms a file, one at a time.\n"
        )
        began = time.monotonic()
        ways = ((ONE_REQUEST, one_request), (JOB, job))
        runs = [Run(profile, way, began) for profile in profiles for way, _ in ways]
        work = [(profile, do) for profile in profiles for _, do in ways]
        pool = ThreadPoolExecutor(len(runs))
        under_way = [
            pool.submit(do, one, place, scale.seconds(profile))
            for one, (profile, do) in zip(runs, work, strict=True)
        ]
        # After Ctrl-C, wait for nothing. Without nginx, all that still runs soon fails.
        pool.shutdown(wait=False)
        board.show(runs, under_way, scale.timeout_seconds)
        for future in under_way:
            future.result()
        watched.wait_until_read(stack.state_directory(targets.named("ministack")))
    return runs


@click.command()
@click.option(
    "--factor",
    type=click.FloatRange(0.1, 2),
    default=0.25,
    show_default=True,
    help="How long all times are, as a part of real ones; 1 takes two minutes.",
)
@click.option("--plot", "picture", type=click.Path(path_type=Path, dir_okay=False))
def main(factor: float, picture: Path | None) -> None:
    """Slow downloads behind nginx, as one request and as a job."""
    scale, folder = Scale(factor), SCENARIO
    try:
        if (target := os.environ.get("TARGET", "ministack")) != "ministack":
            raise InfraError(
                f"The scenario starts a MiniStack of its own, and cannot use TARGET={target}."
            )
        runs = run(scale, PROFILES, folder)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    report.table(runs)
    saved = plot.save(runs, scale, picture or folder / "scenario.png")
    report.picture(saved)


if __name__ == "__main__":
    main()
