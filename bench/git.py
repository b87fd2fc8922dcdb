"""What the bench asks git: the one that the user has."""

import subprocess

from infra.errors import InfraError
from infra.paths import REPOSITORY


def git(*arguments: str) -> str:
    """Returns what git says of this repository, without the blanks around it. Raises InfraError if
    git fails."""
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the user's own git, wherever it lies
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InfraError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
