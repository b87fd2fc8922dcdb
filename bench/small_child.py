"""What the processes of `bench.small` do: the API's function, the worker's, and the floor.

The module imports nothing but the standard library at first, so that a cold start pays only for
what a contender itself imports.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

_TABLE: Final = "JOBS_TABLE"
_ITEM: Final = {f"fact{n}": {"S": "x" * 40} for n in range(15)}
"""An item as long as a job's record."""
_FEW: Final = b"x" * 2_000


def api_event(method: str, resource: str, path: str, body: str | None) -> dict[str, Any]:
    """Returns what API Gateway sends to the API's function."""
    job_id = path.rpartition("/")[2] if "{" in resource else None
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"job_id": job_id} if job_id else None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "path": f"/api{path}",
            "stage": "api",
            "apiId": "bench",
            "domainName": "bench.example",
            "requestId": "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11",
            "httpMethod": method,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def export_event(body: str) -> dict[str, Any]:
    """Returns the event of POST /v1/export."""
    return api_event("POST", "/v1/export", "/v1/export", body)


def status_event(job_id: str) -> dict[str, Any]:
    """Returns the event of GET /v1/export/{jobId}."""
    return api_event("GET", "/v1/export/{job_id}", f"/v1/export/{job_id}", None)


def api() -> Callable[[dict[str, Any]], Any]:
    """Returns the API of the package, which takes events of API Gateway."""
    from app import app

    return lambda event: app(event, None)


class Floor:
    """Makes requests to S3 and DynamoDB, one after another, each with one call of boto3."""

    def __init__(self) -> None:
        from os import environ

        import boto3
        from botocore.config import Config

        # Nobody asks for a checksum that nobody reads, nor for a hash of each body.
        config = Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path", "payload_signing_enabled": False},
        )
        self.s3: Any = boto3.client("s3", config=config)
        self.dynamodb: Any = boto3.client("dynamodb")
        self.item: Any = {"TableName": environ[_TABLE]}
        self.archives = environ["ARCHIVE_BUCKET"]

    def __call__(self, event: dict[str, Any]) -> None:
        """Makes as many requests of each kind as `requests` says. `bucket` and `keys` are those of
        the files, and `size` is the archive's."""
        from uuid import uuid4

        self.files, self.source = event["keys"], event["bucket"]
        self.archive, self.parts = bytes(event["size"]), list[Any]()
        self.kept: Any = {"Bucket": self.archives, "Key": f"bench/{uuid4()}-kept"}
        self.made: Any = {"Bucket": self.archives, "Key": f"bench/{uuid4()}"}
        self.key = {"jobId": {"S": self.made["Key"]}}
        left = dict(event["requests"])
        # The archive is one part of an upload, or else an object at once.
        self.kept_count = left.get("s3:PutObject", 0) - ("s3:UploadPart" not in left)
        for kind, call in self._calls():
            for number in range(left.pop(kind, 0)):
                call(number)
        if left:
            raise RuntimeError(f"the floor does not know how to make {left}")

    def _calls(self) -> Iterable[tuple[str, Callable[[int], object]]]:
        s3, dynamodb, one, made = self.s3, self.dynamodb, self.item, self.made
        return (
            ("dynamodb:Query", self._query),
            ("dynamodb:PutItem", lambda _: dynamodb.put_item(**one, Item={**self.key, **_ITEM})),
            ("s3:HeadObject", lambda n: s3.head_object(Bucket=self.source, Key=self.files[n % 20])),
            ("s3:PutObject", self._put),
            ("s3:GetObject", self._get),
            ("s3:CreateMultipartUpload", self._open),
            ("s3:UploadPart", self._upload),
            ("s3:ListParts", lambda _: s3.list_parts(**made)),
            ("s3:CompleteMultipartUpload", self._complete),
            (
                "dynamodb:GetItem",
                lambda _: dynamodb.get_item(**one, Key=self.key, ConsistentRead=True),
            ),
            ("dynamodb:UpdateItem", self._update),
        )

    def _query(self, _: int) -> None:
        self.dynamodb.query(
            **self.item,
            IndexName="openOfUser",
            KeyConditionExpression="openUser = :user",
            ExpressionAttributeValues={":user": {"S": "nobody"}},
            Select="COUNT",
        )

    def _put(self, number: int) -> None:
        if number < self.kept_count:
            self.s3.put_object(**self.kept, Body=_FEW)
        else:
            self.s3.put_object(**self.made, Body=self.archive)

    def _get(self, number: int) -> None:
        asked = self.kept
        if number < len(self.files):
            asked = {"Bucket": self.source, "Key": self.files[number]}
        self.s3.get_object(**asked)["Body"].read()

    def _open(self, _: int) -> None:
        self.made["UploadId"] = self.s3.create_multipart_upload(**self.made)["UploadId"]

    def _upload(self, number: int) -> None:
        named = {"PartNumber": number + 1}
        answer = self.s3.upload_part(**self.made, **named, Body=self.archive)
        self.parts.append({**named, "ETag": answer["ETag"]})

    def _complete(self, _: int) -> None:
        self.s3.complete_multipart_upload(**self.made, MultipartUpload={"Parts": self.parts})

    def _update(self, _: int) -> None:
        self.dynamodb.update_item(
            **self.item,
            Key=self.key,
            UpdateExpression="SET #facts = :facts",
            ConditionExpression="attribute_exists(jobId)",
            ExpressionAttributeNames={"#facts": "facts"},
            ExpressionAttributeValues={":facts": {"S": "x" * 200}},
            ReturnValues="ALL_NEW",
        )


def cold_ours(event: dict[str, Any]) -> Any:
    """Answers the event as the API's function does in a new process."""
    return api()(event)


def cold_chalice(event: dict[str, Any]) -> Any:
    """Answers the event with the smallest Chalice app that reads or writes one item, through one
    client of boto3."""
    from os import environ

    import boto3
    from chalice.app import Chalice, Response

    app = Chalice(app_name="bare", configure_logs=False)
    client: Any = boto3.client("dynamodb")
    table = environ[_TABLE]

    @app.route("/v1/export/{job_id}", methods=["GET"])
    def status(job_id: str) -> Response:
        found = client.get_item(TableName=table, Key={"jobId": {"S": job_id}}, ConsistentRead=True)
        return Response({"status": found["Item"]["status"]["S"]})

    @app.route("/v1/export", methods=["POST"])
    def create() -> Response:
        from uuid import uuid4

        request: Any = app.current_request
        job_id, asked = str(uuid4()), request.json_body
        item = {"jobId": {"S": f"bench/{job_id}"}, "files": {"N": str(len(asked["keys"]))}}
        client.put_item(TableName=table, Item=item)
        return Response({"jobId": job_id}, status_code=202)

    return app(event, None)


def cold(contender: str) -> None:
    """Answers the event on standard input. Prints the answer's status, and when it was there, in
    seconds of the machine's monotonic clock."""
    import json
    import os
    import sys
    import time

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    event = json.loads(sys.stdin.readline())
    answer = {"ours": cold_ours, "chalice": cold_chalice}[contender](event)
    at = time.monotonic()
    used = os.times()
    print(json.dumps([answer["statusCode"], at, used.user + used.system]), file=answers, flush=True)


if __name__ == "__main__":
    import sys

    cold(sys.argv[1])
