"""Walks through the API: each answer gives what the next request needs.

The links of the OpenAPI document say what that is. So a walk makes a job, looks at it, shares it,
cancels it and retries it, in any order, and every answer is checked against the document.
(Schemathesis has such walks too. It leaves out operations whose parameters look like the ids of
something that no operation makes, and here that is `POST /v1/export`.)
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case as AnyCase
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup

from tests.fuzz.hooks import is_failure

Case = AnyCase[Any]
Step = tuple[Case, int]
"""A request, and a number: which of the known jobs it is for."""

STEPS = 12
_SHOWN = 500  # characters of an answer
_METHODS = ("get", "put", "post", "delete", "patch")


class Api:
    """A deployed API, by its document. `sent` counts requests."""

    def __init__(self, url: str, config: str, headers: Mapping[str, str]) -> None:
        self.schema = schemathesis.openapi.from_url(
            f"{url}/openapi.json", config=SchemathesisConfig.from_path(config)
        )
        self.url = url
        self.headers = dict(headers)
        self.sent = 0
        self._raw = {
            (path, method): operation
            for path, methods in self.schema.raw_schema["paths"].items()
            for method, operation in methods.items()
            if method in _METHODS
        }

    def beginnings(self) -> st.SearchStrategy[Case]:
        """Returns requests that need nothing of an answer, and whose own answer leads on."""
        return _any_of(
            self._cases(path, method)
            for (path, method), raw in self._raw.items()
            if "{" not in path and any("links" in answer for answer in raw["responses"].values())
        )

    def steps(self) -> st.SearchStrategy[list[Step]]:
        """Returns requests of any kind."""
        cases = _any_of(self._cases(path, method) for path, method in self._raw)
        return st.lists(st.tuples(cases, st.integers(0, 99)), min_size=STEPS // 2, max_size=STEPS)

    def walk(self, first: Case, steps: Sequence[Step]) -> None:
        """Sends the requests, and checks their answers. Leaves out those for which nothing is
        known."""
        known: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for case, number in [(first, 0), *steps]:
            name = case.operation.definition.raw["operationId"]
            if case.path_parameters:
                if not known[name]:
                    continue
                case.path_parameters |= known[name][number % len(known[name])]
            for link in self._call(case):
                known[link[0]].append(link[1])

    def _call(self, case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sends a request and checks its answer. Yields what the answer says of other
        operations."""
        self.sent += 1
        answer = case.call(base_url=self.url, headers=self.headers)
        try:
            case.validate_response(answer, headers=self.headers)
        except FailureGroup as group:
            real = [one for one in group.exceptions if _counts(one, answer)]
            if real:
                raise AssertionError(_told(case, answer, real)) from None
        told = case.operation.definition.raw["responses"].get(str(answer.status_code), {})
        for link in told.get("links", {}).values():
            parameters = {
                name: _value(expression, case, answer)
                for name, expression in link["parameters"].items()
            }
            yield link["operationId"], parameters

    def _cases(self, path: str, method: str) -> st.SearchStrategy[Case]:
        operation = self.schema[path][method.upper()]
        made: st.SearchStrategy[Case] = operation.as_strategy()
        examples = [
            st.builds(operation.Case, body=st.just(body), media_type=st.just(kind))
            for kind, body in self._examples(self._raw[path, method])
        ]
        return _any_of([made, *examples])

    def _examples(self, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yields the content type and the body of each example in the document."""
        known = self.schema.raw_schema["components"]["schemas"]
        for kind, content in raw.get("requestBody", {}).get("content", {}).items():
            for shape in content["schema"].get("oneOf", [content["schema"]]):
                examples = known[shape["$ref"].rpartition("/")[2]].get("examples", ())
                yield from ((kind, body) for body in examples)


def walk(api: Api, times: int, number: int) -> None:
    """Goes on that many walks. `number` is the seed. Raises what a check has found."""

    @seed(number)
    @settings(
        max_examples=times,
        phases=[Phase.generate],  # to make a walk shorter may take hours
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(first=api.beginnings(), steps=api.steps())
    def walks(first: Case, steps: list[Step]) -> None:
        api.walk(first, steps)

    walks()


def _any_of(each: Iterable[st.SearchStrategy[Case]]) -> st.SearchStrategy[Case]:
    return st.one_of(list(each))


def _counts(failure: Exception, answer: schemathesis.Response) -> bool:
    return not isinstance(failure, Failure) or is_failure(failure, answer)


def _told(case: Case, answer: schemathesis.Response, found: Sequence[Exception]) -> str:
    lines = [*map(str, found), case.as_curl_command(), f"headers: {case.headers}"]
    return "\n".join([*lines, f"{answer.status_code} {answer.text[:_SHOWN]}"])


def _value(expression: str, case: Case, answer: schemathesis.Response) -> Any:
    """Returns what a runtime expression means. Knows those that the document has.
    https://spec.openapis.org/oas/v3.1.0#runtime-expressions"""
    where, _, name = expression.partition("#/")
    if where == "$response.body":
        return answer.json()[name]
    return (case.path_parameters or {})[expression.removeprefix("$request.path.")]
