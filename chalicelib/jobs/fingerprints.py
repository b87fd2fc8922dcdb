"""Which job built the newest archive of the same files.

What is recorded here is a hint. It may be old, or the job may have failed to complete right after
it was recorded. So the caller must look at that job and at its archive.
"""

from dataclasses import dataclass

from chalicelib.jobs import places
from chalicelib.jobs.attributes import key, of, text
from chalicelib.jobs.table import Table


@dataclass(frozen=True, slots=True)
class FingerprintStore:
    """The newest archive of each fingerprint (pipeline/reuse.py)."""

    table: Table

    def built_by(self, fingerprint: str) -> str | None:
        """Returns the id of the job that was recorded last; None if none was."""
        item = self.table.get(places.fingerprint(fingerprint), "look for a finished archive")
        return text(item, "maker") if item else None

    def record(self, fingerprint: str, job_id: str, expires_at: int) -> None:
        """Records that this job has built an archive. `expires_at` is when the archive expires, in
        Unix time in ms."""
        item = {
            **key(places.fingerprint(fingerprint)),
            "maker": of(job_id),
            "ttl": of(expires_at // 1000),
        }
        self.table.put(item, "record a finished archive")

    def forget(self, fingerprint: str, job_id: str, now: int) -> None:
        """Forgets that this job has built an archive. Changes nothing if another job has built a
        newer one."""
        self.table.update(
            places.fingerprint(fingerprint),
            "forget a finished archive",
            "SET #ttl = :now REMOVE maker",
            {"now": of(now // 1000), "job": of(job_id)},
            condition="maker = :job",
            names={"#ttl": "ttl"},
        )
