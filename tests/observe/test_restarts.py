"""Whatever is killed, or down for a while: nothing is counted twice, and nothing is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from tests.observe.stage import SETTLED_SECONDS, Stage
from tests.observe.truth import Line
from tests.waiting import wait_for

KILLS = 10
AT_ONCE = 3
"""Jobs that are asked for at the same time, all the time."""


@contextmanager
def load(stage: Stage) -> Iterator[Callable[[], int]]:
    """Has jobs begin and end during the body. Yields a function that returns how many have ended
    so far. Fails if one of them does not complete."""
    over = Event()
    ended: list[str] = []

    def work() -> None:
        while not over.is_set():
            job_id = stage.client.export(file_ids=[stage.sources.put(b"load").file_id], fresh=True)
            stage.client.completed(job_id)
            ended.append(job_id)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        working = [pool.submit(work) for _ in range(AT_ONCE)]
        try:
            yield lambda: len(ended)
        finally:
            over.set()
        for one in working:
            one.result()


def test_the_shipper_is_killed_ten_times_and_counts_each_end_once(stage: Stage) -> None:
    with load(stage) as ended:
        for _ in range(KILLS):
            before = ended()
            wait_for(lambda: ended() > before, 30, "one more job")  # noqa: B023 - called at once
            stage.observe.kill()
            stage.observe.start()

    stage.settle()

    assert stage.ended() == stage.table.ended()
    assert stage.requests() == stage.client.sent
    accepted = stage.observe.metrics().value("export_jobs_accepted_total")
    assert accepted == len(stage.client.job_ids & {job.job_id for job in stage.table.jobs()})
    _all_have_arrived(stage)


def test_what_a_backend_misses_while_it_is_down_arrives_later(stage: Stage) -> None:
    stage.tap.stop()
    job_id = stage.client.export(file_ids=[stage.sources.put(b"unseen").file_id])
    stage.client.completed(job_id)
    stage.settle()
    waiting = stage.observe.metrics()
    root = stage.table.job(job_id).root_span
    assert root.span not in {span.span for span in stage.tap.spans()}

    stage.tap.start()

    assert waiting.total("telemetry_outbox_rows", signal="traces") > 0
    assert waiting.total("telemetry_outbox_rows", signal="logs") > 0
    _all_have_arrived(stage)
    assert root.span in {span.span for span in stage.tap.spans()}
    assert stage.observe.metrics().total("telemetry_dropped_total") == 0


def _all_have_arrived(stage: Stage) -> None:
    """Waits until each span and each line has come in. After a kill, some come once more: the
    receiver may have taken what the shipper could not write down any more."""
    wait_for(lambda: not _spans_missing(stage), SETTLED_SECONDS, "all spans", pause=0.5)
    wait_for(lambda: not _lines_missing(stage), SETTLED_SECONDS, "all lines", pause=0.5)


def _spans_missing(stage: Stage) -> set[tuple[object, object]]:
    wanted = {
        (line.facts["trace"], line.facts["span"])
        for line in stage.logs.lines()
        if "span" in line.facts
    }
    return wanted - {(span.trace, span.span) for span in stage.tap.spans()}


def _lines_missing(stage: Stage) -> set[tuple[object, ...]]:
    came = {(it.body, it.trace, it.span) for it in stage.tap.records()}
    return {_known(line) for line in stage.logs.lines()} - came


def _known(line: Line) -> tuple[object, ...]:
    facts = line.facts
    return line.event, facts.get("trace") or facts.get("job") or "", facts.get("span") or ""
