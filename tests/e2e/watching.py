"""The network connection of an EventSource that watches a job. It can fail."""

from dataclasses import dataclass

import requests

from tests.e2e.api import TIMEOUT_SECONDS, Api
from tests.eventsource import ConnectionLost, Response


@dataclass
class Line:
    """Connects an EventSource to the events of a job.

    While `is_down`, no connection is possible. Only `cut_after` bytes of a body arrive (None: all).
    """

    api: Api
    job_id: str
    is_down: bool = False
    cut_after: int | None = None

    def __call__(self, headers: dict[str, str]) -> Response:
        if self.is_down:
            raise ConnectionLost
        url = f"{self.api.base_url}/v1/export/{self.job_id}/progress"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer:
            body = answer.raw.read(self.cut_after)
            return Response(answer.status_code, answer.headers.get("Content-Type", ""), body)
