"""Makes a release: builds all its files from the last commit, into dist/. `make release` runs it.

The same commit gives the same bytes, with the same Python and the locked environment.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from chalicelib.version import VERSION
from infra import js, publish, reference, sbom, template, wheels
from infra.console import complain, step
from infra.errors import InfraError, ReleaseError
from infra.paths import REPOSITORY, STATE
from infra.template import CODE_FILE
from infra.wheels import Architecture

DIST = REPOSITORY / "dist"
SUMS = "SHA256SUMS"

_TEMPLATE = f"longhaul-{VERSION}-template.json"
_CLIENT_SBOM = f"longhaul-{VERSION}-client.cdx.json"
_CODE_SBOM = f"longhaul-{VERSION}-lambda.cdx.json"

# The package has compiled code, and Lambda's arm64 costs a fifth less.
# https://aws.amazon.com/lambda/pricing/
_ARCHITECTURE: Architecture = "arm64"

# The mode of a file is part of a wheel, and must not depend on who builds it.
_UMASK = 0o022


@dataclass(frozen=True)
class Commit:
    """`time` is in seconds since 1970; the files of the release have it in place of the present."""

    id: str
    time: int


def release(dist: Path = DIST) -> list[Path]:
    """Builds the release of the last commit. Returns its files, which replace those in `dist`.

    Raises ReleaseError if the tree has changes that are not committed, or if a build fails.
    """
    commit = last_commit(REPOSITORY)
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE) as scratch:
        sources, made = Path(scratch) / "sources", Path(scratch) / "dist"
        made.mkdir()
        export(REPOSITORY, commit, sources)
        with step("Wheel") as note:
            note(build_wheel(sources, made, commit.time).name)
        with step("npm package") as note:
            note(js.packed(made).name)
        with step("Lambda package") as note:
            built = publish.build(sources, Path(scratch) / "package", _ARCHITECTURE)
            shutil.copyfile(built.code, made / CODE_FILE)
            note(CODE_FILE)
        with step("Template") as note:
            completed = template.complete(built.template, architecture=_ARCHITECTURE)
            (made / _TEMPLATE).write_text(template.text(completed))
            note(_TEMPLATE)
        with step("SBOM") as note:
            sbom.of_client(sources / "pyproject.toml", made / _CLIENT_SBOM, commit.time)
            sbom.of_package(
                made / CODE_FILE,
                [sources / name for name in ("requirements.txt", reference.LOCK, *wheels.ALL)],
                made / _CODE_SBOM,
                commit.time,
            )
            note(f"{_CLIENT_SBOM}, {_CODE_SBOM}")
        (made / SUMS).write_text(sums(sorted(made.iterdir())))
        shutil.rmtree(dist, ignore_errors=True)
        shutil.copytree(made, dist)
    return sorted(dist.iterdir())


def last_commit(repository: Path) -> Commit:
    """The commit that the tree is at. Raises ReleaseError if the tree differs from it."""
    changed = _git(repository, "status", "--porcelain", "--untracked-files=normal").decode()
    if changed:
        raise ReleaseError(
            "A release is made from the last commit, and these files differ from it:\n\n"
            f"{changed}\nCommit them or put them away."
        )
    commit_id, time = _git(repository, "log", "-1", "--format=%H %ct").decode().split()
    return Commit(commit_id, int(time))


def export(repository: Path, commit: Commit, directory: Path) -> None:
    """Writes the files of the commit into `directory`, and no other file of the tree."""
    packed = _git(repository, "-c", f"tar.umask={_UMASK:04o}", "archive", "--format=tar", commit.id)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Python 3.11.2, which Debian 12 has, knows no filters: they came with 3.11.4.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(directory)  # noqa: S202  # nosec B202 - our own commit


def build_wheel(sources: Path, directory: Path, time: int) -> Path:
    """Builds the client's wheel. `time`, in seconds since 1970, is what its files are dated."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    done = subprocess.run(
        [*command, "--outdir", str(directory), str(sources)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
        umask=_UMASK,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ReleaseError(f"The client's wheel could not be built.\n\n{done.stdout.strip()}")
    return next(directory.glob("*.whl"))


def sums(files: Sequence[Path]) -> str:
    """The SHA-256 of each file, in the lines that `sha256sum --check` reads."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files
    )


def _git(repository: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - the one that the user has  # nosec B607
            cwd=repository,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise ReleaseError("A release needs git, which was not found.") from None
    if done.returncode != 0:
        raise ReleaseError(f"git failed: {done.stderr.decode().strip()}")
    return done.stdout


def main() -> None:
    """Makes the release, or says in a line or two why there is none."""
    try:
        files = release()
    except InfraError as error:
        complain(str(error))
        sys.exit(1)
    for file in files:
        click.echo(file.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
