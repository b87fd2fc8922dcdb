"""The stack's table, queues and buckets on moto, made from the template that is deployed."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from chalicelib import aws
from chalicelib.s3 import clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

RESOURCES = Path(__file__).parents[2] / "infra" / "resources.yaml"

ACCOUNT = "123456789012"
REGION: Final = "eu-central-1"
TABLE = "JobsTable"
SOURCES = "source-bucket"
ARCHIVES = "archive-bucket"

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "POWERTOOLS_SERVICE_NAME": "longhaul",
    "JOBS_TABLE": TABLE,
    "QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/ExportQueue",
    "ANNOUNCEMENT_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/AnnouncementQueue",
    "DEAD_LETTER_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/DeadLetterQueue",
    "SOURCE_BUCKET": SOURCES,
    "ARCHIVE_BUCKET": ARCHIVES,
    "RATE_LIMIT_PER_MINUTE": "0",
}
"""Lambda's environment: the template's names, as moto makes them. A test that is about the rate
sets one: the clock of tests stands still, so no token would come back."""

UNSET = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "API_URL_TEMPLATE",
    "PUBLIC_ENDPOINT_URL",
    "SOURCE_PREFIX",
    "SOURCE_KEY_TEMPLATE",
    "FILE_ID_PATTERN",
    "NAMES_FROM",
    "ARCHIVE_TTL_DAYS",
    "LINK_TTL_SECONDS",
    "MAX_BODY_BYTES",
    "FAST_PATH",
    "PROGRESS_HOLD_SECONDS",
    "PROGRESS_RETRY_SECONDS",
    "MAX_OPEN_JOBS_PER_USER",
    "RATE_LIMIT_BURST",
    "MAX_FILES_PER_JOB",
    "MAX_BYTES_PER_JOB",
    "MAX_BYTES_PER_USER_PER_DAY",
    "METRIC_NAMESPACE",
)

_BUCKETS = {"SourceBucket": SOURCES, "ArchiveBucket": ARCHIVES}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (!Ref, !GetAtt, …) as their arguments."""


def _argument(loader: _Loader, _tag: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    raise TypeError(node)


_Loader.add_multi_constructor("!", _argument)


@cache
def resources() -> dict[str, Any]:
    """The template's resources by their logical names."""
    template: dict[str, Any] = yaml.load(RESOURCES.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    found: dict[str, Any] = template["Resources"]
    return found


def create() -> None:
    """Makes the table, the queues and the buckets of the template."""
    found = resources()
    _create_table(found["JobsTable"]["Properties"])
    for name in ("DeadLetterQueue", "ExportQueue", "AnnouncementQueue"):
        _create_queue(name, found[name]["Properties"])
    for name, bucket in _BUCKETS.items():
        if found[name]["Type"] == "AWS::S3::Bucket":
            clients.s3().create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )


def keep_versions() -> None:
    """From here on, the source bucket keeps the versions of its files."""
    clients.s3().put_bucket_versioning(
        Bucket=SOURCES, VersioningConfiguration={"Status": "Enabled"}
    )


def _create_table(properties: dict[str, Any]) -> None:
    names = (
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
    )
    table: CreateTableInputTypeDef = {
        "TableName": TABLE,
        **{name: properties[name] for name in names},  # type: ignore[typeddict-item]  # as they are in the template
    }
    aws.dynamodb().create_table(**table)
    ttl = properties["TimeToLiveSpecification"]
    aws.dynamodb().update_time_to_live(TableName=TABLE, TimeToLiveSpecification=ttl)


def _create_queue(name: str, properties: dict[str, Any]) -> None:
    attributes: dict[Any, str] = {
        "VisibilityTimeout": str(properties["VisibilityTimeout"]),
        "MessageRetentionPeriod": str(properties["MessageRetentionPeriod"]),
    }
    if "RedrivePolicy" in properties:
        policy = dict(properties["RedrivePolicy"])
        dead_letters = policy["deadLetterTargetArn"].removesuffix(".Arn")
        policy["deadLetterTargetArn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_letters}"
        attributes["RedrivePolicy"] = json.dumps(policy)
    aws.sqs().create_queue(QueueName=name, Attributes=attributes)
