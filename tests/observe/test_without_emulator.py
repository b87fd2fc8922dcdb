"""The emulator is stopped, and started again without all that it had: its stack, its jobs and its
logs. This comes last, as the stack of these tests is gone then."""

from contextlib import closing

from infra import ministack, stack, targets
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.observe.stage import SETTLED_SECONDS, Stage
from tests.observe.truth import Client
from tests.waiting import wait_for


def test_counters_go_on_after_the_emulator_was_started_anew(stage: Stage) -> None:
    stage.settle()
    before = stage.ended()
    state = stage.observe.state / "ministack"

    ministack.stop(state)
    target = targets.named("ministack")
    outputs = stack.up(target, state, target.usual_stack)
    with closing(Client(outputs.api_url)) as client:
        file = Sources(Backstage(outputs)).put(b"afterwards")
        client.completed(client.export(file_ids=[file.file_id]))

    def counted() -> bool:
        return stage.ended() == {**before, "completed": before["completed"] + 1}

    wait_for(counted, SETTLED_SECONDS, "one more job")
    sent = stage.client.sent + client.sent
    wait_for(lambda: stage.requests() == sent, SETTLED_SECONDS, f"a count of {sent}")
