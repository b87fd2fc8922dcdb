"""The errors that Lambda itself answers when the function could not, in Lambda's words.

Errors that the function raises are not here: the runtime in the process words those.
"""

import json
import signal


def timed_out(request_id: str, seconds: float) -> bytes:
    """Returns the error for a function that ran longer than it may."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return _error("Sandbox.Timedout", message)


def exited(request_id: str, code: int) -> bytes:
    """Returns the error for a process that ended before it answered."""
    return _error("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_reason(code)}")


def too_large(limit: int) -> bytes:
    """Returns the error for a function that returned more than Lambda passes on."""
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return _error("Function.ResponseSizeTooLarge", message)


def exit_reason(code: int) -> str:
    """Returns an exit code in words. A negative code is the signal that ended the process."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = (signal.strsignal(-code) or str(-code)).lower()
    return f"Runtime exited with error: signal: {name}"


def _error(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
