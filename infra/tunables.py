"""The functions' settings as parameters of the template: all that .chalice/config.json may set.

A setting's default is what the file says. Its bounds are those of chalicelib/settings.py, so what
the functions would refuse when they start is refused before anything is deployed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import settings
from chalicelib.archive.costs import DIRECT_SEGMENTS
from infra import retention

Json = dict[str, Any]


@dataclass(frozen=True)
class Tunable:
    """A setting: its variable, its parameter, and what the parameter takes.

    `rule` is the part of the parameter's definition that bounds it, and `must` says it in words.
    `usual` is the default of the functions themselves, for what .chalice/config.json does not set.
    """

    variable: str
    parameter: str
    usual: str
    rule: Mapping[str, Any]
    must: str
    about: str

    def definition(self) -> Json:
        """Returns the parameter's definition in the template."""
        return {
            "Type": "Number" if "MinValue" in self.rule else "String",
            "Default": self.usual,
            **self.rule,
            "ConstraintDescription": f"must be {self.must}",
            "Description": self.about,
        }


def _number(variable: str, usual: int, low: int, high: int, about: str) -> Tunable:
    return Tunable(
        variable=variable,
        parameter=_camel_case(variable),
        usual=str(usual),
        rule={"MinValue": low, "MaxValue": high},
        must=f"a whole number from {low} to {high}",
        about=about,
    )


def _text(  # noqa: PLR0913, PLR0917 - a row of the table below
    variable: str, parameter: str, usual: str, rule: Mapping[str, Any], must: str, about: str
) -> Tunable:
    return Tunable(variable, parameter, usual, rule, must, about)


def _camel_case(variable: str) -> str:
    return "".join(part.capitalize() for part in variable.split("_"))


_LITERAL: Final = r"(\{\{|\}\}|[^{}])*"
_KEY: Final = rf"({_LITERAL}\{{file_id(![rs])?(:[^{{}}]{{1,9}})?\}})+{_LITERAL}"
_NAME_RULE: Final = f"({'|'.join(settings.NAME_RULES)})"

