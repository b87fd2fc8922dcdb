"""How CloudFormation's console shows the parameters: in groups, each with a label. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html
"""

from typing import Any, Final

Json = dict[str, Any]

KIND: Final = "AWS::CloudFormation::Interface"

GROUPS: Final = {
    "The code": {
        "CodeBucket": "Bucket of the Lambda package",
        "CodeKey": "Key of the Lambda package",
        "Architecture": "Processors",
    },
    "Who may use it": {
        "Auth": "How callers prove who they are",
        "JwtIssuer": "OpenID provider",
        "JwtAudience": "Audience of tokens",
        "JwtClientId": "Client of the page and the command line",
        "JwtScope": "Scopes",
        "JwtUserClaim": "Claim with the user's id",
        "JwtLeewaySeconds": "Difference of clocks (s)",
        "UserPrefix": "Prefix of each user's files",
        "AdminClaim": "Claim of administrators",
        "SelectionKeys": "Keys of selections",
    },
    "The source files": {
        "ExistingSourceBucket": "Bucket that holds them",
        "SourcePrefix": "Prefix of all keys",
        "Sources": "Several sources",
        "SourceKeyTemplate": "Key of a file with an id",
        "FileIdPattern": "Pattern of ids",
        "NamesFrom": "Names of files with ids",
    },
    "Archives and links": {
        "ArchiveTtlDays": "Life of an archive (days)",
        "LinkTtlSeconds": "Life of a download's link (s)",
        "ShareMaxDays": "Life of a share link (days)",
        "DownloadOrigins": "Pages that may fetch archives",
    },
    "Keys and protection": {
        "KmsKeyArn": "KMS key",
        "ArchiveKmsKey": "KMS key of archives",
        "DeletionProtection": "Protect from deletion",
    },
    "Limits for each user": {
        "MaxOpenJobsPerUser": "Open exports",
        "RateLimitPerMinute": "Requests a minute",
        "RateLimitBurst": "Requests at once",
        "MaxFilesPerJob": "Files of an export",
        "MaxBytesPerJob": "Bytes of an export",
        "MaxBytesPerUserPerDay": "Bytes a day",
        "MaxBodyBytes": "Bytes of a request",
    },
    "Who is told of jobs": {
        "ExistingEventBus": "Event bus",
        "Events": "Events",
        "EventIncludes": "What events say besides",
        "WebhookHosts": "Hosts of webhooks",
        "WebhookUrl": "URL that is always told",
        "WebhookSecret": "Keys that sign webhooks",
        "MailFrom": "Sender of mail",
        "MailTo": "Receivers of mail",
        "MailClaim": "Claim with the caller's address",
    },
    "Its share of the account": {
        "ApiConcurrency": "Invocations kept for the API",
        "WorkerConcurrency": "Steps at once",
        "AnnouncerConcurrency": "Announcements at once",
        "DirectSegments": "Segments that go past the queue",
        "ProvisionedPollers": "Pollers that are kept ready",
        "MaximumPollers": "Pollers at most",
        "ThrottleRate": "Requests a second",
        "ThrottleBurst": "Requests at once",
    },
    "How a new version arrives": {
        "Canary": "How the API's requests move over",
        "Release": "Name of this version",
    },
    "The functions": {
        "ApiMemory": "Memory of the API (MB)",
        "ApiTimeout": "Timeout of the API (s)",
        "WorkerMemory": "Memory of the worker (MB)",
        "WorkerTimeout": "Timeout of the worker (s)",
        "AnnouncerMemory": "Memory of the announcer (MB)",
        "AnnouncerTimeout": "Timeout of the announcer (s)",
        "DeadLettersMemory": "Memory for dead letters (MB)",
        "DeadLettersTimeout": "Timeout for dead letters (s)",
        "SweeperMemory": "Memory of the sweeper (MB)",
        "SweeperTimeout": "Timeout of the sweeper (s)",
        "TelemetryMemory": "Memory of the shipper (MB)",
        "TelemetryTimeout": "Timeout of the shipper (s)",
    },
    "How it works": {
        "MinimumCompressionSize": "Compress answers from (bytes)",
        "ProgressHoldSeconds": "Hold a request (s)",
        "ProgressRetrySeconds": "Pause of a page that watches (s)",
        "ChangesMax": "Plans of a job that changes",
        "LookUpMax": "Files looked up one by one",
        "ChecksumDays": "Keep checksums (days)",
        "FastPath": "Shorter way to S3",
    },
    "Logs and alarms": {
        "LogLevel": "Log level",
        "ServiceName": "Name in log lines",
        "LogRetentionDays": "Keep log lines (days)",
        "GatewayLogRole": "Role for API Gateway's logs",
        "Alarms": "Alarms and dashboard",
        "AlarmTopic": "Topic that is told",
        "AlarmEmail": "Mail address that is told",
        "SpendLimit": "Tell me from ($ a month)",
    },
    "Telemetry": {
        "OtlpEndpoint": "OTLP endpoint",
        "OtlpTracesEndpoint": "Endpoint for traces",
        "OtlpLogsEndpoint": "Endpoint for logs",
        "OtlpHeaders": "Secret with the headers",
        "OtlpCompression": "Compression",
    },
    "Local targets only": {
        "PublicEndpointUrl": "Endpoint of S3",
        "ApiUrlTemplate": "Base URL of the API",
        "SourceDelayMs": "Slow storage (ms)",
    },
}
"""The parameters with their labels, by the titles of the groups."""


def add(template: Json) -> None:
    """Adds the groups and labels of those parameters that the template has."""
    declared = template["Parameters"]
    shown = {
        title: {name: label for name, label in labels.items() if name in declared}
        for title, labels in GROUPS.items()
    }
    template.setdefault("Metadata", {})[KIND] = {
        "ParameterGroups": [
            {"Label": {"default": title}, "Parameters": list(labels)}
            for title, labels in shown.items()
            if labels
        ],
        "ParameterLabels": {
            name: {"default": label} for labels in shown.values() for name, label in labels.items()
        },
    }
