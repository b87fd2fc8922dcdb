"""How long to go on when the network or the API is away, and how long to pause in between."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from longhaul.errors import LonghaulError

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

Notice = Callable[[LonghaulError, float], None]
"""Is told of each failure that is not the end, and in how many seconds the next try comes."""

PATIENCE_SECONDS: Final = 300.0
"""How long nothing may succeed before a call is given up: a tunnel, a router that starts anew."""

FIRST_CONTACT_SECONDS: Final = 10.0
"""The same for a server that has never answered: most likely its URL is wrong."""

_PAUSE_MIN_SECONDS = 0.2
_PAUSE_MAX_SECONDS = 15.0

_sleep = time.sleep


class Persistence:
    """Tries again what failed for a reason that passes, within a bounded total time."""

    def __init__(self, patience: float, notice: Notice | None) -> None:
        self._patience = patience
        self._notice = notice
        self.has_met_somebody = False
        """Whether any server has answered yet."""

    def keep_trying(self, attempt: Callable[[], T]) -> T:
        """What `attempt` gives once it succeeds. Raises its error if that is not retryable, or when
        the next try would come too late; a `retry_after` beyond the limit so ends it at once."""
        import tenacity  # here, as `longhaul --help` needs this module's numbers alone

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_retryable),
            wait=_pause,
            stop=self._is_over,
            before_sleep=self._tell,
            sleep=pause,
            reraise=True,
        )
        return retrying(attempt)

    @property
    def _limit(self) -> float:
        return (
            self._patience if self.has_met_somebody else min(self._patience, FIRST_CONTACT_SECONDS)
        )

    def tell(self, error: LonghaulError, seconds: float = 0.0) -> None:
        """Says that this went wrong, and that it goes on in so many seconds."""
        if self._notice:
            self._notice(error, seconds)

    def _is_over(self, state: "RetryCallState") -> bool:
        from tenacity import stop_before_delay

        return stop_before_delay(self._limit)(state)

    def _tell(self, state: "RetryCallState") -> None:
        error = _error_of(state)
        if isinstance(error, LonghaulError):
            self.tell(error, state.upcoming_sleep)


def pause(seconds: float) -> None:
    """Does nothing for so long."""
    _sleep(seconds)


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, LonghaulError) and error.retryable


def _pause(state: "RetryCallState") -> float:
    """Seconds: what the server asks for, or longer each time; never the same for two clients."""
    from tenacity import wait_random_exponential

    asked: float | None = getattr(_error_of(state), "retry_after", None)
    own = wait_random_exponential(multiplier=1, max=_PAUSE_MAX_SECONDS)(state)
    return max(asked or 0.0, own, _PAUSE_MIN_SECONDS)


def _error_of(state: "RetryCallState") -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
