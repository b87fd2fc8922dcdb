"""A message is short, and says the reason, however long a key is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import LonghaulError, Reason, shortened
from chalicelib.jobs.items import REASON_MAX
from chalicelib.s3 import refusals

LONG = f"reports/{'x' * 1000}/z.bin"
SSE_C = "encrypted with a key of the customer's (SSE-C), which only its owner has"


def test_a_long_key_is_cut_in_its_middle() -> None:
    short = shortened(LONG)

    assert short.startswith("reports/xx")
    assert "…" in short
    assert short.endswith("xx/z.bin")
    assert shortened("a/b.bin") == "a/b.bin"


@given(st.text(max_size=400))
def test_a_key_of_any_letters_is_short(key: str) -> None:
    assert len(shortened(key).encode(errors="replace")) <= 120


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (refusals.unreadable(LONG, Reason.ENCRYPTED, SSE_C), SSE_C),
        (refusals.deleted(LONG), "z.bin was deleted after the export had begun; export again"),
        (refusals.no_bucket(f"look at {LONG}"), "z.bin: there is no such bucket"),
    ],
)
def test_the_reason_has_room_after_a_long_key(error: LonghaulError, end: str) -> None:
    assert error.detail.endswith(end)
    assert len(error.detail.encode()) <= REASON_MAX
