"""The index beside an archive: written once or again, never over one of a newer plan, and in parts
if it is long."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.errors import PlanReplaced, Unavailable
from chalicelib.pipeline import archive_index
from chalicelib.pipeline.lease import Lease
from tests.faults.s3 import S3
from tests.faults.stored import Limits

KEY = "archives/5f0c5d0e-0000-4000-8000-000000000000.tar.index"
PART = 1_000
"""The most bytes of an index that one request writes here."""


@dataclass
class Held:
    """Stands for a worker's lease. `looked` happens whenever the worker asks whether the job has
    its plan still."""

    s3: S3
    looked: Callable[[], object] = lambda: None
    ticks: int = 0
    services: Any = field(init=False)

    def __post_init__(self) -> None:
        self.services = SimpleNamespace(
            archive=self.s3.bucket("archive"),
            limits=SimpleNamespace(index_part=PART),
            now=lambda: 7,
        )

    def report(self, now: int) -> None:
        assert now == 7
        self.looked()

    def tick(self) -> None:
        self.ticks += 1


@pytest.fixture
def s3() -> S3:
    return S3(["archive"], lambda: 0, limits=Limits(min_part=PART))


def _write(held: Held, body: bytes, chunk: int = 300) -> None:
    chunks: Iterator[bytes] = (body[at : at + chunk] for at in range(0, len(body), chunk))
    archive_index.write(KEY, len(body), chunks, cast("Lease", held))


def _body(s3: S3) -> bytes:
    return s3.objects["archive"][KEY].body


def _is_old() -> None:
    raise PlanReplaced("the job was planned again")


@pytest.mark.parametrize("length", [1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 5])
def test_it_has_every_byte_in_its_place(s3: S3, length: int) -> None:
    body = bytes(index % 251 for index in range(length))

    _write(Held(s3), body)

    assert _body(s3) == body
    assert s3.uploads == {}


@pytest.mark.parametrize("chunk", [1, 999, 2_500])
def test_a_long_one_goes_in_parts_however_its_chunks_are(s3: S3, chunk: int) -> None:
    held = Held(s3)

    _write(held, b"x" * 2_500, chunk)

    assert s3.objects["archive"][KEY].part_sizes == (PART, PART, 500)
    assert held.ticks == 3


@pytest.mark.parametrize("length", [10, 2_500])
def test_a_twin_writes_the_same_once_more(s3: S3, length: int) -> None:
    looked = []
    _write(Held(s3), b"x" * length)

    _write(Held(s3, lambda: looked.append(1)), b"x" * length)

    assert _body(s3) == b"x" * length
    assert s3.uploads == {}
    assert looked == [1]


@pytest.mark.parametrize("length", [10, 2_500])
def test_that_of_an_older_plan_is_replaced(s3: S3, length: int) -> None:
    _write(Held(s3), b"of an older plan")

    _write(Held(s3), b"n" * length)

    assert _body(s3) == b"n" * length


@pytest.mark.parametrize("length", [10, 2_500])
def test_a_worker_of_an_older_plan_replaces_nothing(s3: S3, length: int) -> None:
    _write(Held(s3), b"of the newer plan")

    with pytest.raises(PlanReplaced):
        _write(Held(s3, _is_old), b"o" * length)

    assert _body(s3) == b"of the newer plan"
    assert s3.uploads == {}


@pytest.mark.parametrize("length", [10, 2_500])
def test_nor_does_one_that_had_the_newest_plan_when_it_looked(s3: S3, length: int) -> None:
    _write(Held(s3), b"of an older plan")

    with pytest.raises(Unavailable):
        _write(Held(s3, lambda: _write(Held(s3), b"of the newer plan")), b"o" * length)

    assert _body(s3) == b"of the newer plan"
    assert s3.uploads == {}


def test_one_that_was_thrown_away_meanwhile_is_written_later(s3: S3) -> None:
    _write(Held(s3), b"a")
    held = Held(s3, lambda: s3.objects["archive"].pop(KEY))

    with pytest.raises(Unavailable):
        _write(held, b"b")
    _write(held, b"b")

    assert _body(s3) == b"b"


def test_a_worker_that_cannot_go_on_leaves_no_upload(s3: S3) -> None:
    held = Held(s3)
    held.tick = _is_old  # type: ignore[method-assign]  # what the lease says between two parts

    with pytest.raises(PlanReplaced):
        _write(held, b"x" * 2_500)

    assert s3.uploads == {}
    assert KEY not in s3.objects["archive"]


def test_an_upload_that_somebody_has_ended_is_made_again_later(s3: S3) -> None:
    held = Held(s3)
    held.tick = s3.uploads.clear  # type: ignore[method-assign]  # between two parts

    with pytest.raises(Unavailable):
        _write(held, b"x" * 2_500)
