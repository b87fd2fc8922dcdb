"""A small export beside its floor: which rounds are compared, and what the floor makes."""

import pytest

from bench.measure import Usage
from bench.small import Round, Start, cold_ratio, ratio, stored
from bench.small_child import Floor


def test_a_ratio_is_that_of_the_middle_round() -> None:
    rounds = [
        Round(Usage(seconds=0.1), Usage(seconds=0.2), Usage(seconds=floor))
        for floor in (0.1, 0.2, 0.3)
    ]

    assert ratio(rounds) == pytest.approx(1.5)


def test_a_cold_start_is_compared_with_the_one_of_the_same_round() -> None:
    mine, bare = [Start(1.0, 0), Start(9.0, 0)], [Start(2.0, 0), Start(18.0, 0)]

    assert cold_ratio({"ours": mine, "chalice": bare}) == pytest.approx(0.5)


def test_the_floor_makes_requests_to_s3_and_dynamodb_alone() -> None:
    made = {"s3:GetObject": 2, "sqs:SendMessageBatch": 1, "dynamodb:GetItem": 1}

    assert stored(Usage(requests=made)) == {"dynamodb:GetItem": 1, "s3:GetObject": 2}


def test_the_floor_fails_if_it_does_not_know_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_TABLE", "jobs")
    monkeypatch.setenv("ARCHIVE_BUCKET", "archives")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    with pytest.raises(RuntimeError, match="s3:Unheard"):
        Floor()({"requests": {"s3:Unheard": 1}, "keys": [], "bucket": "b", "size": 1})
