"""The one template, as it is made of the sources: what it takes, and what follows from what."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.archive import costs
from chalicelib.jobs.items import RECORD_GRACE_DAYS
from infra import config, environments, functions, interface, package, retention, template, tunables
from infra.alerts import spend
from infra.named_sources import Named, named, read

SIZE_MAX = 1_000_000
"""Bytes. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
PARAMETERS_MAX = 200

FUNCTIONS = [one.name for one in functions.FUNCTIONS]
SOURCES = '[{"name": "own"}, {"name": "scans", "bucket": "scans-of-somebody", "prefix": "a/"}]'


@pytest.fixture(scope="module")
def from_chalice(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return package.build(tmp_path_factory.mktemp("package")).template


@pytest.fixture(scope="module")
def made(from_chalice: dict[str, Any]) -> dict[str, Any]:
    return template.complete(from_chalice, architecture="arm64")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def test_it_is_within_the_limits_of_cloudformation(made: dict[str, Any]) -> None:
    assert len(template.text(made).encode()) < SIZE_MAX
    assert len(made["Parameters"]) <= PARAMETERS_MAX


def test_the_same_sources_give_the_same_text(
    from_chalice: dict[str, Any], made: dict[str, Any], tmp_path: Path
) -> None:
    again = package.build(tmp_path).template

    assert template.text(template.complete(again, architecture="arm64")) == template.text(made)
    assert str(tmp_path) not in template.text(made)


def test_only_the_codes_bucket_and_who_may_call_must_be_said(made: dict[str, Any]) -> None:
    required = {name for name, one in made["Parameters"].items() if "Default" not in one}

    assert required == {"Auth", "CodeBucket"}


def test_each_parameter_is_in_one_group_with_a_label(made: dict[str, Any]) -> None:
    shown = made["Metadata"][interface.KIND]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]

    assert sorted(grouped) == sorted(made["Parameters"])
    assert shown["ParameterLabels"].keys() == made["Parameters"].keys()


def test_each_parameter_says_what_it_is_and_what_it_takes(made: dict[str, Any]) -> None:
    for name, one in made["Parameters"].items():
        assert one["Description"].endswith((".", "…")), name
        bounds = {"AllowedPattern", "MinValue", "MaxLength"} & one.keys()
        assert not bounds or one["ConstraintDescription"].startswith("must "), name


def test_a_default_is_one_that_the_parameter_takes(made: dict[str, Any]) -> None:
    for name, one in made["Parameters"].items():
        default = str(one.get("Default", ""))
        if "Default" not in one:
            continue
        if "AllowedValues" in one:
            assert default in [str(value) for value in one["AllowedValues"]], name
        if "MinValue" in one:
            assert one["MinValue"] <= float(default) <= one.get("MaxValue", float("inf")), name
        assert re.fullmatch(one.get("AllowedPattern", "(?s).*"), default), name


def test_each_setting_reaches_all_functions(made: dict[str, Any]) -> None:
    of_all = made["Globals"]["Function"]["Environment"]["Variables"]

    for variable, parameter in tunables.PARAMETERS.items():
        assert of_all[variable] == {"Ref": parameter}
    for name in FUNCTIONS:
        own = made["Resources"][name]["Properties"].get("Environment", {}).get("Variables", {})
        assert not own.keys() & tunables.PARAMETERS.keys(), name


def test_nothing_goes_past_the_bound_of_the_worker(made: dict[str, Any]) -> None:
    worker = made["Resources"]["Worker"]["Properties"]["Environment"]["Variables"]
    itself = {"Fn::Sub": "${AWS::StackName}-Worker"}

    assert worker["WORKER_FUNCTION"] == {"Fn::If": ["BoundSteps", "", itself]}


def test_a_default_is_what_the_configuration_says(made: dict[str, Any]) -> None:
    for variable, value in config.settings_of("prod").items():
        assert made["Parameters"][tunables.PARAMETERS[variable]]["Default"] == value


@pytest.mark.parametrize("function", functions.FUNCTIONS, ids=FUNCTIONS)
def test_memory_and_timeout_of_a_function_are_parameters(
    made: dict[str, Any], function: functions.Function
) -> None:
    properties = made["Resources"][function.name]["Properties"]

    assert properties["MemorySize"] == {"Ref": function.memory}
    assert properties["Timeout"] == {"Ref": function.timeout}
    assert made["Parameters"][function.memory]["Default"] == config.memory()[function.name]


QUEUES = {
    "ExportQueue": "Worker",
    "AnnouncementQueue": "Announcer",
    "DeadLetterQueue": "DeadLetters",
    "TelemetryQueue": "Telemetry",
}


@pytest.mark.parametrize(("queue", "function"), QUEUES.items())
def test_a_queue_hides_a_message_for_six_times_the_largest_timeout(
    made: dict[str, Any], queue: str, function: str
) -> None:
    (timeout,) = [one.timeout for one in functions.FUNCTIONS if one.name == function]
    largest = made["Parameters"][timeout]["MaxValue"]

    assert made["Resources"][queue]["Properties"]["VisibilityTimeout"] >= 6 * largest


