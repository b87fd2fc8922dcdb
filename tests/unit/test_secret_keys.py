"""The keys of selections: read when they are needed, kept, and read again."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws import SecretsManager
from chalicelib.errors import Unavailable
from chalicelib.secret_keys import SecretKeys
from tests.clock import START, Clock
from tests.unit.samples import Events

FIRST = "first-key-" + "a" * 32
SECOND = "second-key-" + "b" * 32

DOWN = EndpointConnectionError(endpoint_url="https://secrets")


def _refusal(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # what is read of it
        "GetSecretValue",
    )


@dataclass
class Secrets:
    """Secrets Manager, with one secret."""

    value: Any
    asked: list[str] = field(default_factory=list)

    def get_secret_value(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked["SecretId"])
        if isinstance(self.value, Exception):
            raise self.value
        return {"SecretString": self.value}


@dataclass
class Bench:
    """The keys, Secrets Manager behind them, the time, and the log."""

    secrets: Secrets
    keys: SecretKeys
    clock: Clock
    log: Events

    def find(self, kid: str) -> bytes | None:
        return self.keys.find(kid, self.clock(), self.log)

    @property
    def reads(self) -> int:
        return len(self.secrets.asked)


def _bench(value: object) -> Bench:
    secrets = Secrets(value if isinstance(value, str | Exception) else json.dumps(value))

    def client() -> SecretsManager:
        return secrets

    return Bench(secrets, SecretKeys("longhaul/keys", client), Clock(START), Events())


def test_a_key_is_found_by_its_id() -> None:
    bench = _bench({"1": FIRST, "2": "ü" * 32})

    assert bench.find("1") == FIRST.encode()
    assert bench.find("2") == ("ü" * 32).encode()
    assert bench.secrets.asked == ["longhaul/keys"]


def test_nothing_is_read_before_a_key_is_looked_for() -> None:
    assert _bench({"1": FIRST}).reads == 0


def test_the_keys_are_kept_for_five_minutes() -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")

    bench.clock.advance(seconds=299)
    bench.find("1")
    assert bench.reads == 1

    bench.clock.advance(seconds=1)
    bench.find("1")
    assert bench.reads == 2


def test_a_new_key_is_found_at_once_if_the_last_read_is_old_enough() -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")
    bench.secrets.value = json.dumps({"1": FIRST, "2": SECOND})
    bench.clock.advance(seconds=30)

    assert bench.find("2") == SECOND.encode()


def test_unknown_ids_make_one_read_in_thirty_seconds() -> None:
    bench = _bench({"1": FIRST})
    for second in range(61):
        assert bench.find(f"made-up-{second}") is None
        bench.clock.advance(seconds=1)

    assert bench.reads == 3


def test_a_removed_key_is_not_found_after_five_minutes() -> None:
    bench = _bench({"1": FIRST, "2": SECOND})
    bench.find("1")
    bench.secrets.value = json.dumps({"2": SECOND})
    bench.clock.advance(seconds=300)

    assert bench.find("1") is None


@pytest.mark.parametrize("fault", [DOWN, _refusal("InternalServiceError", 500), "{", "[]"])
def test_the_old_keys_are_used_for_an_hour_while_none_can_be_read(fault: object) -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")
    bench.secrets.value = fault

    bench.clock.advance(seconds=3599)
    assert bench.find("1") == FIRST.encode()
    bench.clock.advance(seconds=1)
    with pytest.raises(Unavailable):
        bench.find("1")


def test_while_old_keys_are_used_a_read_is_tried_every_thirty_seconds() -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")
    bench.secrets.value = DOWN
    bench.clock.advance(seconds=300)
    for _ in range(60):
        bench.find("1")
        bench.clock.advance(seconds=1)

    assert bench.reads == 3


def test_without_any_keys_a_read_is_tried_every_five_seconds() -> None:
    bench = _bench(DOWN)
    for _ in range(10):
        with pytest.raises(Unavailable, match="could not read the keys of selections"):
            bench.find("1")
        bench.clock.advance(seconds=1)

    assert bench.reads == 2


def test_the_keys_are_back_when_secrets_manager_is() -> None:
    bench = _bench(DOWN)
    with pytest.raises(Unavailable):
        bench.find("1")
    bench.secrets.value = json.dumps({"1": FIRST})
    bench.clock.advance(seconds=5)

    assert bench.find("1") == FIRST.encode()


def test_a_clock_that_was_set_back_makes_a_read_and_no_harm() -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")
    bench.clock.advance(seconds=-7200)

    assert bench.find("1") == FIRST.encode()
    assert bench.reads == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "the secret must be a JSON object in which no name comes twice"),
        ('{"1": ', "the secret must be a JSON object in which no name comes twice"),
        ("[" * 100_000, "the secret must be a JSON object in which no name comes twice"),
        (f'{{"1": "{FIRST}", "1": "{SECOND}"}}', "no name comes twice"),
        ('{"1": NaN}', "the secret must be a JSON object"),
        ("[]", "the secret must be a JSON object with a key for each key id"),
        ("{}", "the secret must be a JSON object with a key for each key id"),
        (f'"{FIRST}"', "the secret must be a JSON object with a key for each key id"),
        ({"1": "x" * 31}, "key 1 must be a text of 32 characters or more"),
        ({"1": FIRST, "2": 5}, "key 2 must be a text of 32 characters or more"),
        ({"1": FIRST, "2": None}, "key 2 must be a text of 32 characters or more"),
        ({"1": "\ud800" * 32}, "key 1 holds half of a surrogate pair"),
        ({"": FIRST}, "key id 1 must have 1 to 64 printable ASCII characters"),
        ({FIRST * 2: "1"}, "key id 1 must have 1 to 64 printable ASCII characters"),
        ({FIRST: "1"}, "key 1 must be a text of 32 characters or more"),
        (_refusal("ResourceNotFoundException"), "could not read the secret: ResourceNotFound"),
        (_refusal("DecryptionFailure"), "could not read the secret: DecryptionFailure"),
        (_refusal("AccessDeniedException"), "not allowed to read the keys of selections"),
        (DOWN, "could not read the keys of selections: EndpointConnectionError"),
    ],
)
def test_what_is_wrong_is_in_the_log_and_no_part_of_a_key_anywhere(
    value: object, reason: str
) -> None:
    bench = _bench(value)

    with pytest.raises(Unavailable) as caught:
        bench.find("1")

    ((event, facts),) = bench.log.kept
    assert event == "keys not read"
    assert facts["secret"] == "longhaul/keys"
    assert reason in str(facts["reason"])
    told = f"{facts} {caught.value.detail} {caught.value.__cause__} {bench.keys!r}"
    assert "key-aa" not in told
    assert "key-bb" not in told


def test_a_binary_secret_is_refused() -> None:
    bench = _bench({"1": FIRST})
    bench.secrets.get_secret_value = lambda **_: {"SecretBinary": FIRST.encode()}  # type: ignore[method-assign]  # its answer

    with pytest.raises(Unavailable):
        bench.find("1")

    assert "binary" in str(bench.log.kept)


def test_keys_do_not_show_in_a_representation() -> None:
    bench = _bench({"1": FIRST})
    bench.find("1")

    assert FIRST not in repr(bench.keys)


def test_requests_at_the_same_time_all_find_the_first_keys() -> None:
    bench = _bench({"1": FIRST})
    together = Barrier(8)
    answer = bench.secrets.get_secret_value

    def slow(**asked: str) -> dict[str, Any]:
        together.wait(timeout=10)
        return answer(**asked)

    bench.secrets.get_secret_value = slow  # type: ignore[method-assign]  # its answer
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bench.find("1"), range(8)))

    assert found == [FIRST.encode()] * 8


def test_all_keys_come_in_the_order_of_the_secret_and_are_kept() -> None:
    bench = _bench({"2": SECOND, "1": FIRST})

    found = [bench.keys.all(bench.clock(), bench.log) for _ in "12"]

    assert [list(keys.values()) for keys in found] == [[SECOND.encode(), FIRST.encode()]] * 2
    assert bench.reads == 1


def test_all_keys_are_used_for_an_hour_while_the_secret_cannot_be_read() -> None:
    bench = _bench({"1": FIRST})
    bench.keys.all(bench.clock(), bench.log)
    bench.secrets.value = EndpointConnectionError(endpoint_url="https://secrets")

    bench.clock.advance(seconds=3599)
    assert bench.keys.all(bench.clock(), bench.log) == {"1": FIRST.encode()}
    bench.clock.advance(seconds=1)
    with pytest.raises(Unavailable):
        bench.keys.all(bench.clock(), bench.log)


def test_what_the_keys_are_for_is_said_when_they_cannot_be_read() -> None:
    bench = _bench("no JSON")
    bench.keys.of = "webhooks"

    with pytest.raises(Unavailable, match="could not read the keys of webhooks"):
        bench.keys.all(bench.clock(), bench.log)

    ((_, facts),) = bench.log.kept
    assert facts["of"] == "webhooks"
