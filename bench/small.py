"""A small export beside its floor, and a cold start beside Chalice's: `python -m bench.small`.

An export of 20 files of 100 kB, in warm processes: the API's function takes the POST, the worker's
the message. The floor makes the same requests to S3 and DynamoDB, one after another, in one process
(bench/small_child.py). What is between the two functions is not counted: it is the platform's.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click
from botocore.exceptions import BotoCoreError, ClientError

from bench import ours, results, small_child
from bench.measure import Usage
from bench.place import Place, opened
from bench.processes import ContenderError, Running, running
from infra import stack
from infra.console import complain, step
from infra.errors import InfraError
from infra.paths import REPOSITORY, STATE

FILES: Final = 20
SIZE: Final = 100_000
GOAL: Final = 1.5
"""The most times the floor that POST to completed may take, warm."""
COLD_GOAL: Final = 1.25
"""The most times that a first request may take of what it takes with Chalice and one client."""
ROUNDS: Final = 30
QUICK_ROUNDS: Final = 5
_WARM_UP: Final = 3
"""The first rounds fill caches and open connections, and are not counted."""
_PREFIX: Final = "bench-small/"
_OF_THE_API: Final = {"ANSWER_WITHIN_SECONDS": "20"}
"""What only the API's function has in its environment (infra/resources.yaml)."""


@dataclass(frozen=True)
class Round:
    """One export: what the API's process and the worker's have used, and what the floor has."""

    post: Usage
    worker: Usage
    floor: Usage

    @property
    def seconds(self) -> float:
        """From the POST to the worker's end, without what is between the two."""
        return self.post.seconds + self.worker.seconds


@dataclass(frozen=True)
class Start:
    """A first request: seconds from the process's start to the answer, and CPU seconds."""

    seconds: float
    cpu: float


Starts = Mapping[str, Mapping[str, Sequence[Start]]]
"""The first requests, by request and contender."""


def put_files(place: Place) -> list[str]:
    """Puts the files into the source bucket. Returns their keys."""
    folder = f"{_PREFIX}{uuid4()}"
    keys = [f"{folder}/{n}.bin" for n in range(FILES)]
    for key in keys:
        # As most clients write them: S3 has a CRC-32 of each.
        bucket = place.outputs.source_bucket
        place.s3.put_object(
            Bucket=bucket, Key=key, Body=os.urandom(SIZE), ChecksumAlgorithm="CRC32"
        )
    return keys


def export(place: Place, asked: str, api: Running, worker: Running) -> tuple[Usage, Usage, str]:
    """Makes one export. Returns what both processes have used, and the job's id. Raises
    ContenderError if it does not complete."""
    answer, post = api.do(small_child.export_event(asked))
    if answer["statusCode"] != HTTPStatus.ACCEPTED:
        raise ContenderError(f"the POST was answered with {answer}")
    job_id, used = json.loads(answer["body"])["jobId"], Usage()
    while messages := ours.received(place):
        for event, receipt in messages:
            answered, usage = worker.do(event)
            if answered["batchItemFailures"]:
                raise ContenderError(f"a step of {job_id} failed")
            place.sqs.delete_message(QueueUrl=place.queue_url, ReceiptHandle=receipt)
            used += usage
    answer, _ = api.do(small_child.status_event(job_id))
    status = json.loads(answer["body"])["status"]
    if status != "completed":
        raise ContenderError(f"the job is {status}")
    return post, used, job_id


def warm(
    place: Place, keys: Sequence[str], environment: Mapping[str, str], rounds: int
) -> list[Round]:
    """Makes the exports. Returns all but the first few."""
    made: list[Round] = []
    asked: Any = {"keys": list(keys), "fresh": True}
    with (
        step("Warm") as note,
        running("bench.small_child:api", {**environment, **_OF_THE_API}) as api,
        running("bench.worker:worker", environment) as worker,
        running("bench.small_child:Floor", environment) as floor,
    ):
        for number in range(rounds + _WARM_UP):
            note(f"round {number + 1} of {rounds + _WARM_UP}")
            post, used, _ = export(place, json.dumps(asked), api, worker)
            same = stored(post + used)
            event: dict[str, Any] = {"requests": same, "keys": list(keys), "size": FILES * SIZE}
            event["bucket"] = place.outputs.source_bucket
            _, least = floor.do(event)
            if least.requests != same:
                raise ContenderError(f"the floor made {least.requests}, not {same}")
            made.append(Round(post, used, least))
    return made[_WARM_UP:]


def stored(usage: Usage) -> dict[str, int]:
    """Returns the requests to S3 and DynamoDB."""
    kinds = "s3:", "dynamodb:"
    return {kind: n for kind, n in sorted(usage.requests.items()) if kind.startswith(kinds)}


