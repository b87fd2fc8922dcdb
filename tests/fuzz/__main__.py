"""Fuzzes an API: `python -m tests.fuzz --requests 10000`.

Without `--url` it starts a stack on MiniStack for that, and stops it at the end. A finding is
printed with its seed; `--seed` begins with another one.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import click

from tests.fuzz import rounds, sources
from tests.fuzz.rounds import Round, Target

_CASES = 60
"""The most requests of one kind to one route in a round."""

_WALKS = 100


@click.command()
@click.option("--requests", default=10_000, show_default=True, help="How many to send, or more.")
@click.option("--url", help="The base URL of an API that runs; by default one is started.")
@click.option("--header", "headers", multiple=True, help='Sent with each, as "Name: value".')
@click.option("--seed", default=1, show_default=True, help="The seed of the first round.")
def main(requests: int, url: str | None, headers: tuple[str, ...], seed: int) -> None:
    """Sends requests of all kinds to the API, and checks each answer."""
    pairs = (header.partition(":") for header in headers)
    named = {name.strip(): value.strip() for name, _, value in pairs}
    with _api(url) as base:
        sys.exit(_fuzzed(Target(base, named), requests, seed))


@contextmanager
def _api(url: str | None) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as state, sources.running(Path(state)) as outputs:
        yield outputs.api_url


def _fuzzed(target: Target, requests: int, seed: int) -> int:
    """Returns the exit code: 1 if there is a finding."""
    sent, started = 0, time.monotonic()
    for number in count(seed):
        for kind, done in _rounds(target, number):
            sent += done.requests
            spent = time.monotonic() - started
            click.echo(f"seed {number}, {kind}: {done.requests} requests; {sent} in {spent:.0f} s")
            if done.found:
                click.echo(done.found)
                return 1
        if sent >= requests:
            break
    return 0


def _rounds(target: Target, seed: int) -> Iterator[tuple[str, Round]]:
    yield "cases", rounds.by_cases(target, seed, "--max-examples", str(_CASES))
    yield "walks", rounds.by_walks(target, seed, _WALKS)


if __name__ == "__main__":
    main()
