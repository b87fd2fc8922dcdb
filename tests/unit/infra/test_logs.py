"""How log lines are printed for a person."""

import json

import pytest

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
