"""GET /health: whether everything that a job needs can be reached."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from chalicelib.errors import RETRY_AFTER_SECONDS
from chalicelib.http.exports import Reply
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators


def health(stack: Collaborators) -> Reply:
    """200 if all is well, 503 if a check fails."""

    def storage() -> None:
        stack.source.check()
        stack.archive.check()

    reach: dict[str, Callable[[], object]] = {
        "storage": storage,
        "database": lambda: stack.jobs.get("health"),
        "queue": stack.queue.check,
    }
    # At the same time: one that does not answer takes most of the time that there is.
    with ThreadPoolExecutor(len(reach)) as pool:
        checks = dict(zip(reach, pool.map(_check, reach, reach.values()), strict=True))
    healthy = set(checks.values()) == {"ok"}
    content = {"status": "healthy" if healthy else "unhealthy", "checks": checks}
    headers = {"Cache-Control": "no-store"}
    if healthy:
        return Reply(200, content, headers)
    return Reply(503, content, {**headers, "Retry-After": RETRY_AFTER_SECONDS})


def _check(name: str, reach: Callable[[], object]) -> str:
    try:
        reach()
    except Exception:  # noqa: BLE001 - any failure is the answer
        logger().exception("health check failed", extra={"check": name})
        return "error"
    return "ok"
