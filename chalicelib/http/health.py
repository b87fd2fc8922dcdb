"""GET /health: whether everything that a job needs can be reached."""

from collections.abc import Callable

from chalicelib.http.exports import Reply
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators


def health(stack: Collaborators) -> Reply:
    """200 if all is well, 503 if a check fails."""

    def storage() -> None:
        stack.source.check()
        stack.archive.check()

    checks = {
        "storage": _check("storage", storage),
        "database": _check("database", lambda: stack.jobs.get("health")),
        "queue": _check("queue", stack.queue.check),
    }
    healthy = set(checks.values()) == {"ok"}
    content = {"status": "healthy" if healthy else "unhealthy", "checks": checks}
    return Reply(200 if healthy else 503, content, {"Cache-Control": "no-store"})


def _check(name: str, reach: Callable[[], object]) -> str:
    try:
        reach()
    except Exception:  # noqa: BLE001 - any failure is the answer
        logger().exception("health check failed", extra={"check": name})
        return "error"
    return "ok"
