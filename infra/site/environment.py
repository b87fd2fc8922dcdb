"""The Python that builds the site, with the packages that infra/site/site.txt pins."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra import programs
from infra.paths import REPOSITORY, STATE

LOCK: Final = REPOSITORY / "infra" / "site" / "site.txt"


def program(name: str, lock: Path = LOCK) -> Path:
    """Returns the path of a program that the lock's packages have, such as mkdocs.

    Makes their environment if it is not there, or not as the lock says. Raises PackageError with
    pip's own words.
    """
    return programs.environment(lock, STATE / lock.stem) / name


def run(
    command: Sequence[str],
    failed: str,
    *,
    folder: Path = REPOSITORY,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Runs a command. Returns what it prints. Raises PackageError with that, if it fails."""
    own = {**os.environ, "NO_MKDOCS_2_WARNING": "1", **(variables or {})}
    return programs.run(command, failed, folder=folder, variables=own)
