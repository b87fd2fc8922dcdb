"""What Schemathesis takes for a failure of the API, and is none."""

from typing import Any

import schemathesis
from schemathesis.core.failures import Failure

OPAQUE = {"archive", "cursor", "/selection", "/notify/url", "/notify/email", "/url", "/email"}
"""What only a server makes or knows (how many archives a job has), or what only its settings allow:
no schema tells a good one from a bad one."""

UNSAID = (
    *("bytes", "they are the same field", "cannot be the name of an archive"),
    "all of them printable",
    "is not for a",  # a compression that does not go with the format
)
"""Words of refusals that no schema foretells."""


@schemathesis.hook
def before_load_schema(_: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Has the body of a link sent as it is, as OpenAPI says. Schemathesis would mix it with one of
    its own, and a request that names files in two ways is refused. Schemathesis calls this."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                for link in answer.get("links", {}).values():
                    if "requestBody" in link:
                        link["x-schemathesis"] = {"merge_body": False}


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext,
    failure: Failure,
    case: schemathesis.Case[Any],
    response: schemathesis.Response,
) -> bool:
    """Returns whether it is a failure. Schemathesis calls it."""
    return is_failure(failure, response)


def is_failure(failure: Failure, response: schemathesis.Response) -> bool:
    """Returns False for what is none: the refusal of a cursor or a selection, as a forged one must
    be refused; of a receiver whom the stack does not allow; of a text with too many bytes, as JSON
    Schema counts characters; of a name of dots and spaces, or of a user's with what no screen
    shows; of a parameter in both spellings, as no schema has two of them; an event; a job that is
    there after a DELETE, which has only cancelled it."""
    if failure.title == "Deleted resource still available":
        return False  # tests/integration/test_delete.py checks what is gone after a 204
    if failure.title == "SSE event violates schema":
        return False  # OpenAPI 3.1 describes the stream, and not its events; tests/e2e checks them
    if failure.title != "Schema-valid request rejected" or response.status_code != 400:
        return True
    errors = response.json().get("errors", ())
    return not errors or not all(
        error["pointer"] in OPAQUE or any(words in error["detail"] for words in UNSAID)
        for error in errors
    )
