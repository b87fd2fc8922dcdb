"""GET /health: whether everything that a job needs can be reached."""

from collections.abc import Callable

from chalicelib.errors import RETRY_AFTER_SECONDS
from chalicelib.http.calls import Call, Reply
from chalicelib.services import Services


def health(_: Call, services: Services) -> Reply:
    """GET /health: 200 if all is well, 503 if a check fails.

    Of the sources, the default one alone counts. A load balancer takes a stack that is not healthy
    out of use, for all its users. If another source cannot be reached, the exports of that source
    fail, and their errors name it. Nor does this route, which is open, tell anybody the names of
    the sources.
    """

    def check(name: str, reach: Callable[[], object]) -> str:
        try:
            reach()
        except Exception:
            services.log.exception("health check failed", check=name)
            return "error"
        return "ok"

    def storage() -> None:
        services.source().check(services.settings.source().prefix)
        services.archive.check()

    reach: dict[str, Callable[[], object]] = {
        "storage": storage,
        "database": lambda: services.jobs.get("health"),
        "queue": services.queue.check,
    }
    # All at the same time: a service that does not answer takes most of the time that there is.
    with services.pools(len(reach)) as pool:
        checks = dict(zip(reach, pool.map(check, reach, reach.values()), strict=True))
    healthy = set(checks.values()) == {"ok"}
    content = {"status": "healthy" if healthy else "unhealthy", "checks": checks}
    headers = {"Cache-Control": "no-store"}
    if healthy:
        return Reply(200, content, headers)
    return Reply(503, content, {**headers, "Retry-After": RETRY_AFTER_SECONDS})
