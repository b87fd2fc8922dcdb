"""A new clone of this repository as it is now, with a stack of its own, for commands of pages."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.paths import REPOSITORY
from infra.site import environment

AWS_LOCK: Final = REPOSITORY / "tests" / "site" / "aws.txt"
_MADE: Final = (".venv", ".longhaul/node")
"""What takes minutes to make, and is the same in each clone."""
_READY: Final = re.compile(r"^\$\(READY\): (.*)$", re.MULTILINE)
"""What make looks at to see whether .venv is as it must be. Here it is."""
_PASSED_ON: Final = ("LANG", "LC_ALL", "LC_CTYPE", "PYENV_ROOT", "JAVA_HOME")
_LONG_AGO: Final = 1_000_000_000


@dataclass
class Clone:
    """The clone's folder, and what a shell in it has for variables."""

    folder: Path
    variables: Mapping[str, str]
    is_up: bool = False
    """Whether its stack is as `make up` and `make seed` leave it."""

    def bring_up(self) -> None:
        """Brings its stack to where a reader has it who has followed the first page."""
        if not self.is_up:
            self.make("up")
            self.make("seed")
        self.is_up = True

    def make(self, *arguments: str) -> str:
        """Runs make, and returns what it prints on standard output. Fails if make does."""
        done = subprocess.run(
            ["make", "-s", *arguments],  # noqa: S607 - the make of this system
            cwd=self.folder,
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"make {' '.join(arguments)}: {done.stderr or done.stdout}"
        return done.stdout.strip()

    def tidy(self) -> None:
        """Removes what the commands of a page have left at the top, and what they have changed."""
        run = ["git", "-C", str(self.folder)]
        subprocess.run([*run, "checkout", "-q", "."], check=True)
        subprocess.run([*run, "clean", "-qfd"], check=True)
        shutil.rmtree(self.variables["HOME"], ignore_errors=True)
        Path(self.variables["HOME"]).mkdir()


@contextmanager
def cloned(below: Path) -> Iterator[Clone]:
    """A clone below a folder, during the body. Its stack is stopped at the end."""
    folder, home, scratch = below / "longhaul", below / "home", below / "tmp"
    for new in (folder, home, scratch):
        new.mkdir()
    copy(folder)
    aws = environment.program("aws", AWS_LOCK)
    variables = {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "PATH": f"{_programs(below, aws)}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(folder),  # the `longhaul` of .venv is then that of the clone
        "TERM": "dumb",  # a terminal without animation
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    clone = Clone(folder, variables)
    try:
        yield clone
    finally:
        clone.make("down")


def copy(folder: Path) -> None:
    """Copies what git knows of this repository into a folder, as it is now, and commits it there.
    What takes minutes to make is linked: make does not make it again."""
    listed = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = REPOSITORY / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    (folder / ".longhaul").mkdir()
    for made in _MADE:
        if (REPOSITORY / made).exists():
            (folder / made).symlink_to((REPOSITORY / made).resolve())
    makefile = (folder / "Makefile").read_text()
    for path in " ".join(_READY.findall(makefile)).split():
        os.utime(folder / path, (_LONG_AGO, _LONG_AGO))
    run = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*run, "init", "-q", "-b", "main"], check=True)
    # A link is no folder, which is all that .gitignore has.
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
    subprocess.run([*run, "add", "--all"], check=True)
    subprocess.run([*run, "commit", "-q", "--no-verify", "-m", "A clone"], check=True)


_AWS: Final = """#!/bin/sh
# Version 2 of AWS's command line knows this variable. Version 1, which registries have, does not.
exec "{aws}" ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
"""


def _programs(below: Path, aws: Path) -> Path:
    """Returns a folder with `aws` alone: its environment has a `python` and a `pip` too."""
    folder = below / "bin"
    folder.mkdir()
    script = folder / "aws"
    script.write_text(_AWS.replace("{aws}", str(aws)))
    script.chmod(0o755)
    return folder
