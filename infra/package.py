"""Builds what is deployed: Chalice's template and ZIP. The same sources give the same bytes."""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from infra import reference, wheels
from infra.errors import PackageError
from infra.paths import REPOSITORY, RESOURCES, STATE
from infra.smaller import smaller
from infra.targets import LOCAL_REGION
from infra.wheels import Machine

_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"

# The earliest time that a ZIP can hold. With real times, each package would be another one.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL = 0o644 << 16


@dataclass(frozen=True)
class Package:
    """`digest` is of the content of `code`. `template` does not say yet where the code will be."""

    code: Path
    digest: str
    template: dict[str, Any]


# The settings of the other stages are values of the template's parameters. Neither the package nor
# the template depends on the region.
_STAGE: Final = "prod"


def build(
    directory: Path,
    sources: Path = REPOSITORY,
    *,
    machine: Machine | None = None,
    needs: Collection[str] = (),
) -> Package:
    """Packages the app in `sources` into `directory`.

    With a `machine`, the package also has what `needs` names (wheels.ALL), compiled for it, and
    runs on no other. Each has the files of the reference page. Raises PackageError with Chalice's
    own words, or pip's.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        with _one_at_a_time():
            _run_chalice(sources, Path(scratch))
        template = yaml.safe_load((Path(scratch) / "sam.yaml").read_text())
        added = reference.files(sources)
        if machine:
            added |= wheels.files(machine, sources, needs)
        return stable(Path(scratch) / "deployment.zip", directory, template, added)


def _run_chalice(sources: Path, output: Path) -> None:
    command = [sys.executable, "-c", _CHALICE, "package", "--stage", _STAGE]
    command += ["--template-format", "yaml", "--merge-template", str(RESOURCES), str(output)]
    done = subprocess.run(
        command,
        cwd=sources,
        # Chalice looks for credentials, and uses none. With these it does not ask EC2.
        env={
            **os.environ,
            "AWS_DEFAULT_REGION": LOCAL_REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (output / "deployment.zip").exists():
        raise PackageError(f"Chalice could not package the app.\n\n{_reason(done.stdout)}")


def _reason(output: str) -> str:
    """Returns what Chalice says about the app itself, without the traceback before it."""
    return output.rpartition("\nRuntimeError: ")[2].strip()


def stable(
    packed: Path,
    directory: Path,
    template: dict[str, Any],
    added: Mapping[str, bytes] | None = None,
) -> Package:
    """Returns Chalice's ZIP as a package, without what differs from one build to the next, and with
    the page made smaller.

    `added` are more files, by their paths in the package.
    """
    files = dict(added or {})
    with zipfile.ZipFile(packed) as archive:
        names = [n for n in archive.namelist() if not n.endswith(("/", ".pyc"))]
        files |= {name: smaller(name, archive.read(name)) for name in names}
    files = dict(sorted(files.items()))
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    code = directory / f"{digest.hexdigest()[:32]}.zip"
    if not code.exists():
        for outdated in directory.glob("*.zip"):
            outdated.unlink()
        unfinished = code.with_suffix(".part")
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, date_time=_ZIP_EPOCH)
                entry.external_attr = _READABLE_BY_ALL
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        unfinished.rename(code)
    return Package(code=code, digest=code.stem, template=template)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Lets one process at a time run Chalice: each run writes to a cache in the source tree."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
