"""The command: `python -m infra.examples NAME`. `make example NAME=…` runs it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape

from infra.console import complain, say, step
from infra.errors import InfraError
from infra.examples import catalog, installing, stage
from infra.examples.catalog import Example, ExampleError
from infra.examples.serving import Server, port, serving

_INTERRUPTED: Final = 130
"""The exit code of a command that Ctrl-C has ended."""
_LOOK_SECONDS: Final = 3600.0


def run(example: Example, wanted_port: str | None) -> None:
    """Runs the example, its stack and all until Ctrl-C. Raises InfraError with a sentence for the
    person at the terminal."""
    on = port(wanted_port)
    with stage.alone(example) as folder:
        with step("Install") as note:
            environment = installing.install(example)
            note("what its lock pins")
        with step("Build") as note:
            note("done" if installing.build(example) else "nothing to build")
        with stage.staged(folder / "stack") as deployed:
            settings = stage.variables(deployed)
            with _started(example, {**environment, **settings}, on) as server:
                say(
                    f"\nSign in as alice or as bob. Its code: {escape(_shown(example.folder))}\n"
                    "Ctrl-C ends this, and its stack."
                )
                click.echo(server.url)
                while True:
                    server.wait(_LOOK_SECONDS)


@contextmanager
def _started(example: Example, environment: dict[str, str], on: int) -> Iterator[Server]:
    with ExitStack() as opened:
        with step("Start") as note:
            server = opened.enter_context(
                serving(example, environment, on, example.state / "server.log")
            )
            note(server.url)
        yield server


def _shown(folder: Path) -> str:
    """Returns the path as one would type it here."""
    here = Path.cwd()
    return f"{folder.relative_to(here) if folder.is_relative_to(here) else folder}/"


@click.command()
@click.argument("name", required=False)
def main(name: str | None) -> None:
    """Runs an example of examples/ beside a stack of its own. Without NAME, lists them."""
    # A closed terminal, too, must leave nothing behind.
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.default_int_handler)
    try:
        if name is None:
            click.echo(catalog.listed())
            return
        if (target := os.environ.get("TARGET", "ministack")) != "ministack":
            raise ExampleError(
                f"An example starts a MiniStack of its own, and cannot use TARGET={target}."
            )
        run(catalog.named(name), os.environ.get("PORT"))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
