"""The ids of traces and spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import trace_ids
from chalicelib.trace_ids import SpanRef

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
JOB = "0b0e8f36-5a51-4f0e-9c3e-2f1f0a7d5b11"


def test_a_callers_traceparent_is_read() -> None:
    found = trace_ids.of_traceparent(f"00-{TRACE}-{SPAN}-00")
    assert found == SpanRef(TRACE, SPAN)


def test_a_later_version_with_more_fields_is_read() -> None:
    assert trace_ids.of_traceparent(f"cc-{TRACE}-{SPAN}-01-what-comes") == SpanRef(TRACE, SPAN)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n00-{TRACE}-{SPAN}-01",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
    ],
)
def test_what_is_no_traceparent_is_passed_over(header: str | None) -> None:
    assert trace_ids.of_traceparent(header) is None


@given(st.text())
def test_any_header_is_read_or_passed_over(header: str) -> None:
    found = trace_ids.of_traceparent(header)
    assert found is None or trace_ids.of_traceparent(found.traceparent) == found


def test_a_span_is_stored_as_text_and_read_again() -> None:
    ref = SpanRef(TRACE, SPAN)
    assert trace_ids.of_text(str(ref)) == ref
    assert trace_ids.of_text(None) is None


def test_a_job_without_a_caller_has_its_digest_as_its_trace() -> None:
    root = trace_ids.root_of(JOB)
    assert root.trace == trace_ids.job_digest(JOB)
    assert trace_ids.of_traceparent(root.traceparent) == root


def test_a_job_of_a_caller_belongs_to_the_callers_trace() -> None:
    root = trace_ids.root_of(JOB, SpanRef(TRACE, SPAN))
    assert root == SpanRef(TRACE, trace_ids.root_of(JOB).span)


def test_a_digest_says_nothing_of_the_id() -> None:
    digest = trace_ids.job_digest(JOB)
    assert not set(JOB.split("-")) & {digest[at : at + 4] for at in range(29)}
    assert JOB.replace("-", "") != digest


def test_texts_have_the_digest_in_place_of_each_id() -> None:
    other = JOB.replace("0b0e", "1c1f")
    text = trace_ids.without_job_ids(f"jobs/{JOB}/plan and {other}; not {JOB[:-1]}")
    expected = f"jobs/{trace_ids.job_digest(JOB)}/plan and {trace_ids.job_digest(other)}"
    assert text == f"{expected}; not {JOB[:-1]}"


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_other_parts_have_other_ids(one: list[str], other: list[str]) -> None:
    same = "\0".join(one) == "\0".join(other)
    assert (trace_ids.span_id(*one) == trace_ids.span_id(*other)) is same
    assert (trace_ids.trace_id(*one) == trace_ids.trace_id(*other)) is same
