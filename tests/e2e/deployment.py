"""The stack that the tests run against: one that runs already, or one started for them."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast, get_args

import pytest

from infra import stack, targets
from infra.outputs import Outputs
from infra.targets import TargetName

GIVEN_VARIABLE = "LONGHAUL_OUTPUTS"
"""Names an outputs.json: the tests use that stack, and start none."""


def given_outputs() -> Outputs | None:
    """The stack that the environment names, if it does."""
    path = os.environ.get(GIVEN_VARIABLE)
    return Outputs.from_json(Path(path).read_text()) if path else None


def target_name() -> TargetName:
    """Where a stack is to be started: TARGET, an emulator."""
    name = os.environ.get("TARGET") or "ministack"
    if name not in get_args(TargetName) or name == "aws":
        pytest.exit(f"TARGET={name}: tests start an emulator; for AWS set {GIVEN_VARIABLE}", 2)
    return cast("TargetName", name)


@contextmanager
def started(name: TargetName, state: Path, *, auth: bool = False) -> Iterator[Outputs]:
    """A stack of our own on that emulator, for the time of the body."""
    target = targets.named(name)
    # The emulator may be someone's LocalStack, with a stack of the usual name.
    stack_name = f"longhaul-e2e-{secrets.token_hex(4)}"
    try:
        yield stack.up(target, state, stack_name, auth=auth)
    finally:
        stack.down(target, state, stack_name)
