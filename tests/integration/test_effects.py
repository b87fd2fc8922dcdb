"""A test fails if the effect that it waits for never happens."""

import pytest

from tests.integration.effects import PART_COPIED, before, crashing
from tests.integration.stack import Stack


def test_a_crash_at_an_effect_that_never_happens_fails_with_its_name(stack: Stack) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="it never happened that a part is copied"),
        crashing(PART_COPIED),
    ):
        stack.run_queue()


def test_an_action_before_an_effect_that_never_happens_fails_with_its_name(stack: Stack) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match="it never happened that a part is copied"),
        before(PART_COPIED, stack.wake),
    ):
        stack.run_queue()
