"""Does the least that a Lambda runtime must, so that the unit tests need no native package."""

import http.client
import importlib
import json
import os
import sys
from typing import Any


def call(method: str, path: str, body: object = None) -> tuple[dict[str, str], Any]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, f"/2018-06-01/runtime/{path}", json.dumps(body))
    answer = connection.getresponse()
    read = answer.read()
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        sys.exit(f"{path}: {answer.status}")
    return dict(answer.headers), json.loads(read)


def main() -> None:
    module, function = sys.argv[1].split(".")
    try:
        handler = getattr(importlib.import_module(module), function)
    except ImportError as error:
        call(
            "POST",
            "init/error",
            {"errorType": "Runtime.ImportModuleError", "errorMessage": f"{error}"},
        )
        sys.exit(1)
    while True:
        headers, event = call("GET", "invocation/next")
        request = headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            call("POST", f"invocation/{request}/response", handler(event, headers))
        except ValueError as error:
            told = {"errorType": "ValueError", "errorMessage": str(error)}
            call("POST", f"invocation/{request}/error", told)


if __name__ == "__main__":
    main()