def test_the_api_answers_before_its_function_ends(made: dict[str, Any]) -> None:
    own = made["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    timeout = made["Parameters"]["ApiTimeout"]

    assert timeout["MinValue"] > int(own["ANSWER_WITHIN_SECONDS"])
    # API Gateway waits no longer.
    assert timeout["MaxValue"] == 29


def test_a_worker_keeps_freed_memory_in_few_heaps(made: dict[str, Any]) -> None:
    own = made["Resources"]["Worker"]["Properties"]["Environment"]["Variables"]

    assert own["MALLOC_ARENA_MAX"] == "2"


@pytest.mark.parametrize("days", [1, 7, retention.DAYS_MAX])
def test_s3_deletes_archives_a_day_and_requests_a_week_later(
    made: dict[str, Any], days: int
) -> None:
    bucket = made["Resources"]["ArchiveBucket"]["Properties"]
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}

    found = {}
    for name in retention.LATER:
        index, later = rules[name]["ExpirationInDays"]["Fn::Select"]
        assert index == {"Ref": "ArchiveTtlDays"}
        comma, text = later["Fn::Split"]
        found[name] = int(text.split(comma)[days])

    assert found == {"expire-archives": days + 1, "expire-requests": days + 1 + RECORD_GRACE_DAYS}
    assert made["Parameters"]["ArchiveTtlDays"]["MaxValue"] == retention.DAYS_MAX


@pytest.mark.parametrize("hold", [0, 2, 20])
def test_an_answer_is_slow_three_seconds_after_it_may_be_held(
    made: dict[str, Any], hold: int
) -> None:
    threshold = made["Resources"]["AnswersSlowAlarm"]["Properties"]["Threshold"]

    index, milliseconds = threshold["Fn::Select"]
    assert index == {"Ref": "ProgressHoldSeconds"}
    assert int(milliseconds[hold]) == (hold + 3) * 1000
    assert made["Parameters"]["ProgressHoldSeconds"]["MaxValue"] == len(milliseconds) - 1


def test_the_alarm_of_the_spend_counts_the_memory_and_days_of_the_parameters(
    made: dict[str, Any],
) -> None:
    properties = made["Resources"]["SpendHighAlarm"]["Properties"]
    (result,) = [one for one in properties["Metrics"] if "Expression" in one]
    expression = result["Expression"]["Fn::Sub"]

    named_in = set(re.findall(r"\$\{(\w+)\}", expression))
    assert named_in == {"WorkerMemory", "ApiMemory", "AnnouncerMemory", "ArchiveTtlDays"}
    # An hour of one worker and a gigabyte of archives, as the recording rules for Prometheus say.
    values = {"worker": 3_600_000.0, "copied": 1024.0**3}
    numbers = re.sub(r"\$\{(\w+)\}", lambda m: str(made["Parameters"][m[1]]["Default"]), expression)
    filled = re.sub(r"FILL\((\w+), 0\)", lambda m: str(values.get(m[1], 0.0)), numbers)
    assert re.fullmatch(r"[0-9.+*/() ]+", filled)
    dollars = eval(filled)  # noqa: S307 - numbers alone, as the line before says
    worker = 3600 * spend.memory_gb()["Worker"] * costs.LAMBDA_GB_SECOND
    archive = 1024**3 * (spend.COPIED_BYTE + spend.kept_byte(spend.archive_days()))
    assert dollars == pytest.approx(spend.HOURS / 24 * (worker + archive), rel=1e-4)


def test_the_functions_variables_fit_with_long_values(made: dict[str, Any]) -> None:
    """What is in the template alone takes half of the 4 KB. The rest is for what people name."""
    environments.check(made, {"SourceKeyTemplate": "k" * 512, "FileIdPattern": "p" * 255})


# -- several sources ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several() -> Named:
    found = named(read(SOURCES), {"SOURCE_PREFIX": "b/"})
    assert found
    return found


def test_a_template_for_several_sources_takes_no_others(
    from_chalice: dict[str, Any], several: Named
) -> None:
    made = template.complete(from_chalice, architecture="arm64", named=several)

    sources, prefix = made["Parameters"]["Sources"], made["Parameters"]["SourcePrefix"]
    assert sources["AllowedValues"] == [sources["Default"]] == [several.text]
    assert prefix["AllowedValues"] == [prefix["Default"]] == ["b/"]
    role = made["Resources"]["WorkerRole"]["Properties"]
    written = json.dumps(role)
    assert "scans-of-somebody" in written
    assert "/a/*" in written
    assert "/b/*" in written
    assert "Sources" in list(_texts(made["Metadata"][interface.KIND]["ParameterGroups"]))
