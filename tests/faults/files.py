"""The source bucket of a run: the files in it, and all that were in it before."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.faults.s3 import S3
from tests.faults.stored import Stored, b64_crc32, etag_of

BUCKET: Final = "source"
FIRST_ID: Final = 10_000
LARGEST: Final = 5_000  # bytes of a source file
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
)


@dataclass(slots=True)
class Files:
    """`versions[key]` has every (ETag, content) of an object. `history[key]` has when it got which
    ETag; None stands for its deletion. `changed`: a file was overwritten or deleted."""

    s3: S3
    random: Random
    versions: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    history: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    changed: bool = False

    def fill(self, now: int) -> None:
        """Puts the source files of the run."""
        ids = [f"downloads/{FIRST_ID + n}" for n in range(self.random.randrange(1, 15))]
        names = self.random.sample(_NAMES, self.random.randrange(len(_NAMES)))
        for key in ids + names:
            self.put(key, self._size(key), now)

    def overwrite(self, now: int) -> None:
        key = self.random.choice(list(self.versions))
        same = len(self.versions[key][-1][1])
        self.put(key, self.random.choice((same, self._size(""))), now)
        self.changed = True

    def delete(self, now: int) -> None:
        key = self.random.choice(list(self.versions))
        self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.history[key].append((now, None))
        self.changed = True

    def content(self, key: str, etag: str) -> bytes | None:
        """Returns what the object had under this ETag; None: it never had the ETag."""
        return dict(self.versions.get(key, ())).get(etag)

    def was(self, key: str, etag: str | None, begin: int, end: int) -> bool:
        """Whether the object had this ETag (None: it was not there) at some time from `begin` to
        `end`."""
        states = self.history.get(key, [(0, None)])
        ends = [came for came, _ in states[1:]] + [end]
        return any(
            seen == etag and came <= end and gone >= begin
            for (came, seen), gone in zip(states, ends, strict=True)
        )

    def changed_between(self, begin: int, end: int) -> bool:
        """Whether any object was overwritten or deleted from `begin` to `end`."""
        return any(
            begin <= came <= end for states in self.history.values() for came, _ in states[1:]
        )

    def _size(self, key: str) -> int:
        if key.endswith("/"):
            return 0
        most = self.random.choice((0, 40, 300, 1200, LARGEST))
        return self.random.randint(0, most)

    def put(self, key: str, size: int, now: int) -> None:
        """Puts a file of this size, with a CRC-32 that S3 may or may not know."""
        body = self.random.randbytes(size)
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
        self.s3.objects[BUCKET][key] = Stored(body, etag, now, crc32, parts, metadata)
        self.versions.setdefault(key, []).append((etag, body))
        self.history.setdefault(key, []).append((now, etag))
