"""The program `longhaul`: its commands, and the exit code of each run."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Final

import click

from longhaul.cli import (
    account,
    browsing,
    checking,
    configured,
    exits,
    exporting,
    jobs,
    listen,
    mistyped,
    notices,
    opening,
    sharing,
)
from longhaul.cli.complaints import complain
from longhaul.cli.options import PROGRAM, discard_output, with_common
from longhaul.errors import LonghaulError

_EPILOG: Final = "\n\n".join(
    (
        "\b\nExit codes:\n"
        + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in exits.MEANINGS.items()),
        "\b\nVariables:\n"
        "  LONGHAUL_URL      the API's base URL, like --url\n"
        "  LONGHAUL_USER     the user id of requests, like --user\n"
        "  LONGHAUL_PROFILE  the profile in config.toml, like --profile\n"
        "  LONGHAUL_TOKEN    sent as a bearer token, in place of a sign-in\n"
        "  NO_COLOR          no colours\n"
        "  LONGHAUL_WEBHOOK_SECRET\n"
        "                    what `longhaul listen` checks signatures with",
    )
)


class _Commands(click.Group):
    """Lists the commands in the order in which people use them, not by name. Of one that there is
    not, it says which one may have been meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        is_known = self.get_command(ctx, name) is not None
        if is_known or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise click.UsageError(mistyped.no_command(name, self.commands), ctx)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG
)
@click.version_option(package_name="longhaul", prog_name=PROGRAM)
@with_common
def cli(**_: object) -> None:
    """Downloads that outlive the request: ask for files, and get one ZIP when it is ready."""


for command in (
    exporting.export,
    jobs.status,
    jobs.watch,
    jobs.download,
    jobs.list_jobs,
    browsing.ls,
    opening.open_page,
    jobs.cancel,
    exporting.retry,
    jobs.rename,
    notices.notify,
    sharing.share,
    jobs.delete,
    checking.check,
    listen.listen,
    account.login,
    account.logout,
    account.whoami,
    configured.profiles,
):
    cli.add_command(command)


@cli.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script for SHELL that completes commands, options, and the ids of jobs.

    \b
      bash   eval "$(longhaul completion bash)"        in ~/.bashrc
      zsh    eval "$(longhaul completion zsh)"         in ~/.zshrc
      fish   longhaul completion fish | source         in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is unknown.")
    click.echo(kind(cli, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())


def main() -> None:
    """Runs the program, and exits with a code of `longhaul.cli.exits`."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed (`>&-`)
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(null, "r" if name == "stdin" else "w"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that this terminal cannot show must not end the program.
            stream.reconfigure(errors="backslashreplace")
    code = run()
    try:
        sys.stdout.flush()
    except OSError:  # It was said. Python would say it once more at exit, and end with 120.
        discard_output()
    sys.exit(code)


def run() -> int:
    """Runs a command, and returns its exit code: also if standard error cannot be written."""
    try:
        code = cli.main(prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        with suppress(OSError):
            mistyped.explained(error).show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return exits.INTERRUPTED
    except LonghaulError as error:
        with suppress(OSError):
            complain(error)
        return exits.of(error)
    except OSError as error:  # Files have errors of their own, so this is a standard stream.
        with suppress(OSError):
            complain(LonghaulError(f"Cannot write to standard output: {error.strerror or error}."))
        return exits.CANNOT_SAVE
    return code if isinstance(code, int) else exits.OK
