"""Which stacks `make observe` follows: found when they come up, forgotten when they go."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as NotConnectedError

from infra import credentials, emulators
from infra.errors import AccountError, InfraError, NotDeployedError
from infra.targets import Target

# Ctrl-C waits for an answer.
_QUICK: Final = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})

# An emulator that starts or stops does not answer for a moment.
_FAILURES: Final = 3

_NOT_UP: Final = ("DELETE_IN_PROGRESS", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


@dataclass(frozen=True)
class Wanted:
    """A stack that is followed whenever it is up.

    `state` is the directory of its emulator. `called` is what people call it. `start` is the
    command that brings it up, if whoever waits for it is to be told.
    """

    target: Target
    state: Path
    stack_name: str
    called: str
    start: str = ""


@dataclass(frozen=True)
class Place:
    """A stack that is up. `target` has the endpoint of its emulator.

    `id` is the stack's ARN. A stack that was deleted and made again has another one.
    """

    id: str
    target: Target
    stack_name: str


def found(wanted: Wanted) -> Place | None:
    """Returns where that stack is now. None if it is not up.

    Raises AccountError if AWS does not take the credentials, and the error of botocore if it
    cannot be asked now.
    """
    try:
        target = emulators.found(wanted.target, wanted.state)
        client = target.session().client("cloudformation", config=_QUICK)
        (stack,) = client.describe_stacks(StackName=wanted.stack_name)["Stacks"]
    except NotDeployedError:
        return None
    except ClientError as error:
        # CloudFormation's answer for a stack that does not exist.
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise _explained(error, wanted.target) from error
    except NotConnectedError:
        if wanted.target.is_local:
            return None  # It was stopped in this moment.
        raise
    except BotoCoreError as error:
        raise _explained(error, wanted.target) from error
    is_up = stack["StackStatus"] not in _NOT_UP
    return Place(stack["StackId"], target, wanted.stack_name) if is_up else None


class Stacks:
    """The stacks that are up, as of the last look. It tells when one comes or goes."""

    def __init__(self, wanted: Iterable[Wanted], tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._up: dict[Wanted, Place | None] = dict.fromkeys(wanted)
        self._failures: dict[Wanted, int] = dict.fromkeys(self._up, 0)
        self._has_looked = False

    def up(self) -> Sequence[Place]:
        """Returns those that are up. Any thread may ask."""
        return [place for place in tuple(self._up.values()) if place is not None]

    def look(self) -> None:
        """Looks where they are now. What cannot be asked for now stays as it was.

        Raises AccountError if AWS does not take the credentials.
        """
        for wanted, before in tuple(self._up.items()):
            try:
                now = found(wanted)
            except AccountError:
                raise
            except (InfraError, BotoCoreError, ClientError) as error:
                self._failures[wanted] += 1
                if self._failures[wanted] == _FAILURES:
                    self._tell(f"{wanted.called} cannot be asked for: {error}")
                continue
            self._failures[wanted] = 0
            self._up[wanted] = now
            self._tell_of(wanted, now, before)
        self._has_looked = True

    def _tell_of(self, wanted: Wanted, now: Place | None, before: Place | None) -> None:
        if now is None and before is not None:
            self._tell(f"Gone: {wanted.called}. When it is back, it is followed again.")
        elif now is None and not self._has_looked and wanted.start:
            self._tell(f"{wanted.called} is not up. It is followed once it is: {wanted.start}")
        elif now is not None and (before is None or now.id != before.id):
            self._tell(f"Following {wanted.called}")


def _explained(error: BotoCoreError | ClientError, target: Target) -> Exception:
    """Returns the error in the words that all commands have for it, if they have any."""
    reason = None if target.is_local else credentials.explained(error, target.region)
    return AccountError(reason) if reason else error
