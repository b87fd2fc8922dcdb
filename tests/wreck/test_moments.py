"""A moment matches only requests of its own job, so that no other worker is killed."""

from tests.e2e.sources import Source
from tests.wreck.asked import Asked
from tests.wreck.jobs import Job
from tests.wreck.moments import named

FILE = Source("downloads/10001", b"1", "a")
JOB = Job("the-job", [FILE], lambda: None, lambda: True)


def asked(method: str, target: str, body: bytes = b"") -> Asked:
    return Asked("s3", method, target, {}, body, ("127.0.0.1", 1))


def test_a_request_for_the_job_matches_the_moment() -> None:
    last = asked("PUT", "/archives/archives/the-job.zip?partNumber=5&uploadId=u")

    assert named("finalize, before UploadPart of partNumber=5").is_of(last, JOB)


def test_a_request_for_a_file_of_the_job_matches_the_moment() -> None:
    assert named("plan, before HeadObject").is_of(asked("HEAD", "/sources/downloads/10001"), JOB)


def test_a_request_of_another_job_with_the_same_file_does_not_match() -> None:
    manifest = b'{"files": [{"key": "downloads/10001"}]}'
    last = asked("PUT", "/archives/archives/other.zip?partNumber=5&uploadId=u", manifest)

    assert not named("finalize, before UploadPart of partNumber=5").is_of(last, JOB)


def test_a_longer_key_does_not_match() -> None:
    moment = named("plan, before HeadObject")

    assert not moment.is_of(asked("HEAD", "/sources/downloads/100010"), JOB)