TUNABLES: Final = (
    _text(
        "SOURCE_KEY_TEMPLATE",
        "SourceKeyTemplate",
        "downloads/{file_id}",
        {"AllowedPattern": _KEY, "MaxLength": 512},
        "a key with {file_id} in it, such as downloads/{file_id}",
        "The key of the source file with an id.",
    ),
    _text(
        "FILE_ID_PATTERN",
        "FileIdPattern",
        "",
        {"MaxLength": settings.ID_PATTERN_MAX},
        f"a regular expression of at most {settings.ID_PATTERN_MAX} characters",
        "What a file's id looks like - a regular expression. Empty - a whole number.",
    ),
    _text(
        "NAMES_FROM",
        "NamesFrom",
        settings.NAME_RULES[0],
        {"AllowedPattern": f"{_NAME_RULE}( *, *{_NAME_RULE}){{0,2}}"},
        f"a list of {', '.join(settings.NAME_RULES)}, each once, with commas between",
        "Where the name of a file comes from that is asked for by its id.",
    ),
    _number(
        "ARCHIVE_TTL_DAYS",
        7,
        1,
        retention.DAYS_MAX,
        "Days that an archive is kept. A day later, S3 deletes what is left of it; a week after "
        "that, the job's request.",
    ),
    _number(
        "LINK_TTL_SECONDS",
        900,
        1,
        settings.LINK_TTL_MAX,
        "Seconds that a download's link lives. It lives no longer than the archive, nor than the "
        "credentials of the function that signs it.",
    ),
    _number(
        "MAX_BODY_BYTES", 2 * 1024**2, 1024, 4 * 1024**2, "The largest body of a request, in bytes."
    ),
    _number(
        "PROGRESS_HOLD_SECONDS",
        2,
        0,
        settings.HOLD_MAX,
        "Seconds that a request may be held until something changes.",
    ),
    _number(
        "PROGRESS_RETRY_SECONDS",
        1,
        1,
        60,
        "The longest pause between two looks of a page that watches, in seconds.",
    ),
    _number(
        "MAX_OPEN_JOBS_PER_USER",
        settings.OPEN_JOBS_MAX,
        0,
        settings.OPEN_JOBS_MAX,
        "Exports that a user may have queued or processing. 0 - no limit.",
    ),
    _number(
        "RATE_LIMIT_PER_MINUTE",
        120,
        0,
        settings.RATE_MAX,
        "Requests that a user may make in a minute. 0 - no limit.",
    ),
    _number("RATE_LIMIT_BURST", 60, 1, settings.RATE_MAX, "How many of them at once."),
    _number("MAX_FILES_PER_JOB", 0, 0, settings.FILES_MAX, "Files of an export. 0 - no limit."),
    _number(
        "MAX_BYTES_PER_JOB",
        0,
        0,
        settings.BYTES_MAX,
        "Bytes of the files of an export. 0 - no limit.",
    ),
    _number(
        "MAX_BYTES_PER_USER_PER_DAY",
        0,
        0,
        settings.BYTES_MAX,
        "Bytes of the files that a user may export on a day, in UTC. 0 - no limit.",
    ),
    _number(
        "JWT_LEEWAY_SECONDS",
        60,
        0,
        settings.JWT_LEEWAY_MAX,
        "Seconds that the clocks of the tokens' issuer and of the stack may differ.",
    ),
    _number(
        "SHARE_MAX_DAYS",
        7,
        1,
        settings.SHARE_DAYS_MAX,
        "Days that a share link may live at most.",
    ),
    _number(
        "CHANGES_MAX",
        3,
        0,
        settings.CHANGES_MAX,
        "How often a job is planned again because a source file has changed or cannot be read.",
    ),
    _number(
        "LOOK_UP_MAX",
        200,
        0,
        settings.LOOK_UP_MAX,
        "The files of prefixes are looked up one by one if there are at most this many.",
    ),
    _number(
        "CHECKSUM_DAYS",
        90,
        0,
        settings.CHECKSUM_DAYS_MAX,
        "Days that the CRC-32 of a large file is kept for later jobs. 0 - not at all.",
    ),
    _number(
        "DIRECT_SEGMENTS",
        DIRECT_SEGMENTS,
        0,
        settings.DIRECT_SEGMENTS_MAX,
        "How many segments of a job go to workers directly, not through the queue. 0 - none, as "
        "with WorkerConcurrency or ProvisionedPollers.",
    ),
    _text(
        "FAST_PATH",
        "FastPath",
        "yes",
        {"AllowedValues": ["yes", "no"]},
        "yes or no",
        "no - botocore makes every request to S3, DynamoDB and SQS.",
    ),
    _text(
        "POWERTOOLS_LOG_LEVEL",
        "LogLevel",
        "INFO",
        {"AllowedValues": ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]},
        "DEBUG, INFO, WARNING, ERROR or CRITICAL",
        "The least serious log lines that are written. Above INFO, alarms and dashboards have "
        "nothing to count.",
    ),
    _text(
        "POWERTOOLS_SERVICE_NAME",
        "ServiceName",
        "longhaul",
        {"AllowedPattern": "[A-Za-z0-9._-]{1,64}"},
        "1 to 64 letters, digits, dots, hyphens and underscores",
        "What the functions' log lines call this service.",
    ),
    _number(
        "SOURCE_DELAY_MS",
        0,
        0,
        60_000,
        "Milliseconds that each read of a source file takes longer (local targets). On AWS it "
        "must be 0.",
    ),
)
"""All settings with a parameter. docs/configuration.md explains each."""

PARAMETERS: Final = {one.variable: one.parameter for one in TUNABLES}
"""The variables, and their parameters."""


def declare(template: Json) -> None:
    """Makes a parameter of each setting, which the functions get as their variable."""
    parameters = template.setdefault("Parameters", {})
    of_all = template.setdefault("Globals", {}).setdefault("Function", {})
    variables = of_all.setdefault("Environment", {}).setdefault("Variables", {})
    for one in TUNABLES:
        parameters[one.parameter] = one.definition()
        variables[one.variable] = {"Ref": one.parameter}
