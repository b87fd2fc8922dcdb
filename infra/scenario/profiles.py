"""How slow the downloads are, and how long a proxy waits: pure numbers."""

from dataclasses import dataclass
from typing import Final

FILE_BYTES: Final = 200_000
"""Well below 5 MiB, from where on S3 may copy a file so that no worker reads it."""

_READ_SECONDS: Final = 0.75
_TIMEOUT_SECONDS: Final = 29.0
"""API Gateway's. nginx's own default is 60 s, Cloudflare's 100 s.
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""

_HOLD_SECONDS: Final = 2
"""PROGRESS_HOLD_SECONDS, as .chalice/config.json has it."""


@dataclass(frozen=True)
class Profile:
    """One export of `files` files, which are read one after another from a slow storage."""

    name: str
    files: int

    @property
    def seconds(self) -> float:
        """How long all the reads take, at factor 1."""
        return self.files * _READ_SECONDS


FAST: Final = Profile("fast", 16)
MEDIUM: Final = Profile("medium", 60)
SLOW: Final = Profile("slow", 120)
PROFILES: Final = (FAST, MEDIUM, SLOW)
"""12 s, 45 s and 90 s."""


@dataclass(frozen=True)
class Scale:
    """All times of the scenario. Each is `factor` times as long as a real one."""

    factor: float

    @property
    def delay_ms(self) -> int:
        """How much longer each read of a source file takes."""
        return max(1, round(_READ_SECONDS * 1000 * self.factor))

    @property
    def timeout_seconds(self) -> float:
        """How long nginx waits for an answer."""
        return _TIMEOUT_SECONDS * self.factor

    @property
    def hold_seconds(self) -> int:
        """How long a watcher's request may be held. It is well below what nginx waits."""
        return min(_HOLD_SECONDS, int(self.timeout_seconds / 4))

    def seconds(self, profile: Profile) -> float:
        """Returns how long all the reads of a profile take."""
        return profile.files * self.delay_ms / 1000
