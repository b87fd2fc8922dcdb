"""What a message says survives; what is not a message of ours is refused, and never breaks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.queue.messages import BODY_MAX, VERSION, BadMessage, Message, Step, from_body
from tests.unit.samples import JOB_ID

job_ids = st.uuids().map(str)
digests = st.binary(min_size=8, max_size=8).map(bytes.hex)
numbers = st.integers(0, 10_000)
plans = st.none() | digests
messages = (
    st.builds(Message, st.sampled_from([Step.PLAN, Step.DISCARD]), job_ids)
    | st.builds(Message, st.just(Step.FINALIZE), job_ids, plan=plans)
    | st.builds(Message, st.just(Step.ASSEMBLE), job_ids, numbers, plan=plans)
    | st.builds(Message, st.just(Step.READ), job_ids, numbers, digests)
)
NO_DIGESTS = ["", "0" * 15, "0" * 17, "A" * 16, "g" * 16, "٣" * 16, f"{'0' * 16}\n", "../x", 5, []]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(VERSION) | values,
        "step": st.sampled_from(Step) | values,
        "job": job_ids | values,
        "segment": st.integers() | values,
        "reading": digests | values,
        "plan": digests | values,
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
        ({"plan": "0" * 16}, "plan '0{16}' does not go with step plan"),
        ({"step": "discard", "plan": "0" * 16}, "plan '0{16}' does not go with step discard"),
        (
            {"step": "read", "segment": 0, "reading": "0" * 16, "plan": "0" * 16},
            "plan '0{16}' does not go with step read",
        ),
        *(
            ({"step": step, **number, "plan": plan}, f"does not go with step {step}")
            for step, number in (("assemble", {"segment": 0}), ("finalize", {}))
            for plan in NO_DIGESTS
        ),
    ],
)
def test_a_refusal_says_what_is_wrong(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadMessage, match=reason):
        from_body(_body(wrong))


@pytest.mark.parametrize("step", ["plan", "finalize", "discard"])
@pytest.mark.parametrize("segment", [-1, "x", 1.5, True, []])
def test_a_step_without_segments_takes_none(step: str, segment: object) -> None:
    with pytest.raises(BadMessage):
        from_body(_body({"step": step, "segment": segment}))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            f'{{"v": 1, "step": "assemble", "job": "{JOB_ID}", "segment": 3}}',
            Message(Step.ASSEMBLE, JOB_ID, 3),
        ),
        (f'{{"v": 1, "step": "finalize", "job": "{JOB_ID}"}}', Message(Step.FINALIZE, JOB_ID)),
        (f'{{"v": 1, "step": "plan", "job": "{JOB_ID}"}}', Message(Step.PLAN, JOB_ID)),
        (f'{{"v": 1, "step": "discard", "job": "{JOB_ID}"}}', Message(Step.DISCARD, JOB_ID)),
        (
            f'{{"v": 1, "step": "read", "job": "{JOB_ID}", "segment": 3, '
            '"reading": "0123456789abcdef"}',
            Message(Step.READ, JOB_ID, 3, "0123456789abcdef"),
        ),
    ],
)
def test_a_message_of_0_1_0_is_read_and_written_as_it_was(body: str, message: Message) -> None:
    assert from_body(body) == message
    assert message.plan is None
    assert message.to_body() == body


@pytest.mark.parametrize(
    "facts",
    [
        {"step": Step.ASSEMBLE},
        {"step": Step.PLAN, "number": 0},
        {"step": Step.READ, "number": 0},
        {"step": Step.ASSEMBLE, "number": 0, "reading": "0" * 16},
        {"step": Step.DISCARD, "plan": "0" * 16},
        {"step": Step.FINALIZE, "plan": "0" * 17},
    ],
)
def test_no_message_is_made_that_would_be_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="does not go with step"):
        Message(job_id=JOB_ID, **facts)


@given(messages)
def test_a_step_without_a_number_counts_as_the_first(message: Message) -> None:
    assert message.which == (message.number or 0)


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
