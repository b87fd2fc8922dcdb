"""What people wish for: requests for exports, some of them for files that are not there."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.faults.files import FIRST_ID, Files

USERS: Final = ("ann", "bo", "😀" * 32)
_PREFIXES: Final = ("downloads/", "downloads/a/", "downloads/100")
_NAMES: Final = ("x.txt", "X.txt", "deep/er/x.bin", "manifest.json", "a", "a/b", "data.gz")
_FOLDERS: Final = (".", "sub", "sub/folder/", "a")


@dataclass(slots=True)
class Wish:
    """One export that somebody wants. `jobs` has the job ids of the answers."""

    body: dict[str, Any]
    key: str | None
    jobs: set[str] = field(default_factory=set)


def body(random: Random, files: Files) -> dict[str, Any]:
    """Returns the body of a request."""
    asked: dict[str, Any] = {"user_id": random.choice(USERS)}
    if random.random() < 0.3:
        asked["on_missing"] = random.choice(("skip", "fail"))
    if random.random() < 0.3:
        asked["filename"] = random.choice(("x.zip", "😀" * 63))
    if random.random() < 0.2:
        asked["names"] = random.choice(("own", "own", "key"))
    if files.ground.is_rough and random.random() < 0.85:
        asked["on_unreadable"] = random.choice(("skip", "skip", "skip", "fail"))
    if files.ground.listed and random.random() < files.ground.listed:
        return {**asked, "files": _files(random, files)}
    how = random.random()
    there = sorted(files.keys)
    if how < 0.5:
        asked["file_ids"] = [
            FIRST_ID + n for n in random.sample(range(16), random.randrange(1, 16))
        ]
    elif how < 0.8:
        gone = [f"downloads/gone/{n}" + "字" * random.choice((0, 335)) for n in range(12)]
        asked["keys"] = random.sample(there, random.randint(1, len(there)))
        asked["keys"] += random.sample(gone, random.choice((0, 0, 1, 12)))
    else:
        asked["prefix"] = random.choice(_PREFIXES)
    return asked


def _files(random: Random, files: Files) -> list[dict[str, Any]]:
    rows = [_row(random, files) for _ in range(random.randrange(1, 9))]
    if random.random() < 0.3:
        rows.append(random.choice(rows))
    for _ in range(random.choice((0, 1, 1, 3))):
        row = {**random.choice(rows), "name": random.choice(_NAMES)}
        versions = [version for key, version in files.versions if key == _key(row)]
        if versions and random.random() < 0.5:
            row["version"] = random.choice(versions)
        rows.append(row)
    return rows


def _key(row: dict[str, Any]) -> str:
    return f"downloads/{row['id']}" if "id" in row else str(row.get("key", ""))


def _row(random: Random, files: Files) -> dict[str, Any]:
    how = random.random()
    if how < 0.2:
        row: dict[str, Any] = {"prefix": random.choice(_PREFIXES)}
        return row | ({"name": random.choice(_FOLDERS)} if random.random() < 0.5 else {})
    row = {"key": random.choice((*sorted(files.keys), "downloads/gone/1"))}
    if how < 0.6:
        row = {"id": FIRST_ID + random.randrange(16)}
    if random.random() < 0.5:
        row["name"] = random.choice(_NAMES)
    if random.random() < 0.3:
        known = [version for key, version in files.versions if key == _key(row)]
        row["version"] = random.choice((*known, *known, "null", "v99999", "nonsense"))
    return row
