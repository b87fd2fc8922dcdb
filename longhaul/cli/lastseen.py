"""What is known of the job that a command follows, when the API falls silent."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from longhaul.errors import RateLimited, TooManyJobs, Unavailable, Unreachable

if TYPE_CHECKING:
    from longhaul.answers import Job
    from longhaul.errors import LonghaulError


class LastSeen:
    """The last state of a job that came, and whether the API has answered since.

    `job` is None if no state has come. `at` is when it came. `is_silent`: the last thing that was
    heard of the API was a failure.
    """

    def __init__(self) -> None:
        self.job: Job | None = None
        self.at: datetime | None = None
        self.is_silent = False

    def saw(self, job: "Job") -> None:
        """Takes a state that the API has just told."""
        self.job, self.at, self.is_silent = job, datetime.now(UTC), False

    def failed(self, error: "LonghaulError") -> None:
        """Takes a failure that is retried."""
        if is_silence(error):
            self.is_silent = True


def is_silence(error: "LonghaulError") -> bool:
    """Whether the API has not answered. A limit is an answer."""
    is_limit = isinstance(error, TooManyJobs | RateLimited)
    return isinstance(error, Unreachable | Unavailable) and not is_limit
