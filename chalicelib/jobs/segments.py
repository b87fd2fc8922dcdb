"""Which segments of a job are done, and in which upload a segment is built that is an object of its
own: a segment of a nested plan, or one of several archives.

Both are stored beside the job's record, which they would make too large. They belong to one plan: a
job that is planned again begins anew.
"""

from dataclasses import dataclass

from chalicelib.jobs import places
from chalicelib.jobs.attributes import key, of, text
from chalicelib.jobs.items import record_ttl
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.table import Table


@dataclass(frozen=True, slots=True)
class SegmentStore:
    """The segments of every job."""

    table: Table

    def done(self, job: Job, plan: PlanRef) -> frozenset[int]:
        """Returns the numbers of the segments that are done."""
        item = self.table.get(places.done_segments(job.home, plan.digest), "read the segments")
        return frozenset(int(number) for number in (item or {}).get("done", {"NS": []})["NS"])

    def add(self, job: Job, plan: PlanRef, segment: int) -> frozenset[int]:
        """Adds the segment to those that are done. A second time changes nothing. Returns all that
        are then done."""
        item = self.table.update(
            places.done_segments(job.home, plan.digest),
            "count a segment",
            "ADD done :segment SET #ttl = :ttl",
            {"segment": {"NS": [str(segment)]}, "ttl": of(record_ttl(job.expires_at))},
            names={"#ttl": "ttl"},
        )
        return frozenset(int(number) for number in (item or {})["done"]["NS"])

    def register_upload(self, job: Job, plan: PlanRef, segment: int, upload: str) -> str:
        """Registers `upload` for the segment, which is built in it as an object of its own. Returns
        the id of the upload to use: this one, or the one that another worker has registered
        before."""
        item = {
            **key(places.segment_upload(job.home, plan.digest, segment)),
            "uploadId": of(upload),
            "ttl": of(record_ttl(job.expires_at)),
        }
        if self.table.put_new(item, "register an upload"):
            return upload
        return self.upload(job, plan, segment) or upload

    def replace_upload(
        self, job: Job, plan: PlanRef, segment: int, gone: str, opened: str
    ) -> str | None:
        """Registers another upload in the place of one that is gone. Returns the id of the upload
        to use: this one, or the one that another worker has registered before. None: none is
        registered any more."""
        made, item = self.table.attempt(
            places.segment_upload(job.home, plan.digest, segment),
            "register an upload",
            "SET uploadId = :opened",
            {"opened": of(opened), "gone": of(gone)},
            condition="uploadId IN (:gone, :opened)",
        )
        return opened if made else text(item, "uploadId")

    def forget_done(self, home: str, plan_digest: str, now: int) -> None:
        """Forgets which segments of a plan are done."""
        place = places.done_segments(home, plan_digest)
        self.table.empty(place, "forget the segments", now // 1000)

    def forget_upload(self, home: str, plan_digest: str, segment: int, now: int) -> None:
        """Forgets the upload that is registered for a segment, if there is one."""
        place = places.segment_upload(home, plan_digest, segment)
        self.table.empty(place, "forget an upload", now // 1000)

    def upload(self, job: Job, plan: PlanRef, segment: int) -> str | None:
        """Returns the id of the upload that is registered for the segment; None if none is yet."""
        place = places.segment_upload(job.home, plan.digest, segment)
        item = self.table.get(place, "look for an upload")
        return text(item, "uploadId") if item else None