def first_request(
    contender: str, event: Mapping[str, Any], environment: Mapping[str, str]
) -> Start:
    """Starts a process that answers the event, and ends. Raises ContenderError."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench.small_child", contender],
        cwd=REPOSITORY,
        env={**environment, **_OF_THE_API},
        input=json.dumps(event) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ContenderError(f"{contender}: {done.stderr[-2000:]}")
    status, at, cpu = json.loads(done.stdout)
    if status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
        raise ContenderError(f"{contender} answered {status}: {done.stderr[-2000:]}")
    return Start(at - began, cpu)


def cold(
    job_id: str, keys: Sequence[str], environment: Mapping[str, str], rounds: int
) -> dict[str, dict[str, list[Start]]]:
    """Measures first requests, both contenders by turns."""
    events = {
        "GET": small_child.status_event(job_id),
        "POST": small_child.export_event(json.dumps({"keys": list(keys), "fresh": True})),
    }
    found: dict[str, dict[str, list[Start]]] = {}
    with step("Cold") as note:
        for number in range(rounds + 1):
            note(f"round {number + 1} of {rounds + 1}")
            for name, event in events.items():
                for contender in ("ours", "chalice"):
                    start = first_request(contender, event, environment)
                    if number:  # the first one writes the compiled modules
                        found.setdefault(name, {}).setdefault(contender, []).append(start)
    return found


def page(about: results.Circumstances, rounds: Sequence[Round], starts: Starts) -> str:
    """Returns the results as a page of Markdown."""
    last = rounds[-1]
    total = last.post + last.worker
    lines = [
        f"# A small export, {about.date}",
        "",
        *results.sentences(about),
        "",
        f"{FILES} files of {SIZE // 1000} kB, by their keys. Medians (least to most).",
        "",
        "| warm | ms | CPU ms |",
        "|---|---:|---:|",
        _row("POST, the API's function", [one.post for one in rounds]),
        _row("the worker's function", [one.worker for one in rounds]),
        _row("the floor: the same requests to S3 and DynamoDB", [one.floor for one in rounds]),
        "",
        f"POST to completed takes {ratio(rounds):.2f} times the floor; the goal is {GOAL:g}.",
        "",
        "| requests | POST | worker | both |",
        "|---|---:|---:|---:|",
        *(
            f"| {kind} | {last.post.requests.get(kind, 0)} "
            f"| {last.worker.requests.get(kind, 0)} | {count} |"
            for kind, count in sorted(total.requests.items())
        ),
        f"| all | {sum(last.post.requests.values())} | {sum(last.worker.requests.values())} "
        f"| {sum(total.requests.values())} |",
        "",
        "| first request of a process | ours ms | Chalice and one client ms | ratio | of CPU |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in starts.items():
        mine, bare = found["ours"], found["chalice"]
        lines.append(
            f"| {name} | {_spread([one.seconds for one in mine])} "
            f"| {_spread([one.seconds for one in bare])} | {cold_ratio(found):.2f} "
            f"| {_middle([o.cpu for o in mine]) / _middle([o.cpu for o in bare]):.2f} |"
        )
    lines += ["", f"The goal is {COLD_GOAL:g} times."]
    return "\n".join(lines) + "\n"


def ratio(rounds: Sequence[Round]) -> float:
    """Returns how many times the floor an export takes: the median of the rounds' own ratios."""
    return _middle([one.seconds / one.floor.seconds for one in rounds])


def cold_ratio(found: Mapping[str, Sequence[Start]]) -> float:
    """Returns how many times as long our first request takes."""
    pairs = zip(found["ours"], found["chalice"], strict=True)
    return _middle([mine.seconds / bare.seconds for mine, bare in pairs])


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def _row(title: str, usages: Sequence[Usage]) -> str:
    cpu = _spread([one.cpu for one in usages])
    return f"| {title} | {_spread([one.seconds for one in usages])} | {cpu} |"


def _spread(seconds: Sequence[float]) -> str:
    least, most = min(seconds) * 1000, max(seconds) * 1000
    return f"{_middle(seconds) * 1000:.0f} ({least:.0f} to {most:.0f})"


@contextmanager
def _place(state: Path) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yields a place on a stack of its own, and the environment of its processes. Nobody listens to
    its queues."""
    with stack.running(state) as outputs, opened("ministack", outputs) as place:
        name = f"longhaul-bench-announced-{uuid4()}"
        announced = place.sqs.create_queue(QueueName=name)["QueueUrl"]
        settings = {
            "ANNOUNCEMENT_QUEUE_URL": announced,
            "RATE_LIMIT_BURST": "6000",  # counted, and not refused
            "RATE_LIMIT_PER_MINUTE": "6000",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
        }
        yield place, {**place.environment, **settings}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Fewer rounds, and no page is written.")
def main(*, quick: bool) -> None:
    """Measures a small export beside its floor, and cold starts beside Chalice's."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    about = results.circumstances("ministack", rounds, 0, quick=quick)
    try:
        with _place(STATE / "bench" / "small") as (place, environment):
            keys = put_files(place)
            made = warm(place, keys, environment, rounds)
            with (
                running("bench.small_child:api", {**environment, **_OF_THE_API}) as api,
                running("bench.worker:worker", environment) as worker,
            ):
                _, _, job_id = export(place, json.dumps({"keys": keys}), api, worker)
            starts = cold(job_id, keys, environment, rounds)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    written = page(about, made, starts)
    if not quick:
        (results.RESULTS / "small.md").write_text(written)
    click.echo(written)
    missed = [name for name, found in starts.items() if cold_ratio(found) > COLD_GOAL]
    if ratio(made) > GOAL or missed:
        complain("a goal is missed")
        sys.exit(1)


if __name__ == "__main__":
    main()
