"""The source bucket of a run: the files in it, and all that were in it before."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Final

from chalicelib.errors import Reason
from tests.faults.ground import TIDY, Ground
from tests.faults.s3 import S3
from tests.faults.shelves import NULL
from tests.faults.stored import DeleteMarker, Lock, Stored, b64_crc32, etag_of

BUCKET: Final = "source"
FIRST_ID: Final = 10_000
LARGEST: Final = 5_000  # bytes of a source file, if all is as small as usual
_NAMES: Final = (
    "downloads/a/plan.pdf",
    "downloads/a/PLAN.pdf",
    "downloads/a/b c.txt",
    "downloads/a/ü.bin",
    "downloads/a/deep/x",
    "downloads/a/deep/y",
    "downloads/a/folder/",
    "downloads/b/manifest.json",
    "downloads/b/z.mp4",
    "downloads/b/zz.mp4",
    "downloads/b/" + "長" * 320 + ".txt",
)
_REASONS: Final = {
    Lock.ARCHIVED: Reason.ARCHIVED,
    Lock.TIERED: Reason.ARCHIVED,
    Lock.DENIED: Reason.DENIED,
    Lock.ENCRYPTED: Reason.ENCRYPTED,
    Lock.KEY_DISABLED: Reason.KEY_UNUSABLE,
}
_TEXT: Final = bytes(b"etaoin s"[code % 8] for code in range(256))
_REPEATED: Final = 40
LOCKS: Final = tuple(_REASONS)
"""What makes a file unreadable until somebody does something about it."""


@dataclass(frozen=True, slots=True)
class State:
    """What there was of a file, or of a version of it, from `since` on. None: nothing."""

    since: int
    stored: Stored | None


@dataclass(slots=True)
class Files:
    """`history[key]` has the states of each file; `versions[key, version]` those of a version of
    it, in a bucket that has versions. `changed`: a file was changed after the first ones were put.
    `favourite` is the key of the file that is overwritten again and again. `scale` is how many
    times larger than usual the files are."""

    s3: S3
    random: Random
    ground: Ground = TIDY
    scale: int = 1
    history: dict[str, list[State]] = field(default_factory=dict)
    versions: dict[tuple[str, str], list[State]] = field(default_factory=dict)
    changed: bool = False
    favourite: str = ""

    @property
    def keys(self) -> list[str]:
        """The keys of all files that are or were there."""
        return list(self.history)

    @property
    def is_bound(self) -> bool:
        """Whether every file that was read keeps its version for good."""
        return self.ground.versioning == "Enabled"

    @property
    def is_unsure(self) -> bool:
        """Whether it is not sure how many bytes a job has found: files have changed, or some cannot
        be read, which not everybody notices who lists them."""
        newest = self.s3.shelves[BUCKET].newest.values()
        return self.changed or any(unreadable(stored) for stored in newest)

    def fill(self, now: int) -> None:
        """Puts the source files of the run."""
        ids = [f"downloads/{FIRST_ID + n}" for n in range(self.random.randrange(1, 15))]
        names = self.random.sample(_NAMES, self.random.randrange(len(_NAMES)))
        shelf = self.s3.shelves[BUCKET]
        shelf.pays = self.ground.pays
        if self.ground.versioning and not self.ground.is_old:
            shelf.enable(self.ground.versioning)
        for key in ids + names:
            self.put(key, self._size(key), now)
        if self.ground.versioning and self.ground.is_old:
            shelf.enable(self.ground.versioning)
            for key, states in self.history.items():
                states[:] = [State(now, shelf.newest[key])]
                self.versions[key, NULL] = list(states)
        if self.ground.is_rough:
            self.favourite = self.random.choice(self.keys)
            for key in self.keys:
                if self.random.random() < self.ground.locked:
                    self._change(key, _locked(shelf.newest[key], self.random.choice(LOCKS)), now)
        self.changed = False

    # -- what happens to files ------------------------------------------------------------------

    def overwrite(self, now: int, key: str = "") -> None:
        key = key or self.random.choice(self.keys)
        same = len(self._last(key).body)
        self.put(key, self.random.choice((same, self._size(""))), now)

    def delete(self, now: int) -> None:
        key = self.random.choice(self.keys)
        self.s3.delete_object(Bucket=BUCKET, Key=key, **self._payer())
        self.history[key].append(State(now, None))
        self._recorded(key, now)

    def forget_version(self, now: int) -> None:
        """Deletes a version for good, which may be the newest."""
        if not self.versions:
            return
        key, version = self.random.choice(list(self.versions))
        shelf = self.s3.shelves[BUCKET]
        shelf.forget(key, version)
        self.versions[key, version].append(State(now, None))
        self.history[key].append(State(now, shelf.newest.get(key)))
        self.changed = True

    def lock(self, now: int, lock: Lock | None = None) -> str:
        """Makes a file unreadable. Returns its key; empty if there is none that can be read."""
        newest = self.s3.shelves[BUCKET].newest
        free = [key for key, stored in newest.items() if unreadable(stored) is None]
        free = [key for key in free if newest[key].lock is None]
        if not free:
            return ""
        key = self.random.choice(free)
        self._change(key, _locked(newest[key], lock or self.random.choice(LOCKS)), now)
        return key

    def unlock(self, now: int, key: str = "") -> None:
        """Makes a file readable that was not: it is restored, or may be read, or its key works."""
        newest = self.s3.shelves[BUCKET].newest
        locked = [key] if key else [key for key in newest if newest[key].lock]
        if not locked or locked[0] not in newest:
            return
        key = self.random.choice(locked)
        stored = newest[key]
        if stored.lock is Lock.ARCHIVED:
            self._change(key, replace(stored, restored=True), now)
        else:
            self._change(key, replace(stored, lock=None, storage_class="STANDARD"), now)

    def put(self, key: str, size: int, now: int) -> None:
        """Puts a file of this size, with a CRC-32 that S3 may or may not know."""
        body = _textured(self.random.randbytes(size))
        etag = etag_of(body)
        crc32: str | None = b64_crc32(body)
        parts: tuple[int, ...] = ()
        how = self.random.choice(("whole", "whole", "unknown", "parts", "unknown parts"))
        if "parts" in how and size > 1:
            cut = self.random.randrange(1, size)
            parts = (cut, size - cut)
            etag = f'{etag[:-1]}-2"'
        if "unknown" in how:
            crc32 = None
        metadata = {"filename": f"named {size}.txt"} if self.random.random() < 0.3 else {}
        stored = Stored(body, etag, now, crc32, parts, metadata)
        if self.ground.encoded and self.random.random() < self.ground.encoded:
            stored = replace(stored, encoding=self.random.choice(("gzip", "br", "aws-chunked")))
        stored = self.s3.shelves[BUCKET].put(key, stored)
        self.history.setdefault(key, []).append(State(now, stored))
        self._recorded(key, now)

    # -- what was true --------------------------------------------------------------------------

    def states(
        self, key: str, begin: int, end: int, version: str | None = None
    ) -> Iterator[Stored | None]:
        """Yields what there was of a file, or of a version of it, at any time from `begin` to
        `end`."""
        states = self._states(key, version)
        ends = [state.since for state in states[1:]] + [end]
        for state, gone in zip(states, ends, strict=True):
            if state.since <= end and gone >= begin:
                yield state.stored

    def changes(self, key: str, begin: int, end: int) -> tuple[int, int]:
        """Returns how often a file was changed from `begin` to `end`, and how often of these it was
        not only overwritten, but deleted, made readable or unreadable, or got another encoding."""
        states = self.history.get(key, [])
        pairs = [
            (before.stored, state.stored)
            for before, state in pairwise(states)
            if begin <= state.since <= end
        ]
        others = [
            after is None
            or (before is not None and before.body is after.body)
            or (before is not None and before.encoding != after.encoding)
            for before, after in pairs
        ]
        return len(pairs), sum(others)

    def last(self, key: str, version: str | None = None) -> Stored | None:
        """Returns a file, or a version of it, as it was last."""
        return self._states(key, version)[-1].stored

    def _states(self, key: str, version: str | None) -> list[State]:
        never = [State(0, None)]
        if version is None or (version == NULL and not self.ground.versioning):
            states = self.history.get(key, never)
        else:
            states = self.versions.get((key, version), never)
        return states if states[0].stored is None else [*never, *states]

    # -- within ---------------------------------------------------------------------------------

    def _change(self, key: str, stored: Stored, now: int) -> None:
        self.s3.shelves[BUCKET].change(key, stored)
        self.history[key].append(State(now, stored))
        self._recorded(key, now)

    def _recorded(self, key: str, now: int) -> None:
        """Notes what became of the file's versions."""
        self.changed = True
        for version in self.s3.shelves[BUCKET].versions.get(key, ()):
            stored = None if isinstance(version, DeleteMarker) else version
            states = self.versions.setdefault((key, version.version or NULL), [])
            if not states or states[-1].stored is not stored:
                states.append(State(now, stored))

    def _last(self, key: str) -> Stored:
        return next(state.stored for state in reversed(self.history[key]) if state.stored)

    def _payer(self) -> dict[str, str]:
        return {"RequestPayer": "requester"} if self.ground.pays else {}

    def _size(self, key: str) -> int:
        if key.endswith("/"):
            return 0
        most = self.random.choice((0, 40, 300, 1200, LARGEST))
        return self.random.randint(0, most) * self.scale


def _textured(noise: bytes) -> bytes:
    """Returns as many bytes as there are of the noise. A third of the files are like text, and a
    third repeat what they begin with: both can be compressed. A third are the noise itself. Which
    of the three follows from the noise, so that chance is left alone."""
    match zlib.crc32(noise) % 3:
        case 0:
            return noise.translate(_TEXT)
        case 1 if len(noise) > _REPEATED:
            return (noise[:_REPEATED] * (len(noise) // _REPEATED + 1))[: len(noise)]
    return noise


def unreadable(stored: Stored) -> Reason | None:
    """Returns why a file cannot be read; None if it can."""
    if stored.restored or stored.lock is None:
        return None
    if not stored.body and stored.lock in (Lock.ARCHIVED, Lock.TIERED):
        return None  # there is nothing to read
    return _REASONS.get(stored.lock)


def _locked(stored: Stored, lock: Lock) -> Stored:
    storage_class = {Lock.ARCHIVED: "GLACIER", Lock.TIERED: "INTELLIGENT_TIERING"}
    return replace(
        stored, lock=lock, restored=False, storage_class=storage_class.get(lock, "STANDARD")
    )
