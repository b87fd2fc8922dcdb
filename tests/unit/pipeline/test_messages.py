"""What a message says survives; what is not a message of ours is refused, and never breaks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pipeline.messages import BODY_MAX, VERSION, BadMessage, Message, Step, from_body
from tests.unit.samples import JOB_ID

job_ids = st.uuids().map(str)
readings = st.binary(min_size=8, max_size=8).map(bytes.hex)
segments = st.integers(0, 10_000)
messages = (
    st.builds(Message, st.sampled_from([Step.PLAN, Step.FINALIZE]), job_ids)
    | st.builds(Message, st.just(Step.ASSEMBLE), job_ids, segments)
    | st.builds(Message, st.just(Step.READ), job_ids, segments, readings)
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(VERSION) | values,
        "step": st.sampled_from(Step) | values,
        "job": job_ids | values,
        "segment": st.integers() | values,
        "reading": readings | values,
    },
)


@given(messages)
def test_a_message_comes_back_as_it_was_sent(message: Message) -> None:
    assert from_body(message.to_body()) == message


@given(messages)
def test_a_body_is_small(message: Message) -> None:
    assert len(message.to_body()) < 150


@given(st.text(st.characters()) | values.map(json.dumps) | near_misses.map(json.dumps))
def test_garbage_is_a_bad_message_and_nothing_else(body: str) -> None:
    try:
        message = from_body(body)
    except BadMessage:
        return
    assert json.loads(body)["job"] == message.job_id


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"plan"',
        "NaN",
        "[" * BODY_MAX,
        "9" * BODY_MAX,
        '{"v":' * 200,
        " " * (BODY_MAX + 1),
        "\ud800",
    ],
)
def test_what_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(BadMessage):
        from_body(body)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"v": VERSION + 1}, "version 2 is not 1"),
        ({"v": None}, "version None is not 1"),
        ({"v": str(VERSION)}, "version '1' is not 1"),
        ({"job": None}, "names no job"),
        ({"job": 5}, "names no job"),
        ({"job": JOB_ID.upper()}, "names no job"),
        ({"job": f"{JOB_ID}\n"}, "names no job"),
        ({"job": f"{JOB_ID}/segments"}, "names no job"),
        ({"step": "sweep"}, "step 'sweep' is unknown"),
        ({"step": None}, "step None is unknown"),
        ({"step": ["plan"]}, "is unknown"),
        ({"segment": 0}, "does not go with step plan"),
        ({"step": "read", "reading": "0" * 16}, "segment None does not go with step read"),
        ({"step": "read", "segment": 0}, "reading None does not go with step read"),
        ({"step": "read", "segment": 0, "reading": "../x"}, "reading '../x' does not go"),
        ({"step": "read", "segment": 0, "reading": "0" * 17}, "reading '0{17}' does not go"),
        ({"step": "assemble", "segment": 0, "reading": "0" * 16}, "reading '0{16}' does not"),
        ({"step": "assemble"}, "segment None does not go with step assemble"),
        ({"step": "assemble", "segment": -1}, "segment -1 does not go"),
        ({"step": "assemble", "segment": 1.0}, "segment 1.0 does not go"),
        ({"step": "assemble", "segment": True}, "segment True does not go"),
        ({"step": "assemble", "segment": "0"}, "segment '0' does not go"),
    ],
)
def test_a_refusal_says_what_is_wrong(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadMessage, match=reason):
        from_body(_body(wrong))


@pytest.mark.parametrize("step", ["plan", "finalize"])
@pytest.mark.parametrize("segment", [-1, "x", 1.5, True, []])
def test_a_step_without_segments_takes_none(step: str, segment: object) -> None:
    with pytest.raises(BadMessage):
        from_body(_body({"step": step, "segment": segment}))


@pytest.mark.parametrize("version", [True, 1.0])
def test_a_version_is_a_whole_number(version: object) -> None:
    with pytest.raises(BadMessage):
        from_body(_body({"v": version}))


def test_a_body_may_be_as_long_as_the_limit_and_no_longer() -> None:
    body = _body({})

    assert from_body(body.ljust(BODY_MAX)) == Message(Step.PLAN, JOB_ID)
    with pytest.raises(BadMessage, match=f"{BODY_MAX + 1} characters are too many"):
        from_body(body.ljust(BODY_MAX + 1))


def _body(different: dict[str, Any]) -> str:
    return json.dumps({"v": VERSION, "step": "plan", "job": JOB_ID, **different})
