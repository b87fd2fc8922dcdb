"""Functions in host mode: what they get, what their callers get, and what they log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.localstack.deployment import Eventually, Stack

pytestmark = pytest.mark.localstack


def test_a_function_gets_its_settings(stack: Stack) -> None:
    told = stack.invoke("Probe", do="tell").payload

    assert told["memory"] == "256"
    assert told["setting"] == "first"
    assert told["region"] == "us-east-1"
    assert 0 < told["remaining_ms"] <= 20_000


def test_a_process_stays_for_the_next_invocation(stack: Stack) -> None:
    first = stack.invoke("Probe", do="tell").payload
    second = stack.invoke("Probe", do="tell").payload

    assert second["pid"] == first["pid"]
    assert second["calls"] == first["calls"] + 1


def test_an_exception_reaches_the_caller_in_lambdas_own_shape(stack: Stack) -> None:
    failed = stack.invoke("Probe", do="fail")

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "ValueError"
    assert failed.payload["errorMessage"] == "no such thing"
    assert failed.payload["requestId"]
    assert "in fail" in failed.payload["stackTrace"][-1]


def test_a_function_that_cannot_be_loaded_says_which_import_failed(
    stack: Stack, eventually: Eventually
) -> None:
    failed = stack.invoke("Broken")

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.ImportModuleError"
    assert "a_package_that_no_one_has" in failed.payload["errorMessage"]
    assert eventually(lambda: "INIT_REPORT" in stack.log("Broken"), within=10)


def test_a_function_that_runs_too_long_is_ended_and_the_next_invocation_works(
    stack: Stack, eventually: Eventually
) -> None:
    before = stack.invoke("Hasty", do="tell").payload
    failed = stack.invoke("Hasty", do="hang")
    after = stack.invoke("Hasty", do="tell").payload

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Sandbox.Timedout"
    assert failed.payload["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert after["pid"] != before["pid"]
    assert eventually(lambda: "Status: timeout" in stack.log("Hasty"), within=10)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"do": "leave", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"do": "leave", "code": 0}, "Runtime exited without providing a reason"),
        ({"do": "be_killed"}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_crash_is_an_error_and_the_next_invocation_works(
    stack: Stack, event: dict[str, Any], reason: str
) -> None:
    failed = stack.invoke("Probe", **event)
    after = stack.invoke("Probe", do="tell")

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Runtime.ExitError"
    assert failed.payload["errorMessage"].endswith(f"Error: {reason}")
    assert after.error is None


def test_a_result_that_is_too_long_is_an_error(stack: Stack) -> None:
    failed = stack.invoke("Probe", do="be_long", length=7_000_000)

    assert failed.payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_four_invocations_run_at_the_same_time(stack: Stack) -> None:
    with ThreadPoolExecutor(4) as callers:
        calls = [
            callers.submit(stack.invoke, "Probe", do="meet", place="here", count=4)
            for _ in range(4)
        ]
        pids = {call.result().payload for call in calls}

    assert len(pids) == 4


def test_the_log_group_has_what_lambda_and_the_function_wrote(
    stack: Stack, eventually: Eventually
) -> None:
    stack.invoke("Probe", do="tell", word="hello log")

    written = eventually(
        lambda: "telling hello log" in stack.log("Probe") and stack.log("Probe"), within=10
    )

    assert "START RequestId: " in written
    assert "END RequestId: " in written
    assert "Memory Size: 256 MB\tMax Memory Used: " in written
    assert "\tInit Duration: " in written


def test_an_exception_is_in_the_log_with_its_traceback(
    stack: Stack, eventually: Eventually
) -> None:
    stack.invoke("Probe", do="fail")

    assert eventually(lambda: "[ERROR] ValueError: no such thing" in stack.log("Probe"), within=10)


def test_a_function_finds_the_packages_of_aws_runtime(stack: Stack) -> None:
    assert stack.invoke("Probe", do="borrow", package="boto3").payload == "boto3"


def test_a_function_does_not_find_the_packages_of_the_developer(stack: Stack) -> None:
    failed = stack.invoke("Probe", do="borrow", package="pytest")

    assert failed.payload["errorType"] == "ModuleNotFoundError"


def test_an_update_of_the_stack_reaches_the_function(
    stack: Stack, redeploy: Callable[[str], dict[str, str]]
) -> None:

    redeploy("second")
    told = stack.invoke("Probe", do="tell").payload
    redeploy("first")

    assert told["setting"] == "second"
