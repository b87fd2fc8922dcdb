"""What requests and seconds of a function cost."""

import pytest

from bench.prices import lambda_dollars, request_dollars


def test_a_thousand_writes_to_s3_cost_half_a_cent() -> None:
    requests = {"s3:UploadPartCopy": 400, "s3:UploadPart": 300, "s3:ListParts": 300}

    assert request_dollars(requests) == pytest.approx(0.005)


def test_reads_from_s3_cost_less_and_deletes_cost_nothing() -> None:
    requests = {"s3:GetObject": 600, "s3:HeadObject": 400, "s3:DeleteObject": 9}

    assert request_dollars(requests) == pytest.approx(0.0004)


def test_requests_to_the_table_and_the_queue_cost_something() -> None:
    requests = {"dynamodb:UpdateItem": 1, "dynamodb:GetItem": 1, "sqs:SendMessageBatch": 1}

    assert request_dollars(requests) == pytest.approx((2 * 0.625 + 0.125 + 0.4) / 1e6)


def test_a_second_with_512_mb_costs_half_a_gigabyte_second() -> None:
    assert lambda_dollars(1, 512) == pytest.approx(0.0000166667 / 2)
