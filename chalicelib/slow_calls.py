"""The slow calls to AWS that this process has made: what a step or a request has waited for.

A fast call costs two looks at the clock. A slow one is kept until somebody takes it. Calls of all
threads are kept together, so only a process that does one thing at a time can say whose they were.
"""

from threading import Lock
from time import monotonic, time_ns
from typing import Any, Final

clock: Final = monotonic
"""Seconds, by which calls are timed."""

SLOW_SECONDS: Final = 0.2
"""A call is slow if it takes at least this long, with the tries of botocore and the pauses between
them."""

MOST: Final = 8
"""How many calls are kept: the longest."""

_BEGUN: Final = "longhaul.begun"

_kept: list[tuple[int, int, str]] = []
"""(ms, Unix time in ms of the beginning, name) of each."""
_lock = Lock()


def keep(name: str, seconds: float) -> None:
    """Keeps a call that has just ended, if it is one of the longest. `name` is the service and the
    operation: "S3.UploadPartCopy"."""
    ms = round(seconds * 1000)
    call = ms, time_ns() // 1_000_000 - ms, name
    with _lock:
        _kept.append(call)
        if len(_kept) > MOST:
            _kept.remove(min(_kept))


def taken(at: int, ms: float) -> list[tuple[str, int, int]]:
    """Returns the slow calls of a span that begins `at` (Unix time in ms) and lasts `ms`: of each
    its name, its beginning in ms after `at`, and its length in ms. They are sorted by their
    beginning. What reaches beyond the span is cut off. Forgets all calls."""
    with _lock:
        found = sorted(_kept, key=lambda call: call[1])
        _kept.clear()
    calls = []
    for took, begun, name in found:
        start, end = max(begun - at, 0), min(begun + took - at, int(ms))
        if start < end:
            calls.append((name, start, end - start))
    return calls


def watch(client: Any) -> None:
    """Has the slow calls of this botocore client kept.

    The events are botocore's own, and come once for a call, however many tries it makes:
    https://docs.aws.amazon.com/boto3/latest/guide/events.html
    """
    events = client.meta.events
    events.register("before-call", _begun)
    events.register("after-call", _ended)
    events.register("after-call-error", _ended)


def _begun(model: Any, context: dict[str, Any], **_: Any) -> None:
    # Whatever is returned here would be taken for the answer.
    context[_BEGUN] = clock(), model


def _ended(context: dict[str, Any], **_: Any) -> None:
    begun, model = context[_BEGUN]
    took = clock() - begun
    if took >= SLOW_SECONDS:
        service = model.service_model.service_id.replace(" ", "")
        keep(f"{service}.{model.name}", took)
