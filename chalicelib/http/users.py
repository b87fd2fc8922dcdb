"""DELETE /v1/users/{userId}: erases a user. For the operators of a stack."""

from chalicelib.errors import invalid
from chalicelib.http import schemas
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.pipeline import erasing
from chalicelib.services import Services


def erase(call: Call, services: Services, user_id: str) -> Reply:
    """DELETE /v1/users/{userId}: deletes the user's jobs, as many as fit into one request. `more`
    in the answer says whether to ask again. Raises InvalidRequest, and what `erasing.erase_user`
    raises."""
    del call
    most = schemas.USER_MAX
    if not 1 <= len(user_id) <= most or not user_id.isprintable():
        raise invalid("userId", f"must have 1 to {most} characters, all of them printable")
    erased = erasing.erase_user(services, user_id)
    content = {"deletedJobs": erased.deleted_jobs, "more": erased.more}
    return Reply(200, content, uncached())
