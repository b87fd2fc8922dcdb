"""A stack on which nothing runs by itself. Worker, announcer, sweeper and dead letters' handler act
in this process, each with the function's own code, settings and role. The layout of archives takes
little data, and the clock can be turned.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from botocore.config import Config

from chalicelib.archive.scale import SCALE
from chalicelib.jobs import items
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.limits import LIMITS
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Step
from chalicelib.services import Services, made
from chalicelib.settings import load
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.roles import Roles, environment
from tests.e2e.sources import Sources

UNIT = 1024**2 // 64
"""Stands for a MiB in the small layout."""

_SMALL = replace(
    LIMITS,
    batch_bytes=8 * UNIT,
    layout=replace(
        SCALE,
        min_part=SCALE.min_part // 64,
        stream_part=SCALE.stream_part // 64,
        copy_part=SCALE.copy_part // 64,
        copy_min=SCALE.copy_min // 64,
    ),
)

_S3 = Config(signature_version="s3v4", s3={"addressing_style": "path"})
_CLIENTS = {
    "dynamodb": None,
    "s3": _S3,
    "sqs": None,
    "logs": None,
    "secretsmanager": None,
    "events": None,
    "ses": None,
    "lambda": None,
}


@dataclass(frozen=True)
class Stage:
    """One stack on which nothing runs by itself, and who acts on it."""

    api: Api
    backstage: Backstage
    sources: Sources
    roles: Roles
    acting: dict[str, Services]
    """The services of a function, as its role reaches them."""
    logs: dict[str, Any]
    """CloudWatch Logs, as the role of a function reaches it."""
    secrets: dict[str, Any]
    """Secrets Manager, as the role of a function reaches it."""

    def run_queue(self, attempt: int = 1) -> list[Step]:
        """Does the step of each message in the queue as the worker. Returns the steps. Fails if one
        of them fails. `attempt` is how often each message is said to have been handed out."""
        url, done = self.backstage.outputs.queue_url, list[Step]()
        while received := self.backstage.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            for message in received:
                self.backstage.sqs.delete_message(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
                )
            for message in received:
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {
                        **message["Attributes"],
                        "ApproximateReceiveCount": str(attempt),
                    },
                }
                failed = handle([record], self.acting["Worker"])["batchItemFailures"]
                assert not failed, message["Body"]
                done += [step for step in Step if f'"{step}"' in message["Body"]]
        return done

    def job(self, job_id: str) -> Job:
        return items.to_job(self.backstage.record(job_id))

    def put(self, job: Job) -> None:
        self.backstage.put_record(items.from_job(job))

    def completed(self, *, attempt: int = 1, **asked: object) -> str:
        """Returns the id of a job that the worker has completed. `attempt`: as in `run_queue`."""
        job_id = self.api.export(**asked)
        self.run_queue(attempt)
        assert self.job(job_id).status is Status.COMPLETED
        return job_id

    def clear(self) -> None:
        """Empties the queues of what an errand that failed has left there."""
        outputs = self.backstage.outputs
        for url in (outputs.queue_url, outputs.announcement_queue_url):
            self.backstage.sqs.purge_queue(QueueUrl=url)

    def with_layout(self, **scale: Any) -> "Stage":
        """Returns the same stage with another layout of archives."""
        worker = self.acting["Worker"]
        layout = replace(worker.limits.layout, **scale)
        changed = replace(worker, limits=replace(worker.limits, layout=layout))
        return replace(self, acting={**self.acting, "Worker": changed})


def _itself(client: Any) -> Any:
    return client


@contextmanager
def staged(api: Api, backstage: Backstage) -> Iterator[Stage]:
    """Stops all that runs by itself. Yields the stage."""
    roles = Roles(backstage)
    roles.prepare()
    functions = backstage.session.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    events = backstage.session.client("events")
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])
    acting, logs, secrets = {}, {}, {}
    with ExitStack() as opened:
        for function in roles.functions:
            session: Any = roles.session(function)
            clients = [
                session.client(name, endpoint_url=backstage.outputs.endpoint_url, config=config)
                for name, config in _CLIENTS.items()
            ]
            for client in clients:
                opened.callback(client.close)
            dynamodb, s3, sqs, logs[function], secrets[function], bus, mail, functions_ = clients
            # No step goes to the deployed worker directly: it has a large layout.
            acting[function] = made(
                replace(load(environment(backstage, function)), worker_function=""),
                dynamodb=dynamodb,
                s3=s3,
                sqs=sqs,
                functions=partial(_itself, functions_),
                events=partial(_itself, bus),
                mail=partial(_itself, mail),
                limits=_SMALL,
            )
        yield Stage(api, backstage, Sources(backstage), roles, acting, logs, secrets)
