"""Erases a user with the operator's own AWS credentials, as DELETE /v1/users/{userId} does."""

from typing import TYPE_CHECKING

from chalicelib.http.schemas import USER_MAX
from chalicelib.pipeline import erasing
from infra.console import Note
from infra.errors import InfraError
from infra.outputs import Outputs
from infra.redrive import services_of

if TYPE_CHECKING:
    import boto3


def erase(session: "boto3.Session", outputs: Outputs, user: str, note: Note) -> int:
    """Deletes all jobs of the user, with all that belongs to them. Returns how many.

    It may be repeated, also after it was cut off. Raises InfraError if nobody can have this id.
    """
    if not 1 <= len(user) <= USER_MAX or not user.isprintable():
        raise InfraError(
            f"A user's id has 1 to {USER_MAX} characters, all of them printable, not {user!r}"
        )
    services = services_of(session, outputs)
    deleted = 0
    while True:
        erased = erasing.erase_user(services, user)
        deleted += erased.deleted_jobs
        note(f"{deleted} {'job' if deleted == 1 else 'jobs'}")
        if not erased.more:
            return deleted
