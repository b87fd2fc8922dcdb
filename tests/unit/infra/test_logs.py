"""How log lines are printed for a person."""

import json

import pytest

from chalicelib.trace_ids import job_digest
from infra import logs
from infra.errors import InfraError

FUNCTIONS = {"APIHandler": "longhaul-api-1", "Worker": "longhaul-worker-2"}


def test_a_structured_line_is_shown_as_level_message_and_own_fields() -> None:
    line = json.dumps(
        {"level": "INFO", "message": "job.completed", "jobId": "j1", "service": "longhaul"}
    )

    assert logs.readable(line) == "INFO    job.completed jobId=j1"


@pytest.mark.parametrize("line", ["plain text", "17", '{"no": "message"}', "{half"])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert logs.readable(line) == line


def test_a_function_is_found_in_upper_and_lower_case() -> None:
    assert logs.chosen(FUNCTIONS, "worker") == {"Worker": "longhaul-worker-2"}


def test_without_a_name_all_functions_are_followed() -> None:
    assert logs.chosen(FUNCTIONS, None) == FUNCTIONS


def test_an_unknown_function_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(InfraError, match="APIHandler, Worker"):
        logs.chosen(FUNCTIONS, "nope")


def test_a_job_is_looked_for_by_the_digest_that_its_lines_have() -> None:
    job_id = "0b5f9a52-6a52-4f0e-9d57-2f3f6c1f7e10"

    assert logs.mark_of(job_id.upper()) == job_digest(job_id)


def test_the_trace_id_of_a_jobs_answers_is_taken_as_it_is() -> None:
    assert logs.mark_of("0123456789abcdef" * 2) == "0123456789abcdef" * 2


@pytest.mark.parametrize("wrong", ["", "17", "0123456789abcdef", "../" + "a" * 32])
def test_what_can_be_no_job_is_refused_with_its_value(wrong: str) -> None:
    with pytest.raises(InfraError, match="JOB must be") as refused:
        logs.mark_of(wrong)

    assert repr(wrong) in str(refused.value)
