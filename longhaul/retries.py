"""Retries calls while the network or the API fails: how long, and with which pauses."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from longhaul.errors import LonghaulError

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

Notice = Callable[[LonghaulError, float], None]
"""A callback for each failure that is retried: the error, and the seconds until the next try."""

PATIENCE_SECONDS: Final = 300.0
"""How long to retry a call before it fails. Enough for a tunnel, or for a router to restart."""

FIRST_CONTACT_SECONDS: Final = 10.0
"""The same for a server that has never answered: its URL is probably wrong."""

_FIRST_ANSWER_MIN_SECONDS = 3.0
"""How long a first answer may take in any case. A function that has to start needs a second or
two."""

_PAUSE_MIN_SECONDS = 0.2
_PAUSE_MAX_SECONDS = 15.0

_sleep = time.sleep


class Retries:
    """Retries failures that may pass, for a limited total time."""

    def __init__(self, patience: float, notice: Notice | None) -> None:
        self._patience = patience
        self._notice = notice
        self.had_an_answer = False
        """Whether a server has answered yet."""

    def keep_trying(self, attempt: Callable[[], T]) -> T:
        """Calls `attempt` until it succeeds, and returns its result.

        Raises its error if that is not retryable, or if the next try would be too late. So a
        `retry_after` beyond the limit ends it at once.
        """
        import tenacity  # Here, because `longhaul --help` needs only the numbers of this module.

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_retryable),
            wait=_pause,
            stop=self._is_over,
            before_sleep=self._report,
            sleep=pause,
            reraise=True,
        )
        return retrying(attempt)

    @property
    def _limit(self) -> float:
        if self.had_an_answer:
            return self._patience
        return min(self._patience, FIRST_CONTACT_SECONDS)

    @property
    def answer_wait(self) -> float | None:
        """How many seconds the next answer may take; None: as long as any. A server that has never
        answered does not get longer than all its tries may take. Once it has, it may hold requests:
        those that wait for a change of a job, for example."""
        if self.had_an_answer:
            return None
        if not self._patience:  # There is no second try, but the first one is not to be hurried.
            return FIRST_CONTACT_SECONDS
        return max(self._limit, _FIRST_ANSWER_MIN_SECONDS)

    def report(self, error: LonghaulError, seconds: float = 0.0) -> None:
        """Calls `notice` with the error and the seconds until the next try."""
        if self._notice:
            self._notice(error, seconds)

    def _is_over(self, state: "RetryCallState") -> bool:
        from tenacity import stop_before_delay

        return stop_before_delay(self._limit)(state)

    def _report(self, state: "RetryCallState") -> None:
        error = _error_of(state)
        if isinstance(error, LonghaulError):
            self.report(error, state.upcoming_sleep)


def pause(seconds: float) -> None:
    """Waits for this number of seconds."""
    _sleep(seconds)


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, LonghaulError) and error.retryable


def _pause(state: "RetryCallState") -> float:
    """Returns seconds: what the server asks for, or a random pause that grows with each try."""
    from tenacity import wait_random_exponential

    asked: float | None = getattr(_error_of(state), "retry_after", None)
    own = wait_random_exponential(multiplier=1, max=_PAUSE_MAX_SECONDS)(state)
    return max(asked or 0.0, own, _PAUSE_MIN_SECONDS)


def _error_of(state: "RetryCallState") -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
