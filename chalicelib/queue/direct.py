"""Hands steps to workers without the queue, by asynchronous invocations of the worker's function.

Lambda invokes at once, where an event source adds five workers a second. It may also lose an event,
or deliver it twice or late. So whoever hands a step over directly must see to it that the step
comes again if nobody has done it (pipeline/sending.py).
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final

from chalicelib.aws import FunctionsClient, translated
from chalicelib.errors import LonghaulError, Unavailable
from chalicelib.pools import Pools
from chalicelib.queue.messages import Message

INVOKED_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Direct:
    """The way to the worker's function; empty: there is none, and no step goes this way. `client`
    makes Lambda's client. `now` returns Unix time in ms, `new_id` an id for each step."""

    client: Callable[[], FunctionsClient]
    function: str
    pools: Pools
    now: Callable[[], int]
    new_id: Callable[[], str]

    def send(self, messages: Sequence[Message]) -> list[Message]:
        """Has a worker do each of the steps. Returns those that Lambda has not taken: after the
        first refusal no others are tried. Raises nothing of a service."""
        refused = Event()

        def taken(message: Message) -> bool:
            if refused.is_set():
                return False
            try:
                self._invoke(message)
            except LonghaulError:
                refused.set()
                return False
            return True

        with self.pools(INVOKED_AT_ONCE) as pool:
            return [
                message
                for message, is_taken in zip(messages, pool.map(taken, messages), strict=True)
                if not is_taken
            ]

    def _invoke(self, message: Message) -> None:
        client = self.client()
        try:
            with translated("invoke a worker"):
                client.invoke(
                    FunctionName=self.function,
                    InvocationType="Event",
                    Payload=json.dumps(event(message, self.new_id(), self.now())).encode(),
                )
        except client.exceptions.ClientError as error:  # for example, there is no such function
            raise Unavailable("could not invoke a worker") from error


def event(message: Message, own_id: str, now: int) -> dict[str, object]:
    """Returns the event of a step that is handed over at `now` (Unix time in ms). It is like SQS's,
    but has no receipt."""
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": str(now)}
    return {"Records": [{"messageId": own_id, "body": message.to_body(), "attributes": attributes}]}
