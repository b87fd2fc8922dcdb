"""Where the stacks are that `make observe` follows: they come up, go, and come back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra import emulators
from infra.errors import NotDeployedError
from infra.targets import Target


@dataclass(frozen=True)
class Wanted:
    """A stack that is followed whenever its target is there.

    `state` is the directory of its emulator. `called` is what people call it. `start` is the
    command that brings it up, if whoever waits for it is to be told.
    """

    target: Target
    state: Path
    stack_name: str
    called: str
    start: str = ""


class Stacks:
    """The stacks whose targets are there, as of the last look. It tells when one comes or goes.

    Whether the target has the stack already is the shipper's to find out.
    """

    def __init__(self, wanted: Iterable[Wanted], tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._there: dict[Wanted, Target | None] = dict.fromkeys(wanted)
        self._has_looked = False

    def __iter__(self) -> Iterator[tuple[Target, str]]:
        """Yields each target, with its endpoint, and the stack's name. Any thread may ask."""
        there = tuple(self._there.items())
        return iter([(target, wanted.stack_name) for wanted, target in there if target is not None])

    def look(self) -> None:
        """Looks where they are now."""
        for wanted, before in tuple(self._there.items()):
            now = _found(wanted)
            if now == before:
                continue
            self._there[wanted] = now
            if now is None:
                self._tell(f"{wanted.called} is gone. When it is back, it is followed again.")
            elif before is None:
                self._tell(f"Following {wanted.called}")
        if not self._has_looked:
            for wanted, target in self._there.items():
                if target is None and wanted.start:
                    self._tell(
                        f"Not running yet: {wanted.called}. It is followed once it is: "
                        f"{wanted.start}"
                    )
        self._has_looked = True


def _found(wanted: Wanted) -> Target | None:
    """Returns the target with its endpoint. None if its emulator does not run."""
    try:
        return emulators.found(wanted.target, wanted.state)
    except NotDeployedError:
        return None
