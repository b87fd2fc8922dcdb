"""What the functions have that is not pure Python: cryptography, which checks signatures of tokens,
protobuf, in which telemetry is sent, and zlib-ng, which compresses.

They are built for one kind of machine. So the first two are in a package only if the deployment
needs them (AUTH is jwt; OTLP_ENDPOINT is set), and none is if the functions would find it by
themselves. pip takes the wheels that requirements-jwt.txt, requirements-otlp.txt and
requirements-deflate.txt pin, by their hashes.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from infra.console import say
from infra.errors import PackageError
from infra.paths import STATE

Architecture = Literal["arm64", "x86_64"]

JWT: Final = "requirements-jwt.txt"
OTLP: Final = "requirements-otlp.txt"
DEFLATE: Final = "requirements-deflate.txt"
ALL: Final = (JWT, OTLP, DEFLATE)
"""What a package may need, by the files that pin it."""

# Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc is 2.26: no wheel may need a newer one.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_PLATFORM_OF: Final[Mapping[Architecture, str]] = {
    "arm64": "manylinux2014_aarch64",
    "x86_64": "manylinux2014_x86_64",
}

# cryptography loads cffi's compiled part. It never calls cffi's Python, which compiles C. Of OTLP,
# only traces and logs are sent, and not over gRPC. Of zlib-ng, only the compressor is used.
_NEEDED: Final = re.compile(
    r"(?!.*(?:\.pyi|\.proto|py\.typed|_grpc\.py)$|.*/(?:compiler|metrics|profiles|testdata)/)"
    r"(?:cryptography/|_cffi_backend\.|google/(?:_upb|protobuf)/|opentelemetry/proto/"
    r"|zlib_ng/(?:(?:__init__|_version)\.py$|zlib_ng\.|zlib-ng/LICENSE))"
    r"|[^/]+\.dist-info/(METADATA$|licenses/|LICENSE)"
)


@dataclass(frozen=True)
class Machine:
    """What the functions run on. `architecture` is None if it is this machine itself."""

    architecture: Architecture | None
    python: str
    """The version of their Python, such as 3.11."""


def of_lambda(architecture: Architecture) -> Machine:
    """Returns Lambda's machine. Chalice deploys for the Python that runs it."""
    return Machine(architecture, f"{sys.version_info.major}.{sys.version_info.minor}")


def of_this_machine() -> Machine:
    """Returns this machine, for functions that run with our own Python, without its packages."""
    return Machine(None, f"{sys.version_info.major}.{sys.version_info.minor}")


def needed(*, checks_tokens: bool, ships_telemetry: bool) -> tuple[str, ...]:
    """Returns which of ALL a package needs. Each deployment compresses."""
    return ((JWT,) if checks_tokens else ()) + ((OTLP,) if ships_telemetry else ()) + (DEFLATE,)


def files(machine: Machine, sources: Path, needs: Collection[str]) -> dict[str, bytes]:
    """Returns the files to add to the package, by their paths in it.

    `sources` is the folder with the requirements, of which `needs` names some. What was downloaded
    once is kept. Raises PackageError with pip's own words. A machine like this one, which may be of
    any kind, does without DEFLATE if pip finds none for it: its functions then have Python's zlib.
    """
    found: dict[str, bytes] = {}
    for name in needs:
        try:
            found |= dict(unpacked(kept(machine, sources / name)))
        except PackageError:
            if name != DEFLATE or machine.architecture is not None:
                raise
            say("zlib-ng could not be downloaded, so the functions compress with zlib.")
    return found


def kept(machine: Machine, requirements: Path) -> Path:
    """Returns the folder with the wheels that `requirements` pins. They are downloaded once. Raises
    PackageError with pip's own words."""
    key = f"{machine}\0{sys.platform}".encode() + requirements.read_bytes()
    folder = STATE / "wheels" / hashlib.sha256(key).hexdigest()[:16]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            download(machine, requirements, Path(scratch) / "new")
            try:
                (Path(scratch) / "new").rename(folder)
            except OSError:
                # Another process was as fast. Its wheels are the same.
                if not folder.exists():
                    raise
    return folder


def download(machine: Machine, requirements: Path, directory: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(requirements), "--dest", str(directory)]
    if machine.architecture is not None:
        command += ["--platform", _PLATFORM_OF[machine.architecture]]
        command += ["--implementation", "cp", "--python-version", machine.python]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise PackageError(
            f"The wheels of {requirements.name} could not be downloaded.\n\n{done.stdout.strip()}"
        )


def unpacked(directory: Path) -> Iterator[tuple[str, bytes]]:
    for wheel in sorted(directory.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if _NEEDED.match(name) and not name.endswith("/"):
                    yield name, archive.read(name)
