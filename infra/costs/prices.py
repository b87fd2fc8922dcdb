"""The prices that a month is made of, in dollars: us-east-1, on demand, without free tiers, taxes
and discounts. Each with the page that says it, read as a stored copy in November 2026.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.archive import costs
from infra.alerts import spend, watching

READ: Final = "November 2026"
REGION: Final = "us-east-1"

_AWS: Final = "https://aws.amazon.com"


@dataclass(frozen=True)
class Price:
    """A price in dollars for one `unit`. `per` is how many of them the calculator shows it for."""

    id: str
    label: str
    dollars: float
    unit: str
    source: str
    per: float = 1.0


_MILLION: Final = 1e6
_THOUSAND: Final = 1e3

PRICES: Final = (
    Price(
        "s3Write",
        "S3: PUT, COPY, LIST",
        costs.S3_WRITE,
        "requests",
        f"{_AWS}/s3/pricing/",
        _THOUSAND,
    ),
    Price("s3Read", "S3: GET, HEAD", costs.S3_READ, "requests", f"{_AWS}/s3/pricing/", _THOUSAND),
    Price("s3Month", "S3: a GB for a month", spend.S3_GB_MONTH, "GB", f"{_AWS}/s3/pricing/"),
    Price(
        "egress1", "To the internet: the first 10 TB of a month", 0.09, "GB", f"{_AWS}/s3/pricing/"
    ),
    Price("egress2", "To the internet: the next 40 TB", 0.085, "GB", f"{_AWS}/s3/pricing/"),
    Price("egress3", "To the internet: the next 100 TB", 0.07, "GB", f"{_AWS}/s3/pricing/"),
    Price("egress4", "To the internet: the rest", 0.05, "GB", f"{_AWS}/s3/pricing/"),
    Price(
        "lambdaSecond",
        "Lambda: a GB for a second, on Arm",
        costs.LAMBDA_GB_SECOND_ARM,
        "GB-seconds",
        f"{_AWS}/lambda/pricing/",
        _MILLION,
    ),
    Price(
        "lambdaCall",
        "Lambda: invocations",
        costs.LAMBDA_REQUEST,
        "invocations",
        f"{_AWS}/lambda/pricing/",
        _MILLION,
    ),
    Price(
        "apiCall",
        "API Gateway: requests to a REST API",
        spend.API_REQUEST,
        "requests",
        f"{_AWS}/api-gateway/pricing/",
        _MILLION,
    ),
    Price(
        "queueCall",
        "SQS: requests to a standard queue",
        costs.SQS_REQUEST,
        "requests",
        f"{_AWS}/sqs/pricing/",
        _MILLION,
    ),
    Price(
        "tableWrite",
        "DynamoDB: KB written",
        costs.TABLE_WRITE,
        "KB",
        f"{_AWS}/dynamodb/pricing/on-demand/",
        _MILLION,
    ),
    Price(
        "tableRead",
        "DynamoDB: 4 KB read",
        costs.TABLE_READ,
        "4 KB",
        f"{_AWS}/dynamodb/pricing/on-demand/",
        _MILLION,
    ),
    Price(
        "event",
        "EventBridge: custom events",
        1.00 / _MILLION,
        "events",
        f"{_AWS}/eventbridge/pricing/",
        _MILLION,
    ),
    Price("mail", "SES: mails", 0.10 / _THOUSAND, "mails", f"{_AWS}/ses/pricing/", _THOUSAND),
    Price(
        "secret",
        "Secrets Manager: a secret for a month",
        0.40,
        "secrets",
        f"{_AWS}/secrets-manager/pricing/",
    ),
    Price(
        "alarmMetric",
        "CloudWatch: a metric of an alarm for a month",
        watching.ALARM_METRIC,
        "metrics",
        f"{_AWS}/cloudwatch/pricing/",
    ),
    Price(
        "metric",
        "CloudWatch: a metric of our own for a month",
        watching.METRIC,
        "metrics",
        f"{_AWS}/cloudwatch/pricing/",
    ),
    Price(
        "dashboard",
        "CloudWatch: a dashboard for a month",
        watching.DASHBOARD,
        "dashboards",
        f"{_AWS}/cloudwatch/pricing/",
    ),
    Price(
        "logGb",
        "CloudWatch: a GB of log lines taken",
        watching.LOG_GB,
        "GB",
        f"{_AWS}/cloudwatch/pricing/",
    ),
    Price(
        "logMonth",
        "CloudWatch: a GB of log lines kept for a month",
        watching.LOG_GB_MONTH,
        "GB",
        f"{_AWS}/cloudwatch/pricing/",
    ),
)
