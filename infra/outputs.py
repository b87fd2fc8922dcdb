"""The names and addresses of a deployed stack, for people, scripts and tests."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from infra import named_sources, source_grants
from infra.targets import Target
from infra.template import AUTH_PARAMETER, PARAMETER_OF

ISSUER_PARAMETER = PARAMETER_OF["JWT_ISSUER"]


@dataclass(frozen=True)
class Outputs:
    """The names and addresses of one deployed stack. `endpoint_url` is None on AWS."""

    api_url: str
    endpoint_url: str | None
    region: str
    source_bucket: str
    archive_bucket: str
    jobs_table: str
    queue_url: str
    dead_letter_queue_url: str
    announcement_queue_url: str
    """Empty: the stack was deployed before there were announcements, here and below."""
    event_bus: str
    """The EventBridge bus that is told of jobs."""
    webhook_hosts: str | None
    """The hosts that webhooks may go to, as WEBHOOK_HOSTS says, if the stack sends any."""
    mail_from: str | None
    """The sender of mail, if the stack sends any."""
    api_function: str
    worker_function: str
    stack_name: str
    auth: str
    """How callers prove who they are: `none`, `jwt` or `iam`."""
    issuer_url: str | None
    """The local issuer, if the stack takes its tokens."""
    selection_keys: str | None
    """The ARN of the secret with the keys of selections, if the stack takes them."""
    webhook_secret: str | None
    """The ARN of the secret with the keys that sign webhooks, if the stack sends any."""
    bucket_policies: dict[str, Any] | None
    """What the owner of a source in another account must add to its policy, by the bucket's
    name."""

    def to_json(self) -> str:
        """Returns a JSON object with the same names in camelCase."""
        return json.dumps({_camel_case(k): v for k, v in asdict(self).items()}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Returns the outputs that `to_json` wrote."""
        stored = json.loads(text)
        return cls(**{name: stored[_camel_case(name)] for name in cls.__dataclass_fields__})


def of_stack(
    target: Target,
    stack_name: str,
    values: Mapping[str, str],
    parameters: Mapping[str, str],
    *,
    local_issuer: str | None = None,
) -> Outputs:
    """Returns our outputs. `values` are those of the stack, by their names in the template.

    `parameters` are the stack's. `local_issuer` is the URL of the local issuer if one runs.
    """
    return Outputs(
        api_url=_api_url(target, values),
        endpoint_url=target.endpoint_url,
        region=target.region,
        source_bucket=values["SourceBucket"],
        archive_bucket=values["ArchiveBucket"],
        jobs_table=values["JobsTable"],
        queue_url=values["QueueUrl"],
        dead_letter_queue_url=values["DeadLetterQueueUrl"],
        announcement_queue_url=values.get("AnnouncementQueueUrl", ""),
        event_bus=values.get("EventBus", ""),
        webhook_hosts=parameters.get("WebhookHosts") or None,
        mail_from=parameters.get("MailFrom") or None,
        api_function=values["ApiFunction"],
        worker_function=values["WorkerFunction"],
        stack_name=stack_name,
        auth=parameters[AUTH_PARAMETER],
        issuer_url=local_issuer if parameters[ISSUER_PARAMETER] == local_issuer else None,
        selection_keys=values.get("SelectionKeys"),
        webhook_secret=values.get("WebhookSecret"),
        bucket_policies=_bucket_policies(values, parameters),
    )


def _bucket_policies(
    values: Mapping[str, str], parameters: Mapping[str, str]
) -> dict[str, Any] | None:
    written = parameters.get(named_sources.PARAMETER)
    if not written:
        return None
    prefix = parameters.get(PARAMETER_OF["SOURCE_PREFIX"], "")
    sources = named_sources.of(written, {"SOURCE_PREFIX": prefix})
    roles = {"ApiHandlerRole": values["ApiRole"], "WorkerRole": values["WorkerRole"]}
    return source_grants.bucket_policies(sources, roles) or None


def _api_url(target: Target, values: Mapping[str, str]) -> str:
    if not target.is_local:
        return values["ApiUrl"].rstrip("/")
    stage = values["ApiUrl"].rstrip("/").rpartition("/")[2]
    return target.api_url_template.format(apiId=values["RestAPIId"], stage=stage)


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
