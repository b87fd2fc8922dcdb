"""How long a failed step waits."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.queue.queue import RETRY_FIRST_SECONDS, RETRY_MAX_SECONDS, retry_delay
from infra.paths import REPOSITORY

OUTAGE_SECONDS = 60 + 15
"""With some more, as a service fails for some before it fails for all."""

LONGEST_HIDE = 43_200
"""Seconds: what ChangeMessageVisibility takes."""


@given(st.integers(0, 1_000))
def test_a_delay_lies_within_what_the_queue_takes(receives: int) -> None:
    assert 0 < retry_delay(receives, Random()) <= RETRY_MAX_SECONDS <= LONGEST_HIDE


@pytest.mark.parametrize(
    ("receives", "shortest", "longest"),
    [(0, 1, 2), (1, 1, 2), (2, 2, 4), (3, 4, 8), (5, 16, 32), (6, 30, 60), (100, 30, 60)],
)
def test_a_delay_doubles_up_to_the_longest(receives: int, shortest: int, longest: int) -> None:
    random = Random()

    delays = {retry_delay(receives, random) for _ in range(2_000)}

    assert (min(delays), max(delays)) == (shortest, longest)


def test_the_first_try_again_comes_soon() -> None:
    assert retry_delay(1, Random()) <= RETRY_FIRST_SECONDS


def test_the_tries_of_a_step_outlast_an_outage_of_a_minute() -> None:
    template = (REPOSITORY / "infra" / "resources.yaml").read_text()
    exports, announcements = re.findall(r"maxReceiveCount: (\d+)", template)
    tries = min(exports, announcements, key=int)
    random = Random()

    shortest = sum(min(retry_delay(n, random) for _ in range(2_000)) for n in range(1, int(tries)))

    assert shortest > OUTAGE_SECONDS
