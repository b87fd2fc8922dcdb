"""How many requests of each kind a small export makes. Each of them is money and time."""

from tests.archives import check_archive
from tests.integration.gateway import export, status
from tests.integration.stack import Stack
from tests.integration.wire import Requests

FILES = {"10001": b"one", "10002": b"two", "10003": b"three"}


def _asked(stack: Stack) -> str:
    for name, content in FILES.items():
        stack.put_file(f"downloads/{name}", content)
    return export(file_ids=[int(name) for name in FILES])


def test_a_post_asks_the_table_and_the_queue_alone(stack: Stack, requests: Requests) -> None:
    stack.configure(max_open_jobs_per_user=10)
    requests.clear()

    export(file_ids=[10001])

    made = requests.count()
    assert made["Query"] == made["PutItem"] == made["SendMessageBatch"] == 1
    assert made.keys() <= {"Query", "PutItem", "UpdateItem", "SendMessageBatch"}


def test_a_small_export_makes_no_request_too_many(stack: Stack, requests: Requests) -> None:
    job_id = _asked(stack)
    (record,) = stack.receive()
    requests.clear()

    assert stack.do_record(record)

    ours = {name: n for name, n in requests.count().items() if n}
    assert ours == {
        "ChangeMessageVisibility": 1,
        # The job's start, its plan, and its end.
        "UpdateItem": 3,
        # Whether there is an archive of these files already, and that there is one now.
        "GetItem": 1,
        "PutItem": 1,
        "HeadObject": len(FILES),
        "GetObject": len(FILES),
        "PutObject": 1,
        "CreateMultipartUpload": 1,
        "UploadPart": 1,
        "CompleteMultipartUpload": 1,
        "SendMessageBatch": 1,
    }
    check_archive(stack.archive(job_id), FILES)


def test_a_step_that_comes_again_reads_the_record_and_the_plan(
    stack: Stack, requests: Requests
) -> None:
    job_id = _asked(stack)
    (record,) = stack.receive()
    stack.services.jobs.start(job_id, stack.clock())
    requests.clear()

    assert stack.do_record(record)

    assert requests.count()["GetItem"] == 2
    assert status(job_id)["status"] == "completed"
