"""What the log says of files that were packed."""

from dataclasses import replace

from chalicelib import deflate
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting
from tests.integration.stack import Stack
from tests.unit.samples import Events


def test_a_pack_says_how_small_it_became_and_by_which_library(stack: Stack) -> None:
    lines = Events()
    stack.services = replace(stack.services, log=lines)
    stack.put_files({"a.txt": b"a" * 5000, "b.txt": b"b" * 1000})
    asked = ExportRequest(prefix="in/", compression="deflate")
    job_id = accepting.accept(stack.services, "ann", asked, None).job.job_id

    stack.run_queue()

    (facts,) = (facts for name, facts in lines.kept if name == "files packed")
    packed = facts.pop("packed")
    assert isinstance(packed, int)
    assert 0 < packed < 200
    assert facts == {"jobId": job_id, "files": 2, "bytes": 6000, "engine": deflate.ENGINE}
