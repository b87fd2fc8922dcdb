"""An item and an object whose time is over already, and how long an emulator is given to see it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.targets.cloud import Cloud

EMULATORS_MINUTE = 75.0
"""Seconds: what an emulator does once a minute has been done by then. AWS takes up to two days."""


@dataclass(frozen=True)
class Aged:
    """Where they are, and since when."""

    item: str
    key: str
    since: float

    @property
    def patience(self) -> float:
        """Seconds that are left of the emulator's minute."""
        return max(0.0, self.since + EMULATORS_MINUTE - time.monotonic())


def age(cloud: Cloud) -> Aged:
    """Makes both."""
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
