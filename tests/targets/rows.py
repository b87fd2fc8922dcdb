"""One row of docs/targets.md: what AWS does, and where an emulator does something else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

TARGETS = ("ministack", "localstack")

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True)
class Row:
    """`on_aws` is as AWS documents it; `differs` says, by target, what an emulator does instead."""

    service: str
    on_aws: str
    differs: dict[str, str]


def row(
    service: str, on_aws: str, *, ministack: str | None = None, localstack: str | None = None
) -> Callable[[Test], Test]:
    """The row that a test stands for. The test asserts what AWS does.

    Where a target is said to differ, it must: the test is expected to fail there, by an assertion.
    """
    said = {"ministack": ministack, "localstack": localstack}
    stands_for = Row(service, on_aws, {name: how for name, how in said.items() if how is not None})

    def note(test: Test) -> Test:
        test.__dict__["row"] = stands_for
        return differs(**stands_for.differs)(test)

    return note


def differs(**how: str) -> Callable[[Test], Test]:
    """What else than AWS does a service does that is no target: moto, say. The test must fail."""

    def note(test: Test) -> Test:
        test.__dict__["differs"] = differences_of(test) | how
        return test

    return note


def differences_of(test: Any) -> dict[str, str]:
    """What each service does that a test function must fail on, by its name."""
    found: dict[str, str] = getattr(test, "differs", {})
    return found


def row_of(test: Any) -> Row | None:
    """The row that a test function stands for, if it does."""
    found: Row | None = getattr(test, "row", None)
    return found


def table(rows: Iterable[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| | on AWS | MiniStack | LocalStack |", "|---|---|---|---|"]
    for it in rows:
        cells = [it.service, it.on_aws, *(it.differs.get(target, "✓") for target in TARGETS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
