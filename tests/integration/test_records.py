"""A job's item stays so small that a poll costs one read unit, and a write two."""

from chalicelib.jobs.model import MISSING_INLINE
from tests.archives import noise
from tests.integration import cloud
from tests.integration.gateway import cancel, export
from tests.integration.stack import ITEM_MAX, UNIT, Stack
from tests.integration.wire import listening

LONGEST = {"user_id": "🙂" * 32, "filename": "🎉" * 62}
"""The longest texts that a caller may send, in characters of four bytes."""

ALL_EVENTS = ("accepted", "started", "ended")
"""Until they are told, the record holds the time of each."""

KEYS = [f"{number}/" + "k" * 1_000 for number in range(10)]


def test_the_store_writes_the_keys_and_the_ttl_of_the_template(stack: Stack) -> None:
    stack.configure(events=("accepted",))
    job_id = export(file_ids=[10001])
    table = cloud.resources()["JobsTable"]["Properties"]
    keys = {
        key["AttributeName"]
        for holder in (table, *table["GlobalSecondaryIndexes"])
        for key in holder["KeySchema"]
    }

    item = stack.item(job_id)

    assert keys <= item.keys()
    assert table["TimeToLiveSpecification"]["AttributeName"] in item


def test_a_record_outlives_its_archive_by_a_week(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"there")
    job_id = stack.completed(file_ids=[10001])

    ttl = int(stack.item(job_id)["ttl"]["N"])

    assert ttl == stack.clock() // 1000 + 14 * 24 * 3600


def test_an_item_stays_small_at_every_stage(stack: Stack, small_segments: None) -> None:
    stack.configure(events=ALL_EVENTS)
    for name in "ab":
        stack.put_file(name, noise(ord(name), 9 * UNIT))
    missing = [f"missing/{number:02}" for number in range(40)]
    sizes: list[int] = []

    def weigh(name: str, parameters: dict[str, object]) -> None:
        if name in ("PutItem", "UpdateItem") and "/segments" not in str(parameters):
            sizes.append(stack.item_size(job_ids[0]) if job_ids else 0)

    job_ids: list[str] = []
    with listening(weigh, after=True):
        job_ids.append(export(keys=["a", "b", *missing], filename="Quarterly report.zip"))
        stack.run_queue()

    assert stack.job(job_ids[0]).status == "completed"
    assert len(sizes) > 5
    assert max(sizes) < ITEM_MAX


def test_the_longest_names_leave_an_item_small(stack: Stack) -> None:
    stack.configure(events=ALL_EVENTS)
    # Each is fifteen bytes with quotes and comma. These are as many as the record takes.
    missing = [f"missing/{number:03}" for number in range(MISSING_INLINE // 15)]
    stack.put_file("there", b"there")
    job_id = export(keys=["there", *missing], **LONGEST)

    stack.run_steps()

    assert len(stack.job(job_id).untold) == len(ALL_EVENTS)
    assert "missing" in stack.item(job_id)
    assert stack.item_size(job_id) < ITEM_MAX


def test_a_failure_that_names_long_keys_leaves_an_item_small(stack: Stack) -> None:
    stack.configure(events=ALL_EVENTS)
    job_id = export(keys=KEYS, on_missing="fail")

    stack.run_steps()

    assert len(stack.job(job_id).untold) == len(ALL_EVENTS)
    assert stack.job(job_id).status == "failed"
    assert stack.item_size(job_id) < ITEM_MAX


def test_a_failure_that_names_a_long_prefix_leaves_an_item_small(stack: Stack) -> None:
    stack.configure(events=ALL_EVENTS)
    job_id = export(prefix="語" * 341, **LONGEST)

    stack.run_steps()

    assert len(stack.job(job_id).untold) == len(ALL_EVENTS)
    assert stack.job(job_id).status == "failed"
    assert stack.item_size(job_id) < ITEM_MAX


def test_a_cancelled_job_keeps_a_small_item(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    cancel(job_id)

    assert stack.item_size(job_id) < 700
