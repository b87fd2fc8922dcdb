"""Text for the bench of compression, made from a seed: the same seed makes the same bytes.

Three kinds, a third of the files each: prose, log lines, and records of JSON. Words follow Zipf's
law, and phrases recur, as in what people write. zlib's level 6 makes prose 2.8 times smaller, as it
does English, and the other two four times.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Final

from bench.cases import MB

POOL: Final = 16 * MB
"""Bytes of text of each kind. A file begins anywhere in them: deflate looks back 32 KiB only, so
two files that share text share nothing for it."""

_LETTERS: Final = [*"bcdfghklmnprstvw", "st", "tr", "ch", "sh", "th", "br", "pl", "gr"]
_VOWELS: Final = [*"aeiou", "ai", "ea", "ou", "io"]
_ENDS: Final = ["", "n", "r", "s", "t", "l", "ng", "nd", "st"]
_WORDS: Final = 12_000
_PHRASES: Final = 6_000
_HABIT: Final = 0.62
"""How much of prose is phrases that recur."""


class Texts:
    """Text of three kinds, of `pool` bytes each."""

    def __init__(self, seed: int = 18, pool: int = POOL) -> None:
        self._pool = pool
        self._random = random.Random(seed)
        self._at = datetime(2026, 11, 27, tzinfo=UTC)

    def file(self, number: int, size: int) -> bytes:
        """Returns the file with this number, of `size` bytes."""
        pool = self._pools[number % len(self._pools)]
        start = random.Random(number).randrange(len(pool))
        taken = pool[start : start + size]
        return (taken + pool * ((size - len(taken)) // len(pool) + 1))[:size]

    @cached_property
    def _pools(self) -> tuple[bytes, ...]:
        kinds = (self._sentence, self._log_line, self._record)
        return tuple(_filled(kind, self._pool) for kind in kinds)

    @cached_property
    def _words(self) -> list[str]:
        words: set[str] = set()
        while len(words) < _WORDS:
            syllables = self._random.choices([1, 2, 3, 4], [3, 5, 3, 1])[0]
            chosen = (
                self._random.choice(_LETTERS) + self._random.choice(_VOWELS)
                for _ in range(syllables)
            )
            words.add("".join(chosen) + self._random.choice(_ENDS))
        return sorted(words, key=lambda word: (len(word), word))

    @cached_property
    def _zipf(self) -> list[float]:
        return list(accumulate(1 / (rank + 2.7) for rank in range(_WORDS)))

    @cached_property
    def _phrases(self) -> list[str]:
        return [self._some_words(self._random.randint(2, 5)) for _ in range(_PHRASES)]

    def _some_words(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._zipf, k=count))

    def _phrase(self) -> str:
        """Returns a phrase: the first ones come most often."""
        return self._phrases[int(_PHRASES * self._random.random() ** 4)]

    def _sentence(self) -> str:
        parts = [
            self._phrase() if self._random.random() < _HABIT else self._some_words(2)
            for _ in range(self._random.randint(2, 6))
        ]
        return " ".join(parts).capitalize() + self._random.choice(
            [". ", ". ", "? ", ".\n", ".\n\n"]
        )

    def _log_line(self) -> str:
        drawn = self._random
        self._at += timedelta(seconds=drawn.expovariate(20))
        level = drawn.choice(["INFO", "INFO", "INFO", "WARNING", "ERROR"])
        return (
            f"{self._at.isoformat(timespec='milliseconds')} {level} "
            f"request={drawn.getrandbits(64):016x} "
            f"path=/v1/{drawn.choice(['export', 'files', 'users'])}/{drawn.randint(1, 99_999)} "
            f"status={drawn.choice([200, 200, 200, 202, 304, 404])} "
            f"ms={drawn.expovariate(0.05):.1f} {self._phrase()}\n"
        )

    def _record(self) -> str:
        drawn = self._random
        record = {
            "id": drawn.randint(1, 10**9),
            "name": self._some_words(2).title(),
            "price": round(drawn.random() * 100, 2),
            "tags": drawn.sample(self._words[:200], 3),
            "isActive": drawn.random() < 0.7,  # noqa: PLR2004 - most are
            "note": self._phrase(),
        }
        return json.dumps(record) + "\n"


def _filled(make: Callable[[], str], most: int) -> bytes:
    """Returns a pool of what `make` makes."""

    def pieces() -> Iterator[str]:
        size = 0
        while size < most:
            piece = make()
            size += len(piece)
            yield piece

    return "".join(pieces()).encode()[:most]
