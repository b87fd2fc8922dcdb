"""Checks every answer against the OpenAPI document that the stack serves."""

import json
import re
from typing import Any

import requests
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.eventsource import parsed

JSON = dict[str, Any]

PROBLEM_TYPE = "application/problem+json"
EVENT_STREAM_TYPE = "text/event-stream"
_JOB = {"$ref": "#/components/schemas/Job"}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


class Contract:
    """The OpenAPI document of a stack, and the check of its answers."""

    def __init__(self, document: JSON) -> None:
        self.document = document
        self._paths = [
            (re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path)))), path)
            for path in document["paths"]
        ]

    def check(self, method: str, path: str, response: requests.Response) -> None:
        """Fails if the document does not allow this answer to this request."""
        operation = self._operation(method, path)
        if operation is None:
            if method not in ("HEAD", "OPTIONS"):
                self._check_body(response, {PROBLEM_TYPE: {"schema": _PROBLEM}})
            return
        allowed = operation["responses"].get(str(response.status_code))
        if allowed is None:
            assert not response.ok, f"{method} {path} may not answer {response.status_code}"
            allowed = operation["responses"].get("default")
            assert allowed, f"{method} {path} may not answer {response.status_code}"
        if operation["operationId"] != "openapi":  # the document itself
            self._check_body(response, allowed.get("content", {}))

    def _operation(self, method: str, path: str) -> JSON | None:
        bare = path.partition("?")[0]
        for pattern, name in self._paths:
            if pattern.fullmatch(bare):
                operation: JSON | None = self.document["paths"][name].get(method.lower())
                return operation
        return None

    def _check_body(self, response: requests.Response, content: JSON) -> None:
        if not content:
            assert not response.content, f"a body where there should be none: {response.text[:200]}"
            return
        kind = response.headers["Content-Type"].partition(";")[0]
        assert kind in content, f"{kind} instead of {', '.join(content)}: {response.text[:200]}"
        if kind == EVENT_STREAM_TYPE:
            for message in parsed(response.content):
                self._check_content(json.loads(message.data), _JOB)
        else:
            self._check_content(response.json(), content[kind]["schema"])

    def _check_content(self, content: object, schema: JSON) -> None:
        whole = {**schema, "components": self.document["components"]}
        validator = OAS31Validator(whole, format_checker=oas31_format_checker)
        wrong = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(content)]
        assert not wrong, f"the answer does not match the document: {wrong}"
