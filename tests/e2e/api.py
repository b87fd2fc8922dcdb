"""The public HTTP API, as a client uses it. Checks each answer against the OpenAPI document."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.e2e.contract import JSON, Contract
from tests.waiting import wait_for

TIMEOUT_SECONDS = 120
"""Longer than a gateway waits: an emulator may have to start fifty functions on two cores."""

CALLERS_AT_ONCE = 64
OPEN = ("queued", "processing")


class Api:
    """One stack's API, at its base URL. Thread-safe."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CALLERS_AT_ONCE))
        self.contract = Contract(
            self._session.get(f"{base_url}/openapi.json", timeout=TIMEOUT_SECONDS).json()
        )

    def close(self) -> None:
        self._session.close()

    # -- any request ----------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str | bytes] | None = None,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content: object = None,
    ) -> requests.Response:
        """Sends one request, with `content` as JSON. Does not follow redirects."""
        if content is not None:
            body = json.dumps(content).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        answer = self._session.request(
            method,
            self.base_url + path,
            headers=headers,
            params=query,
            data=body,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )
        self.contract.check(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, content: object = None, **options: Any) -> requests.Response:
        return self.call("POST", path, content=content, **options)

    def delete(self, path: str) -> requests.Response:
        return self.call("DELETE", path)

    def cancel(self, job_id: str) -> requests.Response:
        """Cancels a job, and never deletes one."""
        return self.call("DELETE", f"/v1/export/{job_id}", query={"only": "open"})

    # -- exports --------------------------------------------------------------------------------

    def export(self, **asked: object) -> str:
        """Starts an export. Returns its job's id."""
        answer = self.post("/v1/export", asked)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])

    def job(self, job_id: str) -> JSON:
        """Returns the job as it is now."""
        answer = self.get(f"/v1/export/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self, job_id: str, within: float = 60) -> JSON:
        """Waits for the end of the job, in any way, and returns the job."""
        last: JSON = {}

        def look() -> bool:
            last.update(self.job(job_id))
            return last["status"] not in OPEN

        wait_for(look, within, f"the end of job {job_id}")
        return last

    def completed(self, job_id: str, within: float = 60) -> JSON:
        """Waits until the job has completed, and returns it. Fails if it ends in another way."""
        job = self.ended(job_id, within)
        assert job["status"] == "completed", job
        return job

    def jobs_of(self, user_id: str) -> Sequence[JSON]:
        """Returns the newest hundred jobs of a user."""
        query = {"userId": user_id, "limit": "100"}
        return list(self.get("/v1/export", query=query).json()["jobs"])

    def link(self, job_id: str) -> str:
        """Returns a new link to the archive."""
        answer = self.get(f"/v1/export/{job_id}/download")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["downloadUrl"])

    # -- links ----------------------------------------------------------------------------------

    def follow(self, link: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Returns S3's answer to a link."""
        return self._session.get(link, headers=headers, timeout=TIMEOUT_SECONDS)

    def archive(self, job_id: str) -> bytes:
        """Downloads the archive with a new link."""
        answer = self.follow(self.link(job_id))
        assert answer.status_code == 200, answer.text[:300]
        return answer.content
