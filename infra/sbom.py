"""Writes what a package consists of as an SBOM, in CycloneDX's JSON: https://cyclonedx.org

CycloneDX describes a Python environment. So an empty environment is made here, which gets the
metadata of the packages in question, and none of their code.
"""

import email
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chalicelib.version import VERSION
from infra.errors import ReleaseError

_SPECIFICATION = "1.6"


def of_client(pyproject: Path, output: Path, time: int) -> None:
    """Writes what the client needs: its dependencies and theirs, in the versions installed here.

    `time` is in seconds since 1970.
    """
    direct = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    _write(output, "longhaul", direct, needed(direct), time)


def of_package(code: Path, requirements: Sequence[Path], output: Path, time: int) -> None:
    """Writes what the Lambda package `code` contains. `time` is in seconds since 1970.

    Raises ReleaseError unless it contains what the files `requirements` pin and no other package.
    """
    found = contained(code)
    text = "\n".join(file.read_text() for file in requirements)
    # Without the hashes, which some of the files have below each pin.
    pins = set(re.findall(r"^[^#\s]+==[^\s;]+", text, re.MULTILINE))
    versions = {f"{name}=={_metadata(text)['Version']}" for name, text in found.items()}
    if differing := sorted(pins ^ versions):
        raise ReleaseError(
            f"The package and {' and '.join(file.name for file in requirements)} do not have the "
            f"same: {', '.join(differing)}"
        )
    # Chalice puts its runtime into the package, without the metadata.
    found["chalice"] = _installed("chalice")
    _write(output, "longhaul-lambda", sorted(found), found, time)


def contained(code: Path) -> dict[str, str]:
    """The metadata of each distribution in a Lambda package, by its name."""
    with zipfile.ZipFile(code) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        texts = [archive.read(name).decode() for name in names]
    return {canonicalize_name(_metadata(text)["Name"]): text for text in texts}


def needed(direct: Iterable[str]) -> dict[str, str]:
    """The metadata of what `direct` asks for, and of what that needs in turn, by its name."""
    found: dict[str, str] = {}
    waiting = [Requirement(text) for text in direct]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or not (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            continue
        found[name] = _installed(name)
        waiting += [Requirement(text) for text in distribution(name).requires or ()]
    return found


def _installed(name: str) -> str:
    text = distribution(name).read_text("METADATA")
    if text is None:
        raise ReleaseError(f"The installed {name} has no metadata")
    return text


def _metadata(text: str) -> Message:
    return email.message_from_string(text)


def _write(
    output: Path, name: str, direct: Iterable[str], packages: Mapping[str, str], time: int
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        environment, project = Path(scratch) / "environment", Path(scratch) / "pyproject.toml"
        venv.create(environment, symlinks=True)
        site_packages = next(environment.glob("lib/python*/site-packages"))
        for package, text in packages.items():
            place = (
                site_packages
                / f"{package.replace('-', '_')}-{_metadata(text)['Version']}.dist-info"
            )
            place.mkdir()
            (place / "METADATA").write_text(text)
        listed = ", ".join(f"'{requirement}'" for requirement in direct)
        project.write_text(
            f"[project]\nname = '{name}'\nversion = '{VERSION}'\nlicense = 'MIT'\n"
            f"dependencies = [{listed}]\n"
        )
        _run_cyclonedx(environment, project, output, time)


def _run_cyclonedx(environment: Path, project: Path, output: Path, time: int) -> None:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(project)]
    command += ["--output-reproducible", "--spec-version", _SPECIFICATION]
    command += ["--output-format", "JSON", "--output-file", str(output), str(environment)]
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        env={**settings, "SOURCE_DATE_EPOCH": str(time)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ReleaseError(f"The SBOM could not be written.\n\n{done.stderr.strip()}")
