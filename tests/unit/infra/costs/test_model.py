"""A month's bill agrees with what the bench counted, with its parts, and with the README."""

import json
import re
from typing import Any

import pytest

from bench import prices as counted
from chalicelib.archive import costs
from chalicelib.archive.scale import SEGMENT_SECONDS
from infra.alerts import spend, watching
from infra.costs import written
from infra.costs.formula import names, value
from infra.costs.model import INPUTS, LINES, QUANTITIES, month
from infra.costs.prices import PRICES
from infra.paths import REPOSITORY

QUIET = {"exports": 0.0, "alarms": 0.0}
BENCHED = {
    "large": {"files": 20, "megabytes": 1000, "largeFiles": 100, "largeBytes": 100},
    "small": {"files": 1000, "megabytes": 100, "largeFiles": 0, "largeBytes": 0},
}
"""The bench's cases (bench/cases.py), as somebody would tell them to the calculator."""

NOBODY = {"exports": 1.0, "watchers": 0.0, "downloads": 0.0, "alarms": 0.0}


def _requests(case: str, service: str) -> dict[str, int]:
    """The requests that the bench has counted for one export."""
    runs = json.loads((REPOSITORY / "bench" / "results" / "ministack.json").read_text())["runs"]
    run: dict[str, Any] = next(
        run for run in runs if (run["case"], run["contender"]) == (case, "longhaul")
    )
    return {k: n for k, n in run["usage"]["requests"].items() if k.startswith(service)}


@pytest.mark.parametrize("case", BENCHED)
def test_requests_to_s3_cost_what_the_bench_counted(case: str) -> None:
    expected = counted.request_dollars(_requests(case, "s3:"))

    assert month({**NOBODY, **BENCHED[case]})["s3"] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("case", BENCHED)
def test_the_table_costs_what_the_bench_counted(case: str) -> None:
    # The API writes a token bucket and the day's bytes besides.
    expected = counted.request_dollars(_requests(case, "dynamodb:")) + 2 * costs.TABLE_WRITE
    queue = 9 * costs.SQS_REQUEST  # three messages, which the bench sends itself

    assert month({**NOBODY, **BENCHED[case]})["table"] - queue == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("work", [0.1, 2.8, 2.9, 15.0, 100.0, 3000.0, 1e5])
def test_a_job_has_as_many_segments_as_the_planner_makes(work: float) -> None:
    known, formulas = {"work": work}, dict(QUANTITIES)
    known["segment"] = value(formulas["segment"], known)

    planned = work / min(costs.segment_seconds(work), SEGMENT_SECONDS)
    assert value(formulas["segments"], known) == pytest.approx(planned)


def test_a_quiet_month_costs_what_the_readme_says() -> None:
    said = " ".join((REPOSITORY / "README.md").read_text().split())
    assert re.search(r"about a dollar a month while nobody exports", said)
    assert re.search(r"alarms and dashboard up to seven more", said)

    assert round(month(QUIET)["total"]) == 1
    more = month({**QUIET, "alarms": 1})["total"] - month(QUIET)["total"]
    assert 6 < more <= 7


def test_watching_costs_what_the_table_of_operations_says() -> None:
    jobs = 1_000_000
    parts = {cost.part.partition(":")[0]: cost.dollars[0] for cost in watching.of([jobs])[:3]}
    taken, kept = (cost.dollars[0] for cost in watching.of([jobs])[3:5])

    bill = month({"exports": jobs})

    assert bill["watching"] == pytest.approx(sum(parts.values()))
    assert bill["logs"] == pytest.approx(taken + kept)


def test_kept_archives_cost_what_the_alert_of_spend_counts() -> None:
    bill = month({"exports": 1, "megabytes": 1000, "archiveDays": 30})

    assert bill["archives"] == pytest.approx(1e9 * spend.kept_byte(30))


def test_a_month_of_megabytes_to_the_internet_is_mostly_that() -> None:
    bill = month({"exports": 1000, "megabytes": 1000, "downloads": 1})

    assert max(bill, key=lambda line: bill[line] if line != "total" else 0) == "egress"
    assert bill["egress"] == pytest.approx(1000 * 1e9 / 1024**3 * 0.09)


def test_downloads_within_aws_cost_no_egress() -> None:
    assert month({"internet": 0})["egress"] == 0


def test_egress_gets_cheaper_by_tiers() -> None:
    sent = 160 * 1024 * 1024**3 / 1e6
    bill = month({"exports": 1, "files": 1, "megabytes": sent})

    expected = 1024 * (10 * 0.09 + 40 * 0.085 + 100 * 0.07 + 10 * 0.05)
    assert bill["egress"] == pytest.approx(expected)


def test_without_large_files_all_bytes_go_through_a_worker() -> None:
    bill = {"files": 100, "largeFiles": 0}

    assert month({**bill, "largeBytes": 95}) == month({**bill, "largeBytes": 0})


@pytest.mark.parametrize("name", [one.id for one in INPUTS if "large" not in one.id])
def test_more_of_it_never_costs_less(name: str) -> None:
    # A large file is copied by S3 and a small one is not: more of those may be cheaper.
    [given] = [one for one in INPUTS if one.id == name]
    lots = min(given.most, max(20 * given.value, 1))

    assert month({name: lots})["total"] > month({name: given.value / 2})["total"]


def test_each_price_and_each_choice_changes_the_bill() -> None:
    everything = {one.id: 2.0 for one in INPUTS if not one.is_choice}
    everything |= {"alarms": 1.0, "canary": 1.0, "megabytes": 1e9, "files": 1e4, "internet": 100.0}
    before = month(everything)["total"]

    for price in PRICES:
        assert month({**everything, price.id: 2 * price.dollars})["total"] > before, price.id
    for one in INPUTS:
        other = 0.0 if one.is_choice else 3 * everything[one.id]
        assert month({**everything, one.id: other})["total"] != before, one.id


def test_each_formula_knows_its_names() -> None:
    known = {one.id for one in (*INPUTS, *PRICES)}
    for name, formula in QUANTITIES:
        assert names(formula) <= known, name
        known.add(name)
    for line in LINES:
        assert names(line.dollars) <= known, line.id


def test_a_name_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError, match="exprots"):
        month({"exprots": 3})
    with pytest.raises(KeyError):
        value(["%", 1, 2], {})


def test_each_price_says_where_it_is_from() -> None:
    for price in PRICES:
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.source.endswith("/pricing/") or "/pricing/" in price.source


def test_the_committed_json_is_that_of_the_model() -> None:
    assert written.COMMITTED.read_text() == written.written(), "run: python -m infra.costs.written"
