"""Walks through the API: each answer gives what the next request needs.

The links of the OpenAPI document say what that is. So a walk makes a job, looks at it, shares it,
cancels it and retries it, in any order, and every answer is checked against the document.
(Schemathesis has such walks too. It leaves out operations whose parameters look like the ids of
something that no operation makes, and here that is `POST /v1/export`.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    multiple,
    rule,
    run_state_machine_as_test,
)
from schemathesis import Case as AnyCase
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup

from tests.fuzz.hooks import is_failure

Case = AnyCase[Any]

STEPS = 10
_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Learned:
    """What an answer has said of another operation: some of its parameters."""

    operation_id: str
    parameters: tuple[tuple[str, Any], ...]


class Api:
    """A deployed API, by its document. `sent` counts requests."""

    def __init__(self, url: str, config: str, headers: Mapping[str, str]) -> None:
        self.schema = schemathesis.openapi.from_url(
            f"{url}/openapi.json", config=SchemathesisConfig.from_path(config)
        )
        self.url = url
        self.headers = dict(headers)
        self.sent = 0
        self._places = {
            operation["operationId"]: (path, method)
            for path, methods in self.schema.raw_schema["paths"].items()
            for method, operation in methods.items()
            if method in _METHODS
        }

    def beginnings(self, *, linked: bool) -> st.SearchStrategy[Case]:
        """Returns requests that need nothing of an answer. `linked`: those whose answer leads on;
        else the others."""
        each = []
        for name, (path, method) in self._places.items():
            raw = self.schema.raw_schema["paths"][path][method]
            leads_on = any("links" in answer for answer in raw["responses"].values())
            if "{" in path or leads_on is not linked:
                continue
            each.append(self._operation(name).as_strategy())
            each += [
                st.builds(self._operation(name).Case, body=st.just(body), media_type=st.just(kind))
                for kind, body in self._examples(raw)
            ]
        return st.one_of(each)

    def following(self, learned: Learned) -> st.SearchStrategy[Case]:
        """Returns requests for which something was learned."""
        known = dict(learned.parameters)
        found: st.SearchStrategy[Case] = self._operation(learned.operation_id).as_strategy(
            path_parameters=known
        )
        return found

    def call(self, case: Case) -> Iterator[Learned]:
        """Sends a request and checks its answer. Yields what the answer says of other
        operations."""
        self.sent += 1
        answer = case.call(base_url=self.url, headers=self.headers)
        try:
            case.validate_response(answer, headers=self.headers)
        except FailureGroup as group:
            real = [one for one in group.exceptions if _counts(one, answer)]
            if real:
                asked = case.as_curl_command()
                raise AssertionError(
                    f"{asked}\n{answer.status_code} {answer.text}\n" + "\n".join(map(str, real))
                ) from group
        path, method = self._places[case.operation.definition.raw["operationId"]]
        told = self.schema.raw_schema["paths"][path][method]["responses"]
        for link in told.get(str(answer.status_code), {}).get("links", {}).values():
            parameters = {
                name: _value(expression, case, answer)
                for name, expression in link["parameters"].items()
            }
            yield Learned(link["operationId"], tuple(parameters.items()))

    def _operation(self, name: str) -> Any:
        path, method = self._places[name]
        return self.schema[path][method.upper()]

    def _examples(self, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        known = self.schema.raw_schema["components"]["schemas"]
        for kind, content in raw.get("requestBody", {}).get("content", {}).items():
            shapes = content["schema"].get("oneOf", [content["schema"]])
            for shape in shapes:
                for body in known[shape["$ref"].rpartition("/")[2]].get("examples", ()):
                    yield kind, body


def _counts(failure: Exception, answer: schemathesis.Response) -> bool:
    return not isinstance(failure, Failure) or is_failure(failure, answer)


def _value(expression: str, case: Case, answer: schemathesis.Response) -> Any:
    """Returns what a runtime expression means. Knows those that the document has.
    https://spec.openapis.org/oas/v3.1.0#runtime-expressions"""
    where, _, name = expression.partition("#/")
    if where == "$response.body":
        return answer.json()[name]
    return (case.path_parameters or {})[expression.removeprefix("$request.path.")]


def machine(api: Api) -> type[RuleBasedStateMachine]:
    """Returns the state machine whose runs are walks."""

    class Walk(RuleBasedStateMachine):
        learned = Bundle("learned")

        @rule(target=learned, case=api.beginnings(linked=True))
        def begin(self, case: Case) -> MultipleResults[Learned]:
            return multiple(*api.call(case))

        @rule(target=learned, case=learned.flatmap(api.following))
        def follow(self, case: Case) -> MultipleResults[Learned]:
            return multiple(*api.call(case))

        @rule(case=api.beginnings(linked=False))
        def elsewhere(self, case: Case) -> None:
            list(api.call(case))

    return Walk


def walk(api: Api, times: int, number: int) -> None:
    """Goes on that many walks. `number` is the seed. Raises what a check has found."""
    run_state_machine_as_test(
        seed(number)(machine(api)),
        settings=settings(
            max_examples=times,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to make a walk shorter may take hours
            suppress_health_check=list(HealthCheck),
        ),
    )
