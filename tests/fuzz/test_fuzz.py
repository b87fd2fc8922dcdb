"""The deployed API under requests of all kinds: no 5xx, and no answer but those that its OpenAPI
document names.

`python -m tests.fuzz --requests 10000` does it for longer. Each run has other seeds; what is found
is printed with its own.
"""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.e2e import deployment
from tests.fuzz import rounds, sources
from tests.fuzz.rounds import Round, Target

SEED_VARIABLE = "FUZZ_SEED"
SECONDS = 45
WALKS = 25


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    given = deployment.given_outputs()
    if given is not None:
        yield Target(given.api_url, {})
        return
    state = tmp_path_factory.mktemp("stack")
    with sources.running(state) as outputs:
        yield Target(outputs.api_url, {})


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(10**6))


def test_each_route_answers_as_the_document_says(target: Target, seed: int) -> None:
    done = rounds.by_cases(target, seed, "--max-time", str(SECONDS))

    _check(done, seed)
    assert done.requests > 100


def test_walks_from_route_to_route_are_answered_as_the_document_says(
    target: Target, seed: int
) -> None:
    done = rounds.by_walks(target, seed, WALKS)

    _check(done, seed)
    assert done.requests > WALKS
    # Each id was found by a link: nothing is known before.
    assert {"createExport", "getExport"} <= done.reached


def _check(done: Round, seed: int) -> None:
    """Fails with all that was found: an assertion would cut it off."""
    if done.found:
        pytest.fail(f"{SEED_VARIABLE}={seed}\n{done.found}", pytrace=False)
