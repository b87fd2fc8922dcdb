"""The stack for the tests: a running one, or one that is started for them."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast, get_args

import pytest

from infra import stack, targets
from infra.access import Access
from infra.outputs import Outputs
from infra.stack import EVERYBODY
from infra.targets import TargetName

GIVEN_VARIABLE = "LONGHAUL_OUTPUTS"
"""The path of an outputs.json. If it is set, the tests use that stack and start none."""


def given_outputs() -> Outputs | None:
    """Returns the stack that the environment names; None if it names none."""
    path = os.environ.get(GIVEN_VARIABLE)
    return Outputs.from_json(Path(path).read_text()) if path else None


def target_name() -> TargetName:
    """Returns the emulator to start: TARGET, by default ministack."""
    name = os.environ.get("TARGET") or "ministack"
    if name not in get_args(TargetName) or name == "aws":
        pytest.exit(f"TARGET={name}: tests start an emulator; for AWS set {GIVEN_VARIABLE}", 2)
    return cast("TargetName", name)


@contextmanager
def started(
    name: TargetName,
    state: Path,
    *,
    access: Access = EVERYBODY,
    enforce_iam: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Outputs]:
    """Starts a stack on the emulator, and stops it after the body.

    With `Access("jwt")`, a local issuer of its own runs beside it, whose files are in `state` too:
    `infra.issuer.token(state, user)` signs for it.
    """
    target = targets.named(name)
    # A LocalStack of the developer may run already, with a stack of the usual name.
    stack_name = f"longhaul-e2e-{secrets.token_hex(4)}"
    try:
        yield stack.up(
            target, state, stack_name, access=access, enforce_iam=enforce_iam, settings=settings
        )
    finally:
        stack.down(target, state, stack_name)
