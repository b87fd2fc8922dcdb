"""Who calls the API, and at which URL."""

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.jobs.model import Job, owner_mark
from chalicelib.settings import Settings

Context = Mapping[str, Any]
"""API Gateway's `requestContext`."""


def caller(context: Context, asserted: str) -> str:
    """Returns the user for whom the request is made: the authorizer's principal if the stack has an
    authorizer, else the user that the request asserts (`user_id`)."""
    return _principal(context) or asserted


def check_owner(context: Context, job: Job) -> None:
    """Raises NotFound if an authorizer says that the job is another user's."""
    principal = _principal(context)
    if principal and principal != job.user_id:
        raise NotFound(f"there is no job {job.job_id}")


def was_owner(context: Context, deleted: Job) -> bool:
    """Returns whether a deleted job was the caller's. If nobody says who calls, whoever knows the
    job's id may have it."""
    principal = _principal(context)
    return not principal or owner_mark(deleted.job_id, principal) == deleted.deleted_for


def _principal(context: Context) -> str | None:
    authorizer: Mapping[str, Any] = context.get("authorizer") or {}
    claims: Mapping[str, Any] = authorizer.get("claims") or {}
    principal = claims.get("sub") or authorizer.get("principalId")
    return str(principal) if principal else None


def base_url(context: Context, settings: Settings) -> str:
    """Returns the API's URL without the route, and without a slash at its end.

    It is taken from the request. Its path begins with what a stage or the mapping of a custom
    domain puts before the route. Emulators report another host than the one at which callers reach
    them, so there a template is used instead.
    """
    if settings.api_url_template:
        return settings.api_url_template.replace("{apiId}", context["apiId"]).replace(
            "{stage}", context["stage"]
        )
    depth = context["resourcePath"].rstrip("/").count("/")
    path = context["path"].rstrip("/")
    prefix = path.rsplit("/", depth)[0] if depth else path
    return f"https://{context['domainName']}{prefix}"
