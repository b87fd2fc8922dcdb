"""The rows of docs/targets.md: what AWS does, and what an emulator does instead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

TARGETS = ("ministack", "localstack")

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True)
class Row:
    """One row. `on_aws` is what AWS documents; `differs` is what a target does instead."""

    service: str
    on_aws: str
    differs: dict[str, str]


def row(
    service: str, on_aws: str, *, ministack: str | None = None, localstack: str | None = None
) -> Callable[[Test], Test]:
    """Decorates a test with its row. The test asserts what AWS does.

    If the row says that a target differs, the test must fail there, with an AssertionError.
    """
    differences = {"ministack": ministack, "localstack": localstack}
    described = Row(
        service, on_aws, {name: how for name, how in differences.items() if how is not None}
    )

    def decorate(test: Test) -> Test:
        test.__dict__["row"] = described
        return differs(**described.differs)(test)

    return decorate


def differs(**how: str) -> Callable[[Test], Test]:
    """Decorates a test with what another service, for example moto, does. It must fail there."""

    def decorate(test: Test) -> Test:
        test.__dict__["differs"] = differences_of(test) | how
        return test

    return decorate


def differences_of(test: Any) -> dict[str, str]:
    """Returns the services on which a test must fail, and what they do, by their names."""
    found: dict[str, str] = getattr(test, "differs", {})
    return found


def row_of(test: Any) -> Row | None:
    """Returns the row of a test function; None if it has none."""
    found: Row | None = getattr(test, "row", None)
    return found


def table(rows: Iterable[Row]) -> str:
    """Returns the rows as a Markdown table."""
    lines = ["| | on AWS | MiniStack | LocalStack |", "|---|---|---|---|"]
    for it in rows:
        cells = [it.service, it.on_aws, *(it.differs.get(target, "✓") for target in TARGETS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
