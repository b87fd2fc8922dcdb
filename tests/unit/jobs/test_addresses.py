"""Mail addresses that want no mail, and the links by which they say so."""

from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.jobs.addresses import KEPT_DAYS, AddressStore
from chalicelib.jobs.table import Table
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import DAY, NOW

ANN = "ann@example.com"


@pytest.fixture
def table() -> DynamoDB:
    return DynamoDB("jobs", lambda: NOW)


@pytest.fixture
def store(table: Any) -> AddressStore:
    return AddressStore(Table(table, "jobs"))


@pytest.fixture
def token(store: AddressStore) -> str:
    return store.known(ANN, "first", NOW).token


def item(table: DynamoDB, token: str) -> Any:
    place = f"address/{token.partition('.')[0]}"
    return table.get_item(TableName="jobs", Key={"jobId": {"S": place}})["Item"]


def test_an_address_keeps_its_token(store: AddressStore, token: str) -> None:
    assert token.endswith(".first")
    assert store.known(ANN, "second", NOW + DAY).token == token


@pytest.mark.parametrize("written", ["Ann@Example.com", " ann@example.com"])
def test_an_address_is_the_same_however_it_is_written(
    store: AddressStore, token: str, written: str
) -> None:
    assert store.known(written, "second", NOW).token == token


def test_another_address_has_another_token(store: AddressStore, token: str) -> None:
    other = store.known("bo@example.com", "first", NOW).token

    assert other.partition(".")[0] != token.partition(".")[0]


def test_the_table_does_not_hold_the_address(table: DynamoDB, token: str) -> None:
    assert "ann" not in str(item(table, token))


def test_a_token_opts_out_and_in_again(store: AddressStore, token: str) -> None:
    assert store.is_known(token) is False
    assert store.choose(token, NOW, opts_out=True)
    assert store.is_known(token) is True
    assert store.known(ANN, "second", NOW).is_opted_out
    assert store.choose(token, NOW, opts_out=False)
    assert store.is_known(token) is False
    assert not store.known(ANN, "second", NOW).is_opted_out


def test_a_choice_that_is_made_twice_stays(store: AddressStore, token: str) -> None:
    for _ in range(2):
        assert store.choose(token, NOW, opts_out=True)

    assert store.is_known(token) is True


def test_a_link_works_for_some_time_after_the_last_mail(
    store: AddressStore, table: DynamoDB, token: str
) -> None:
    later = NOW + 30 * DAY

    store.known(ANN, "second", later)

    assert item(table, token)["ttl"] == {"N": str((later + KEPT_DAYS * DAY) // 1000)}


def test_who_has_opted_out_is_kept_for_good_also_if_mail_is_asked_for(
    store: AddressStore, table: DynamoDB, token: str
) -> None:
    store.choose(token, NOW, opts_out=True)
    store.known(ANN, "second", NOW + DAY)

    assert "ttl" not in item(table, token)


def test_who_opts_in_again_is_forgotten_as_others_are(
    store: AddressStore, table: DynamoDB, token: str
) -> None:
    store.choose(token, NOW, opts_out=True)
    store.choose(token, NOW, opts_out=False)

    assert item(table, token)["ttl"] == {"N": str((NOW + KEPT_DAYS * DAY) // 1000)}


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        ".",
        "first",
        "{digest}",
        "{digest}.",
        "{digest}.wrong",
        "{digest}.first2",
        "{digest}.fir",
        "{digest}.first\n",
        "{digest}.f\u0131rst",
        "{upper}.first",
        f"{'0' * 32}.first",
        "../jobs",
        "{digest}\ud800.first",
        "{digest}." + "f" * 5000,
    ],
)
def test_a_wrong_token_is_of_no_address_and_changes_nothing(
    store: AddressStore, table: DynamoDB, token: str, wrong: str
) -> None:
    digest = token.partition(".")[0]
    wrong = wrong.format(digest=digest, upper=digest.upper())
    before = item(table, token)

    assert store.is_known(wrong) is None
    assert not store.choose(wrong, NOW, opts_out=True)
    assert item(table, token) == before


def test_an_address_that_another_writes_at_the_same_moment_has_that_ones_token(
    store: AddressStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, seen = Table.get, [None]

    def first_nothing(table: Table, item: str, action: str) -> Any:
        return seen.pop() if seen else get(table, item, action)

    store.known(ANN, "theirs", NOW)
    monkeypatch.setattr(Table, "get", first_nothing)

    assert store.known(ANN, "ours", NOW).token.endswith(".theirs")


def test_who_opts_out_while_mail_is_asked_for_gets_none(
    store: AddressStore, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, meanwhile = Table.get, [lambda: store.choose(token, NOW, opts_out=True)]

    def then_opted_out(table: Table, item: str, action: str) -> Any:
        found = get(table, item, action)
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(Table, "get", then_opted_out)

    assert store.known(ANN, "second", NOW).is_opted_out


def test_an_address_that_cannot_be_kept_is_looked_up_later(
    store: AddressStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "get", lambda *_: None)
    monkeypatch.setattr(Table, "put_new", lambda *_: False)

    with pytest.raises(Unavailable, match="look up an address"):
        store.known(ANN, "ours", NOW)
