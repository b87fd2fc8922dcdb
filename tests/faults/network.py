"""The network between a function and a service: requests take time, and go wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from tests.faults.kinds import OF_BODIES, OF_REQUESTS, Faults, Kind
from tests.faults.refusals import refused
from tests.faults.schedule import Death, Schedule
from tests.faults.stored import Body

PAUSE_MAX: Final = 280_000  # ms: a pause may outlast a lease and, with work, the function's timeout
LATE_MAX: Final = 120_000
_PARTS: Final = ("upload_part", "upload_part_copy")
_END: Final = ("complete_multipart_upload",)
_OTHERS: Final = ("put_object", "copy_object", "create_multipart_upload")
WRITES: Final = (_PARTS, _PARTS, _END, (*_PARTS, *_END, *_OTHERS))
"""Requests that are forbidden for a while in some runs. Jobs that make them then fail."""

_READS: Final = ("get_", "head_", "list_", "query", "batch_get")
_ENDPOINT: Final = "https://service.test"
_THROTTLED: Final = {
    "s3": ("SlowDown", 503),
    "sqs": ("ThrottlingException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "dynamodb": ("ThrottlingException", 400),
    "events": ("ThrottlingException", 400),
    "ses": ("Throttling", 400),
    "secretsmanager": ("ThrottlingException", 400),
    "webhooks": ("TooManyRequests", 429),
}


@dataclass(slots=True)
class Invocation:
    """One run of a function, from `begun` on. Lambda kills it at `deadline`. From `clock_off_from`
    on, its clock is wrong by `clock_off` ms. `faults` counts the faults of its requests. `heard`
    says of each job whose record it has read whether the job had ended."""

    name: str
    begun: int
    deadline: int
    clock_off: int = 0
    clock_off_from: int = 0
    faults: int = 0
    dead: bool = False
    heard: dict[str, bool] = field(default_factory=dict)


class Network:
    """Carries the requests. `latency` is the mean time of a request, one way, in ms. `before` is
    called just before a request has its effect, and `heard` with each answer that arrives."""

    def __init__(self, schedule: Schedule, faults: Faults, latency: float) -> None:
        self.requests = 0
        self.trace: list[str] | None = None
        self.before: Callable[[], None] = lambda: None
        self.heard: Callable[[Invocation, str, Any], None] = lambda *_: None
        self.invocations: dict[object, Invocation] = {}
        self._denied: Sequence[str] = ()
        self._denied_until = 0
        self._schedule = schedule
        self._faults = faults
        self._latency = latency

    def client(self, name: str, service: Any) -> "Client":
        return Client(self, name, service)

    @property
    def invocation(self) -> Invocation | None:
        """The invocation that makes requests just now; None: the test itself makes them."""
        return self.invocations.get(self._schedule.current)

    @property
    def since(self) -> int:
        """When the invocation has begun that makes requests just now, in ms."""
        return self.invocation.begun if self.invocation else self._schedule.now

    def log(self, text: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self._schedule.now / 1000 % 1_000_000:11.3f} {text}")

    def deny(self, operations: Sequence[str], until: int) -> None:
        """Forbids these requests until then."""
        self._denied, self._denied_until = operations, until

    def request(self, service: str, operation: str, work: Callable[[], Any]) -> Any:
        """Makes the request, unless a fault prevents it. Returns or raises the answer."""
        invocation = self.invocation
        if invocation is None:
            return work()
        self.requests += 1
        number = self.requests
        self._alive(invocation)
        kinds = OF_BODIES if operation == "get_object" else OF_REQUESTS
        kind = self._faults.strikes(*kinds, writing=not operation.startswith(_READS))
        invocation.faults += kind is not None
        said = f"{invocation.name} #{number} {service}.{operation}"
        self._pass(kind, Kind.PAUSED_BEFORE)
        self._alive(invocation)
        if kind is Kind.CRASH_BEFORE:
            self._crash(invocation, said)
        work = partial(_effect, work)
        if error := self._refused(service, operation, kind, work, said):
            self.log(f"{said}: {kind}")
            self._pass(kind, None)
            raise error
        self.before()
        result = work()
        self.log(f"{said} -> {_brief(result)}{f' ({kind})' if kind else ''}")
        if kind is Kind.RESENT:
            self._pass(kind, None)
            result = work()
            self.log(f"{said} again -> {_brief(result)}")
        self._pass(kind, Kind.PAUSED_AFTER)
        self._alive(invocation)
        if kind is Kind.CRASH_AFTER:
            self._crash(invocation, said)
        answer = self._answer(kind, operation, result)
        self.heard(invocation, operation, answer)
        return answer

    def _answer(self, kind: Kind | None, operation: str, result: Any) -> Any:
        if kind is Kind.LOST_ANSWER:
            raise ReadTimeoutError(endpoint_url=_ENDPOINT)
        if kind is Kind.ERROR_AFTER:
            raise refused(operation, "InternalError", 500)
        if isinstance(result, Exception):
            raise result
        if kind in (Kind.BODY_CUT, Kind.BODY_BROKEN):
            result["Body"] = BrokenBody(result["Body"], self._faults.random.random(), kind)
        return result

    def _refused(
        self, service: str, operation: str, kind: Kind | None, work: Callable[[], Any], said: str
    ) -> Exception | None:
        if operation in self._denied and self._schedule.now < self._denied_until:
            return refused(operation, "AccessDenied", 403)
        if kind is Kind.THROTTLED:
            return refused(operation, *_THROTTLED[service])
        if kind is Kind.SERVER_ERROR:
            return refused(operation, "InternalError", 500)
        if kind is Kind.NO_CONNECTION:
            return EndpointConnectionError(endpoint_url=_ENDPOINT)
        if kind is Kind.LATE:

            def arrive() -> None:
                result = work()
                self.log(f"{said} arrives late -> {_brief(result)}")

            due = self._schedule.now + self._faults.random.randrange(LATE_MAX)
            self._schedule.at(due, arrive)
            return ReadTimeoutError(endpoint_url=_ENDPOINT)
        return None

    def _pass(self, kind: Kind | None, paused: Kind | None) -> None:
        ms = int(self._faults.random.expovariate(1 / self._latency))
        if kind and kind is paused:
            ms += self._faults.random.randrange(PAUSE_MAX)
        self._schedule.sleep(ms)

    def _alive(self, invocation: Invocation) -> None:
        if self._schedule.now > invocation.deadline and not invocation.dead:
            invocation.dead = True
            self._faults.counts[Kind.TIMED_OUT] += 1
            self.log(f"{invocation.name} {Kind.TIMED_OUT}")
        if invocation.dead:
            raise Death

    def _crash(self, invocation: Invocation, said: str) -> None:
        self.log(f"{said}: crash")
        invocation.dead = True
        raise Death


class Client:
    """Stands for a botocore client."""

    def __init__(self, network: Network, name: str, service: Any) -> None:
        self._network = network
        self._name = name
        self._service = service
        self.exceptions = service.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        effect = getattr(self._service, operation)

        def request(**asked: Any) -> Any:
            if "Body" in asked:
                asked["Body"] = bytes(asked["Body"])  # the caller may change its buffer
            return self._network.request(self._name, operation, partial(effect, **asked))

        setattr(self, operation, request)
        return request


class BrokenBody:
    """A body that ends too early, with the error that botocore raises then."""

    def __init__(self, body: Body, share: float, kind: Kind) -> None:
        content = body.read()
        self._body = Body(content[: int(len(content) * share)])
        self._kind = kind

    def read(self, amt: int | None = None) -> bytes:
        chunk = self._body.read(amt)
        if not chunk or amt is None:
            if self._kind is Kind.BODY_BROKEN:
                raise ResponseStreamingError(error="connection lost")
            raise IncompleteReadError(actual_bytes=0, expected_bytes=1)
        return chunk

    def close(self) -> None:
        """Nobody need read it to its end."""


def _effect(work: Callable[[], Any]) -> Any:
    """Returns the service's answer, also if it is an error."""
    try:
        return work()
    except ClientError as error:
        return error


def _brief(result: Any) -> str:
    if isinstance(result, ClientError):
        return str(result.response["Error"]["Code"])
    return "done"
