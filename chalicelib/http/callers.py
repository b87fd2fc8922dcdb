"""Who calls, and where the API is as they see it."""

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.jobs.model import Job
from chalicelib.settings import Settings

Context = Mapping[str, Any]
"""API Gateway's `requestContext`."""


def caller(context: Context, claimed: str) -> str:
    """The user on whose behalf a request is made: the authorizer's principal if the stack has an
    authorizer, else who the request says (`user_id`)."""
    return _principal(context) or claimed


def check_owner(context: Context, job: Job) -> None:
    """Raises NotFound if an authorizer says that the job is another user's."""
    principal = _principal(context)
    if principal and principal != job.user_id:
        raise NotFound(f"there is no job {job.job_id}")


def _principal(context: Context) -> str | None:
    authorizer: Mapping[str, Any] = context.get("authorizer") or {}
    claims: Mapping[str, Any] = authorizer.get("claims") or {}
    principal = claims.get("sub") or authorizer.get("principalId")
    return str(principal) if principal else None


def base_url(context: Context, settings: Settings) -> str:
    """The API's URL up to and without the route, no slash at its end.

    The request tells it: its path begins with what a stage or a custom domain's mapping puts before
    the route. Emulators are reached under other hosts than they say, so there a template takes its
    place.
    """
    if settings.api_url_template:
        return settings.api_url_template.replace("{apiId}", context["apiId"]).replace(
            "{stage}", context["stage"]
        )
    depth = context["resourcePath"].rstrip("/").count("/")
    path = context["path"].rstrip("/")
    prefix = path.rsplit("/", depth)[0] if depth else path
    return f"https://{context['domainName']}{prefix}"
