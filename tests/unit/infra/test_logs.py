"""Log lines as a person reads them."""

import json

import pytest

from infra import logs
from infra.errors import InfraError

FUNCTIONS = {"APIHandler": "longhaul-api-1", "Worker": "longhaul-worker-2"}


def test_a_structured_line_tells_its_level_message_and_own_fields() -> None:
    line = json.dumps(
        {"level": "INFO", "message": "job.completed", "jobId": "j1", "service": "longhaul"}
    )

    assert logs.readable(line) == "INFO    job.completed jobId=j1"


@pytest.mark.parametrize("line", ["plain text", "17", '{"no": "message"}', "{half"])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert logs.readable(line) == line


def test_a_function_is_found_whatever_the_case_of_its_name() -> None:
    assert logs.chosen(FUNCTIONS, "worker") == {"Worker": "longhaul-worker-2"}


def test_without_a_name_all_functions_are_followed() -> None:
    assert logs.chosen(FUNCTIONS, None) == FUNCTIONS


def test_an_unknown_function_is_refused_with_those_there_are() -> None:
    with pytest.raises(InfraError, match="APIHandler, Worker"):
        logs.chosen(FUNCTIONS, "nope")
