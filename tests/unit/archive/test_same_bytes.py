"""Archives and plans of today stay what they are, byte for byte, however the code is arranged.

A change that alters one of the digests alters what is in people's archives, or what a plan of a job
under way means: raise services.PLAN_VERSION with it. They were taken last when manifests began to
say what was skipped (PLAN_VERSION 3).
"""

import hashlib
import json
from collections.abc import Callable
from random import Random

import pytest

from chalicelib.archive import layout
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import Scale
from tests.unit.archive.archives import HEAD, assembled, tail_of

MIB = 1024**2
GIB = 1024**3
NAMES = ("a.csv", "d/ü.txt", "d/e/日本.pdf", "x" * 200, "emoji 😀.mp4", "report (2).pdf")


def _entries(seed: int, count: int, sizes: Callable[[Random], int]) -> tuple[Entry, ...]:
    random = Random(seed)
    entries = []
    for index in range(count):
        size = sizes(random)
        known = size > 16 * MIB or random.random() < 0.7
        entries.append(
            Entry(
                f"{index}/{random.choice(NAMES)}",
                f"in/{index}",
                f'"{random.getrandbits(64):x}"',
                size,
                random.getrandbits(32) if known else None,
                random.choice((0, -1, 1_700_000_000 + index, 2**31, 2**33)),
                known and random.random() < 0.3,
            )
        )
    return tuple(entries)


def _tiny(random: Random) -> int:
    return random.choice((0, 1, random.randrange(3_000)))


def _mixed(random: Random) -> int:
    return random.choice((random.randrange(100_000), random.randrange(5, 60) * MIB))


def _huge(random: Random) -> int:
    return random.choice((4 * GIB - 1, 4 * GIB, 700 * MIB, 9 * GIB))


PLANS: dict[str, Callable[[], Plan]] = {
    "none": lambda: layout.lay_out((), HEAD),
    "tiny": lambda: layout.lay_out(_entries(1, 200, _tiny), HEAD),
    "mixed": lambda: layout.lay_out(_entries(2, 150, _mixed), HEAD),
    "few": lambda: layout.lay_out(_entries(6, 10, _mixed), HEAD),
    "huge": lambda: layout.lay_out(_entries(3, 60, _huge), HEAD),
    "many": lambda: layout.lay_out(_entries(4, 70_000, _tiny), HEAD),
    "nested": lambda: layout.lay_out(_entries(5, 400, _mixed), HEAD, Scale(max_parts=90)),
}

DIGESTS: dict[str, str] = {
    "plan none": "09df3c031969d639",
    "plan tiny": "c212c6a72bbefaf9",
    "plan mixed": "3d80d23c0c39c8b9",
    "plan few": "5e120e16f9bfa466",
    "plan huge": "f81abfd5e6742179",
    "plan many": "4bac90dbf345f305",
    "plan nested": "cd929ebeafd0e206",
    "archive none": "74109f055e7fe557",
    "archive tiny": "c69f54f02e7c86a3",
    "archive few": "2586d9492bab064e",
    "tail huge": "1e9cf04d9a75ab6a",
    "tail many": "3481282033dfd5e8",
    "tail nested": "5abf3663861030d3",
}


def facts_of(plan: Plan) -> str:
    """A digest of all that a plan says, which does not depend on how its classes are written."""
    content = [
        [
            [e.name, e.key, e.etag, e.size, e.crc32, e.modified, e.in_s3, offset]
            for e, offset in zip(plan.entries, plan.offsets, strict=True)
        ],
        [[p.number, p.start, p.length, p.copied] for p in plan.parts],
        [
            [
                *(s.first_part, s.end_part, s.first_entry, s.end_entry, s.start, s.bytes),
                *(s.files, s.unknown, [[p.number, p.start, p.length] for p in s.joins]),
            ]
            for s in plan.segments
        ],
        [plan.nested, plan.tail_start, plan.size],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_says_what_it_said(name: str) -> None:
    assert facts_of(PLANS[name]()) == DIGESTS[f"plan {name}"]


@pytest.mark.parametrize("name", ["none", "tiny", "few"])
def test_an_archive_has_the_bytes_that_it_had(name: str) -> None:
    plan = PLANS[name]()
    contents = [Random(index).randbytes(entry.size) for index, entry in enumerate(plan.entries)]

    archive = assembled(plan, contents)

    assert hashlib.sha256(archive).hexdigest()[:16] == DIGESTS[f"archive {name}"]


@pytest.mark.parametrize("name", ["huge", "many", "nested"])
def test_a_tail_has_the_bytes_that_it_had(name: str) -> None:
    plan = PLANS[name]()

    tail = tail_of(plan, range(len(plan.entries)))

    assert hashlib.sha256(tail).hexdigest()[:16] == DIGESTS[f"tail {name}"]
