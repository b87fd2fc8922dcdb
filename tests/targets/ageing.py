"""An expired item and an expired object, and how long an emulator may take to delete them."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.targets.cloud import Cloud

EMULATORS_MINUTE = 75.0
"""Seconds, for what an emulator does once a minute. AWS may take up to two days."""


@dataclass(frozen=True)
class Aged:
    """The item's id, the object's key, and when they were made, in seconds of `time.monotonic`."""

    item: str
    key: str
    since: float

    @property
    def patience(self) -> float:
        """The seconds that the emulator still has."""
        return max(0.0, self.since + EMULATORS_MINUTE - time.monotonic())


def age(cloud: Cloud) -> Aged:
    """Makes the expired item and the expired object."""
    cloud.dynamodb.update_time_to_live(
        TableName=cloud.table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    past = {"N": str(int(time.time()) - 3600)}
    cloud.dynamodb.put_item(TableName=cloud.table, Item={"id": {"S": "aged"}, "ttl": past})
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    cloud.s3.put_bucket_lifecycle_configuration(
        Bucket=cloud.bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "past",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "aged/"},
                    "Expiration": {"Date": midnight - timedelta(days=1)},
                },
                {
                    "ID": "later",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "kept/"},
                    "Expiration": {"Days": 7},
                },
            ]
        },
    )
    cloud.s3.put_object(Bucket=cloud.bucket, Key="aged/object", Body=b"")
    return Aged("aged", "aged/object", time.monotonic())
