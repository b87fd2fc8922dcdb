"""Measures how fast a download is, and how long the rest will take."""

import time
from collections import deque
from typing import Final

from longhaul.cli import words

_WINDOW_SECONDS: Final = 10.0
_SAMPLE_SECONDS: Final = 0.2
_SHORT_SECONDS: Final = 1.0


class Rate:
    """The rate of the last ten seconds: an earlier pause does not count."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def text(self, done: int, total: int) -> str:
        """Example: 8.3/20.0 MB  2.3 MB/s  ~5 s."""
        now = time.monotonic()
        if not self._samples or now - self._samples[-1][0] >= _SAMPLE_SECONDS:
            self._samples.append((now, done))
        while now - self._samples[0][0] > _WINDOW_SECONDS and len(self._samples) > 1:
            self._samples.popleft()
        since, before = self._samples[0]
        shown = [words.size_of(done, total)]
        if now - since >= _SHORT_SECONDS and done > before:
            per_second = (done - before) / (now - since)
            shown += [f"{words.size(per_second)}/s", words.left((total - done) / per_second)]
        return "  ".join(shown)
