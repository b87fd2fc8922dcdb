"""docs/reference/options.md: the help of each command of `longhaul`, as it prints it.

The program runs as a process of its own: what is deployed works without the client.
"""

import json
import subprocess
import sys
from typing import Final

from infra.errors import PackageError
from infra.paths import REPOSITORY
from infra.site import markdown

_PRINT: Final = """
import json
import click
from longhaul.cli.main import cli

wide = {"terminal_width": 100, "max_content_width": 100}
outer = click.Context(cli, info_name="longhaul", **wide)
helps = {"": cli.get_help(outer)}
for name in cli.list_commands(outer):
    inner = click.Context(cli.commands[name], outer, name, **wide)
    helps[name] = cli.commands[name].get_help(inner)
print(json.dumps(helps))
"""


def made() -> str:
    """Returns the page. Raises PackageError if the command line does not run."""
    lines = [
        markdown.GENERATED.format("the commands in `longhaul/cli/`"),
        "",
        markdown.about("options"),
    ]
    for name, text in helps().items():
        lines += [f"## {f'longhaul {name}'.strip()}", "", *markdown.code(text, "text"), ""]
    return markdown.page(lines)


def helps() -> dict[str, str]:
    """Returns what each command prints as its help, by its name; that of all of them by ""."""
    done = subprocess.run(
        [sys.executable, "-c", _PRINT], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PackageError(f"The help of longhaul could not be read.\n\n{done.stderr.strip()}")
    return dict(json.loads(done.stdout))
