"""Checks the template of a release and the code that is deployed: `python -m infra.checks`.

cfn-lint knows what CloudFormation takes. Checkov and Bandit know what is dangerous. Why one of
their checks is skipped stands beside what it is about. All three run at the same time.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from infra import named_sources, package, template
from infra.checks import checkov
from infra.console import complain
from infra.errors import InfraError
from infra.paths import REPOSITORY, STATE

_CODE = ("app.py", "chalicelib", "infra", "longhaul")

_KEY = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_SOURCES = json.dumps(
    [
        {"name": "own"},
        {"name": "scans", "bucket": "scans-of-somebody", "prefix": "a/", "owner": "444455556666"},
        {"name": "far", "bucket": "far-away", "region": "eu-west-1", "kmsKeys": [_KEY]},
    ]
)

Found = str
"""What a tool has found, for people to read. Empty: nothing."""


def main() -> None:
    """Runs all checks. Prints what they find, and ends with 1 if it is anything."""
    try:
        written = _template()
        tools: list[Callable[[], Found]] = [
            lambda: _lint(written),
            lambda: _checkov(written),
            _bandit,
        ]
        with ThreadPoolExecutor(len(tools)) as pool:
            found = [one for one in pool.map(lambda tool: tool(), tools) if one]
    except InfraError as error:
        found = [str(error)]
    for one in found:
        complain(one)
    sys.exit(1 if found else 0)


def _template() -> Path:
    """Writes the template of a release with sources, which has all that any deployment can have."""
    built = package.build(STATE / "checks")
    named = named_sources.named(_SOURCES, {})
    made = template.complete(built.template, architecture="arm64", named=named)
    written = STATE / "checks" / "template.json"
    written.write_text(template.text(made))
    return written


def _lint(written: Path) -> Found:
    command = str(Path(sys.executable).with_name("cfn-lint"))
    return _output([command, "--template", str(written)], "cfn-lint")


def _checkov(written: Path) -> Found:
    said = checkov.verdict(written)
    if said.failed:
        return "\n".join([*said.failed, f"Checkov: {len(said.failed)} checks failed"])
    click.echo(f"Checkov: {said.passed} checks passed, {said.skipped} skipped")
    return ""


def _bandit() -> Found:
    options = ["--quiet", "--recursive", "--configfile", "pyproject.toml", "--format", "txt"]
    return _output([sys.executable, "-m", "bandit", *options, *_CODE], "Bandit")


def _output(command: list[str], name: str) -> Found:
    """Runs a tool. Returns what it prints if it fails."""
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return f"{done.stdout.strip()}\n{name} failed"


if __name__ == "__main__":
    main()
