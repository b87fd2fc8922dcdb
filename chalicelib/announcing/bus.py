"""Tells the event bus (Amazon EventBridge) what has happened to a job."""

import json
from datetime import UTC, datetime
from typing import Final

from chalicelib.announcing import events
from chalicelib.aws import error_code, translated
from chalicelib.errors import Unavailable
from chalicelib.jobs.model import Job
from chalicelib.services import Services

_ACTION: Final = "tell the event bus"


def tell(job: Job, services: Services) -> None:
    """Tells the bus all that is untold of the job and that the settings want told, in its order.
    Raises Unavailable or AccessDenied; then some of it may have been told."""
    from botocore.exceptions import ClientError

    settings = services.settings
    wanted = [(event, at) for event, at in job.untold if event in settings.events]
    if not settings.event_bus or not wanted:
        return
    entries = [
        {
            "EventBusName": settings.event_bus,
            "Source": events.SOURCE,
            "DetailType": events.DETAIL_TYPE[event],
            "Time": datetime.fromtimestamp(at / 1000, UTC),
            "Detail": json.dumps(
                events.detail(
                    job, event, at, includes=settings.event_includes, base=settings.api_url
                ),
                ensure_ascii=False,
            ),
        }
        for event, at in wanted
    ]
    try:
        with translated(_ACTION):
            answer = services.events().put_events(Entries=entries)
    except ClientError as error:  # for example, the bus is gone: it may come back
        raise Unavailable(f"could not {_ACTION}: {error_code(error)}") from error
    if answer.get("FailedEntryCount"):
        codes = {str(one["ErrorCode"]) for one in answer["Entries"] if one.get("ErrorCode")}
        raise Unavailable(f"could not {_ACTION}: {', '.join(sorted(codes))}")
