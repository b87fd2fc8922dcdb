"""Makes LocalStack work on several messages of a queue at a time, as AWS does.

Its own poller calls the function with one batch, waits for the answer, and only then fetches the
next. So what a stack does in parallel would run one after another, and no race would ever show.
"""

# LocalStack's packages are not installed where mypy runs, and have no types where they are.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

from typing import Any

from localstack.runtime import hooks
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

from .parallel import in_parallel

AWS_FIRST_CONCURRENCY = 5
"""How many concurrent invocations AWS begins with on a queue, if nothing else is set."""

_own_get_esm_worker = EsmWorkerFactory.get_esm_worker


@hooks.on_infra_start()
def poll_queues_in_parallel() -> None:
    """Replaces LocalStack's way of making a queue's worker with ours."""
    EsmWorkerFactory.get_esm_worker = _get_esm_worker


def _get_esm_worker(factory: EsmWorkerFactory) -> EsmWorker:
    worker = _own_get_esm_worker(factory)
    poller = worker.poller
    # The order of a FIFO queue's messages must be kept.
    if isinstance(poller, SqsPoller) and not poller.source_arn.endswith(".fifo"):
        poller.handle_messages = in_parallel(
            poller.handle_messages, limit=_concurrency(worker.esm_config)
        )
    return worker


def _concurrency(settings: dict[str, Any]) -> int:
    scaling = settings.get("ScalingConfig") or {}
    return int(scaling.get("MaximumConcurrency") or AWS_FIRST_CONCURRENCY)
