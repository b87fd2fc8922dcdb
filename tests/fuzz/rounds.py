"""Rounds of requests to a deployed API. Each answer is checked against the OpenAPI document.

A round by cases sends requests of all kinds to each route by itself, good ones and bad ones. A
round by walks goes from route to route by the document's links (walks.py).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.paths import REPOSITORY
from tests.fuzz import walks

CONFIG = Path(__file__).with_name("schemathesis.toml")
_PHASES = "examples,coverage,fuzzing"


@dataclass(frozen=True)
class Round:
    """How many requests a round has sent, and what it has found; empty: nothing. `reached` are the
    operations that have succeeded with what a link said."""

    requests: int
    found: str
    reached: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Target:
    """A deployed API, and the headers that each request has, such as `Authorization`."""

    url: str
    headers: Mapping[str, str]


def by_cases(target: Target, number: int, *bounds: str) -> Round:
    """Runs Schemathesis's command. `number` is the seed, and `bounds` are options that end it."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)]
    command += ["run", f"{target.url}/openapi.json", "--phases", _PHASES, "--no-color"]
    command += ["--seed", str(number), *bounds]
    for name, value in target.headers.items():
        command += ["--header", f"{name}: {value}"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        ran = subprocess.run(
            [*command, "--report", "json", "--report-json-path", report],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        told = json.loads(report.read_text()) if report.exists() else {}
    requests = told.get("test_cases", {}).get("generated", 0)
    is_well = ran.returncode == 0 and requests
    return Round(requests, "" if is_well else ran.stdout + ran.stderr)


def by_walks(target: Target, number: int, times: int) -> Round:
    """Goes on that many walks. `number` is the seed."""
    api = walks.Api(target.url, str(CONFIG), target.headers)
    try:
        walks.walk(api, times, number)
    except Exception as error:  # noqa: BLE001 - whatever it is, the round has found it
        notes = getattr(error, "__notes__", ())
        return Round(api.sent, "\n".join([f"{type(error).__name__}: {error}", *notes]))
    return Round(api.sent, "", frozenset(api.reached))
