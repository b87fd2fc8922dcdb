"""The dashboard `job`: one job, its log lines beside its trace."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import TextBoxVariable
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards.boards import Section, board, filled
from infra.dashboards.logs import OURS, facts, found, lines, trace
from infra.dashboards.panels import About

NO_JOB: Final = "0" * 32
"""No job has this digest. An empty text would find all lines that are about no job."""

_THIS: Final = f'{OURS} | job="${{job}}" or trace_id="${{job}}"'
_NOT_FOUND: Final = "No such job in this time range: paste its digest or traceId above"


def job() -> models.Dashboard:
    """Returns the dashboard."""
    about = (
        "One job by its digest (`job` of a log line) or its trace (`traceId` of the API's answer). "
        "The two are the same, unless the caller had a trace of its own. A job's id finds nothing: "
        "it is a credential, and no line has it."
    )
    variable = (
        TextBoxVariable("job")
        .label("Digest or traceId")
        .description("32 hexadecimal digits")
        .default_value(NO_JOB)
        .current(models.VariableOption(selected=True, text=NO_JOB, value=NO_JOB))
    )
    return filled(
        board("job", about, "now-24h").with_variable(variable),
        [
            Section(
                "How it ended",
                [
                    facts(
                        About(
                            "Result",
                            "none",
                            "One line when the job has ended; `reason` says why it failed.",
                            width=24,
                            height=4,
                            none="It has not ended, or it is not in this time range",
                        ),
                        f'{_THIS} |= "job ended"',
                        [
                            ("job", "string"),
                            ("status", "string"),
                            ("reason", "string"),
                            ("secondsQueued", "s"),
                            ("secondsWorking", "s"),
                            ("secondsTotal", "s"),
                            ("files", "short"),
                            ("bytesCopied", "bytes"),
                            ("bytesStreamed", "bytes"),
                        ],
                    )
                ],
            ),
            Section(
                "Lines and trace",
                [
                    lines(
                        About(
                            "Log lines",
                            "none",
                            "From the request to the end. Open a line for all its facts, and for "
                            "the way to its trace.",
                            width=12,
                            height=20,
                            none=_NOT_FOUND,
                        ),
                        _THIS,
                    ),
                    trace(
                        About(
                            "Trace",
                            "none",
                            "The bar at the top is the job. Gaps below it are waits; a red step "
                            "was put off or failed. With a digest and an empty panel, the job is "
                            "in its caller's trace: see below.",
                            width=12,
                            height=20,
                            none=_NOT_FOUND,
                        ),
                        "${job}",
                    ),
                ],
            ),
            Section(
                "Steps and traces",
                [
                    facts(
                        About(
                            "Steps",
                            "none",
                            "Each attempt: how long it waited and worked. More than one of the "
                            "same step and segment: it was put off, or a worker was killed.",
                            width=14,
                            height=10,
                            none=_NOT_FOUND,
                        ),
                        f'{_THIS} |~ "^step "',
                        [
                            ("step", "string"),
                            ("segment", "string"),
                            ("attempt", "short"),
                            ("why", "string"),
                            ("waitedMs", "ms"),
                            ("ms", "ms"),
                            ("cpuMs", "ms"),
                        ],
                    ),
                    found(
                        About(
                            "All traces of this job",
                            "none",
                            "Also the caller's own trace, and what happened after the end.",
                            width=10,
                            height=10,
                            none=_NOT_FOUND,
                        ),
                        {"longhaul.job": "${job}"},
                    ),
                ],
            ),
        ],
    )
