"""Writes the template and the code package into dist/template/, for people who have their own way
to deploy. `make template` runs it.

It is the template that `make up` deploys, and that a release has. The same sources give the same
bytes, with the same Python and the locked environment. A release is made of what is committed; this
is made of the tree as it is.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from infra import config, named_sources, package, parameters, reference, template, wheels
from infra.console import complain, step
from infra.errors import InfraError, ReleaseError
from infra.named_sources import Named
from infra.package import Package
from infra.paths import REPOSITORY, STATE
from infra.template import CODE_FILE, PREFIX
from infra.wheels import Architecture

FOLDER: Final = REPOSITORY / "dist" / "template"
TEMPLATE: Final = "template.json"
README: Final = "README.md"

_FOLDERS: Final = (".chalice", "chalicelib")
_FILES: Final = (
    "app.py",
    "requirements.txt",
    "requirements-dev.txt",
    reference.LOCK,
    *wheels.ALL,
)
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "deployments", "deployed")

_LOCKED: Final = re.compile(r"^(\S+==\S+)[^\n]*?((?: \\\n +--hash=\S+)+)", re.MULTILINE)


def write(folder: Path = FOLDER, environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Writes the files, which replace those in `folder`. Returns them.

    `environment` may have ARCHITECTURE, and SOURCES with SOURCE_PREFIX. Raises InfraError for a
    value that is none, and if the build fails.
    """
    architecture = parameters.architecture_of(
        {template.ARCHITECTURE_PARAMETER: environment.get("ARCHITECTURE")}
    )
    named = _named(environment)
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE) as scratch:
        sources, made = Path(scratch) / "sources", Path(scratch) / "made"
        made.mkdir()
        copy(REPOSITORY, sources)
        with step("Lambda package") as note:
            built = build(sources, Path(scratch) / "package", architecture)
            shutil.copyfile(built.code, made / CODE_FILE)
            note(f"{CODE_FILE}, {built.code.stat().st_size / 1e6:.1f} MB")
        with step("Template") as note:
            completed = template.complete(built.template, architecture=architecture, named=named)
            document = template.text(completed)
            (made / TEMPLATE).write_text(document)
            (made / README).write_text(_readme(built.digest, len(document)))
            note(f"{len(completed['Parameters'])} parameters, {len(document) / 1000:.0f} kB")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
    return sorted(folder.iterdir())


def copy(repository: Path, sources: Path) -> None:
    """Copies all that is packaged, committed or not, into the folder `sources`."""
    for name in _FOLDERS:
        shutil.copytree(repository / name, sources / name, ignore=_LEFT_OUT)
    for name in _FILES:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, sources / name)


def build(sources: Path, directory: Path, architecture: Architecture) -> Package:
    """Builds the package with all that any deployment needs, of what the lock has alone: who
    deploys it chooses."""
    requirements = sources / "requirements.txt"
    pinned = requirements.read_text()
    requirements.write_text(hashed(pinned, (sources / "requirements-dev.txt").read_text()))
    try:
        machine = wheels.of_lambda(architecture)
        return package.build(directory, sources, machine=machine, needs=wheels.ALL)
    finally:
        requirements.write_text(pinned)


def hashed(requirements: str, lock: str) -> str:
    """Returns the pins of `requirements`, each with its hashes in `lock`.

    With them, pip takes no other file than the one that was locked. Raises ReleaseError for a pin
    that the lock does not have.
    """
    hashes = dict(_LOCKED.findall(lock))
    pins = [line for line in requirements.splitlines() if line and not line.startswith("#")]
    if missing := [pin for pin in pins if pin not in hashes]:
        raise ReleaseError(
            f"requirements-dev.txt does not lock {', '.join(missing)}: run make lock"
        )
    return "".join(f"{pin}{hashes[pin]}\n" for pin in pins)


def _named(environment: Mapping[str, str]) -> Named | None:
    defaults = config.settings_of("prod")
    defaults["SOURCE_PREFIX"] = environment.get("SOURCE_PREFIX", "")
    text = named_sources.read(environment.get(named_sources.VARIABLE, ""))
    if not text and defaults["SOURCE_PREFIX"]:
        raise ReleaseError(f"SOURCE_PREFIX counts for SOURCES alone. Give {PREFIX} as you deploy.")
    return named_sources.named(text, defaults)


def _readme(digest: str, size: int) -> str:
    return f"""\
# Longhaul: the template and its code

The template has {size} bytes, so CloudFormation reads it from S3. Give each build of the code a key
of its own: the functions get other code only if the key changes. MY-BUCKET is a bucket of yours, in
the region of the stack.

    aws s3 cp {CODE_FILE} s3://MY-BUCKET/longhaul/{digest}.zip
    aws cloudformation deploy --stack-name longhaul \\
      --template-file {TEMPLATE} --s3-bucket MY-BUCKET \\
      --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \\
      --parameter-overrides CodeBucket=MY-BUCKET CodeKey=longhaul/{digest}.zip \\
        Auth=jwt JwtIssuer=https://ISSUER JwtAudience=AUDIENCE
    aws cloudformation describe-stacks --stack-name longhaul \\
      --query "Stacks[0].Outputs[?OutputKey=='ApiUrl'].OutputValue" --output text

docs/how-to/deploy-your-own-way.md has the other ways (SAM, CDK, Terraform), and
docs/reference/template.md has all parameters.
"""


def main() -> None:
    """Writes the files, or says in a line or two why there are none."""
    try:
        files = write()
    except InfraError as error:
        complain(str(error))
        sys.exit(1)
    for file in files:
        click.echo(file.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
