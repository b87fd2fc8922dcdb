"""The hosts of webhooks, and the secret with the keys that sign what they get."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.outbound import Answer, NotReached
from chalicelib.receivers import Place
from tests.faults.audience import HOSTS, SECRET, Audience, Mood
from tests.faults.network import Network
from tests.faults.refusals import Exceptions, refused

PATIENCE: Final = 10_000  # ms; docs/webhooks.md says so

KEYS: Final = {name: "whsec_" + b64encode(name.encode() * 12).decode() for name in ("old", "new")}


@dataclass(frozen=True, slots=True)
class Post:
    """A webhook on its way to its receiver. `since` is when the invocation has begun that sent it,
    in ms. `mood` is what the receiver did with it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    since: int
    mood: Mood

    @property
    def is_taken(self) -> bool:
        return self.mood in (Mood.TAKES, Mood.SLOW)


class Receivers:
    """Stands for `outbound`. `came` is called with each webhook. `healed` says whether all is well
    from now on. `sleep` lets that many ms pass."""

    def __init__(
        self,
        network: Network,
        audience: Audience,
        random: Random,
        *,
        came: Callable[[Post], None],
        healed: Callable[[], bool],
        now: Callable[[], int],
        sleep: Callable[[int], None],
    ) -> None:
        self._network = network
        self._receivers = dict(zip(HOSTS, audience.receivers, strict=True))
        self._random = random
        self._came = came
        self._healed = healed
        self._now = now
        self._sleep = sleep
        self._begun = now()

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        """Returns the answer. Raises NotReached. The network's errors are a proxy's answers, or
        none."""
        take = partial(self._take, place, dict(headers), body, self._network.since)
        try:
            mood: Mood = self._network.request("webhooks", "post", take)
        except ClientError as error:
            return Answer(error.response["ResponseMetadata"]["HTTPStatusCode"])
        except BotoCoreError:
            raise NotReached("no answer came") from None
        return self._answer(mood)

    def _take(self, place: Place, headers: Mapping[str, str], body: bytes, since: int) -> Mood:
        mood = self._mood(place.host)
        url = f"{place.scheme}://{place.host}{place.target}"
        self._came(Post(url, headers, body, since, mood))
        return mood

    def _mood(self, host: str) -> Mood:
        receiver = self._receivers[host]
        if receiver.lasts is None:
            return receiver.mood
        is_over = self._healed() or self._now() > self._begun + receiver.lasts
        return Mood.TAKES if is_over else receiver.mood

    def _answer(self, mood: Mood) -> Answer:
        random = self._random
        match mood:
            case Mood.TAKES:
                return Answer(random.choice((200, 201, 202, 204)))
            case Mood.SLOW:
                wait = random.randrange(2 * PATIENCE)
                self._sleep(min(wait, PATIENCE))
                if wait > PATIENCE:
                    raise NotReached("no answer within 10 s")
                return Answer(HTTPStatus.OK)
            case Mood.FAILS:
                return Answer(random.choice((500, 500, 404, 429, 418, 599)))
            case Mood.BUSY:
                after = random.choice((None, 0, 3, 100, 4000, 10**12))
                return Answer(HTTPStatus.SERVICE_UNAVAILABLE, after)
            case Mood.REDIRECTS:
                return Answer(random.choice((301, 302, 307)))
            case Mood.GONE:
                return Answer(HTTPStatus.GONE)
            case Mood.DOWN:
                raise NotReached("no connection")
            case Mood.FORBIDDEN:
                raise NotReached("its address is not public", is_final=True)


class Secrets:
    """Secrets Manager in memory, with one secret."""

    exceptions = Exceptions

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:
        if SecretId != SECRET:
            raise refused("GetSecretValue", "ResourceNotFoundException", 400)
        return {"SecretString": json.dumps(KEYS)}
