"""Walks through the API: each answer gives what the next request needs.

The links of the OpenAPI document say what that is, and Schemathesis follows them. So a walk finds a
file, makes a job of it, looks at it, shares it, cancels it and retries it, in any order, and every
answer is checked against the document. No id is known before.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky, FlakyStrategyDefinition
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput

from tests.fuzz.hooks import is_failure

Case = schemathesis.Case[Any]

STEPS = 16
_RUN = 10
"""Walks of one run, and no more runs than `_RUNS` for one seed."""
_RUNS = 1_000
_SHOWN = 500  # characters of an answer


class Api:
    """A deployed API, by its document. `sent` counts requests, `walks` walks. `reached` are the
    operations that have succeeded with what a link said."""

    def __init__(self, url: str, config: str, headers: Mapping[str, str]) -> None:
        self.schema = schemathesis.openapi.from_url(
            f"{url}/openapi.json", config=SchemathesisConfig.from_path(config)
        )
        self.url = url
        self.headers = dict(headers)
        self.sent = self.walks = 0
        self.reached: set[str] = set()

    def linked(self) -> set[str]:
        """Returns the ids of the operations that a link leads to."""
        return {
            link["operationId"]
            for methods in self.schema.raw_schema["paths"].values()
            for operation in methods.values()
            for answer in operation["responses"].values()
            for link in answer.get("links", {}).values()
        }

    def took(self, step: StepInput, output: StepOutput) -> None:
        """Counts a request that was answered."""
        self.sent += 1
        if step.transition and step.is_applied and output.response.status_code < 400:
            self.reached.add(output.case.operation.definition.raw["operationId"])


def walk(api: Api, times: int, number: int) -> None:
    """Goes on that many walks. `number` is the seed. Raises what a check has found.

    Hypothesis wants that the same choices lead to the same answers, and stops where they do not.
    An API keeps what was done before. So there are many short runs, each with a seed of its own.
    """
    machine = _machine(api)
    for more in range(times):
        if api.walks >= times:
            break
        seed(number * _RUNS + more)(machine)
        with suppress(Flaky, FlakyStrategyDefinition):
            machine.run(
                settings=settings(
                    max_examples=min(_RUN, times - api.walks),
                    stateful_step_count=STEPS,
                    phases=[Phase.generate],  # to make a walk shorter may take hours
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                )
            )


def _machine(api: Api) -> Any:
    """Returns the class of walks."""
    machine: type[Any] = api.schema.as_state_machine()

    class Walk(machine):  # type: ignore[misc] # made at run time
        """One walk."""

        def setup(self) -> None:
            api.walks += 1

        def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - Schemathesis names it so
            if input.transition is None and _is_good(input.case):
                # A walk begins with what there is, and not with what nobody has named.
                input.case.query = {}
            output: StepOutput = super().step(input)
            api.took(input, output)
            return output

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            del case
            return {"base_url": api.url, "headers": api.headers}

        def validate_response(
            self, response: schemathesis.Response, case: Case, **more: Any
        ) -> None:
            try:
                super().validate_response(response, case, **more)
            except FailureGroup as group:
                real = [one for one in group.exceptions if _counts(one, response)]
                if real:
                    raise AssertionError(_told(case, response, real)) from None

    return Walk


def _is_good(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _counts(failure: Exception, answer: schemathesis.Response) -> bool:
    return not isinstance(failure, Failure) or is_failure(failure, answer)


def _told(case: Case, answer: schemathesis.Response, found: Sequence[Exception]) -> str:
    lines = [*map(str, found), case.as_curl_command(), f"headers: {case.headers}"]
    return "\n".join([*lines, f"{answer.status_code} {answer.text[:_SHOWN]}"])
