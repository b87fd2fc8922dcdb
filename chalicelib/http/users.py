"""DELETE /v1/users/{userId}: erases a user. For the operators of a stack."""

from urllib.parse import unquote

from chalicelib.errors import invalid
from chalicelib.http import schemas
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.pipeline import erasing
from chalicelib.services import Services


def erase(call: Call, services: Services, user_id: str) -> Reply:
    """DELETE /v1/users/{userId}: deletes the user's jobs, as many as fit into one request. `more`
    in the answer says whether to ask again. Raises InvalidRequest, and what `erasing.erase_user`
    raises.

    API Gateway passes a part of the path on as it came, so it is decoded here.
    """
    del call
    most = schemas.USER_MAX
    user = unquote(user_id, errors="surrogateescape")  # what is not UTF-8 is not printable then
    if not 1 <= len(user) <= most or not user.isprintable():
        raise invalid("userId", f"must have 1 to {most} characters, all of them printable")
    erased = erasing.erase_user(services, user)
    content = {"deletedJobs": erased.deleted_jobs, "more": erased.more}
    return Reply(200, content, uncached())
