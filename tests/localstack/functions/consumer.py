"""Writes the events that come in to the table. Fails a message as often as its body asks for."""

import json
import os
import time
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def on_messages(event: dict[str, Any], context: Any) -> Any:
    failures = []
    for record in event["Records"]:
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        body = json.loads(record["body"])
        if "meet" in body:
            meet(body["meet"], body["count"])
        elif attempt <= body["failures"]:
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            table.put_item(Item={"id": body["id"], "attempt": attempt})
    return {"batchItemFailures": failures}


def meet(place: str, count: int) -> None:
    """Returns once `count` messages are worked on at the same time. The function's timeout is the
    limit."""
    table.update_item(
        Key={"id": place},
        UpdateExpression="ADD present :one",
        ExpressionAttributeValues={":one": 1},
    )
    while present(place) < count:
        time.sleep(0.05)
    table.put_item(Item={"id": f"{place}-met"})


def present(place: str) -> int:
    item = table.get_item(Key={"id": place}, ConsistentRead=True)["Item"]
    return int(str(item["present"]))


def on_schedule(event: dict[str, Any], context: Any) -> Any:
    table.put_item(Item={"id": "tick", "source": event["source"]})


def on_request(event: dict[str, Any], context: Any) -> Any:
    name = event["pathParameters"]["name"]
    return {"statusCode": 200, "body": json.dumps({"hello": name})}
