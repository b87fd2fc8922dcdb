"""GET /openapi.json: the API in OpenAPI 3.1, made from the same schemas that requests are checked
against. Tests check the routes and the answers against it."""

from typing import Any, Final

from chalicelib.http import answer_schemas, descriptions, example_problems, schemas, security
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply
from chalicelib.http.operations import paths
from chalicelib.http.spelling import CAMEL, outer
from chalicelib.settings import Settings, settings
from chalicelib.version import VERSION

_REQUESTS: Final = {
    "export": "ExportRequest",
    "selection": "SelectionRequest",
    "check": "CheckRequest",
    "share": "ShareRequest",
    "notify": "NotifyRequest",
    "retry": "RetryRequest",
    "rename": "RenameRequest",
}

_ANSWERS: Final = {
    "ExportAccepted": answer_schemas.EXPORT_ACCEPTED,
    "Job": answer_schemas.JOB,
    "AskedFor": answer_schemas.ASKED_FOR,
    "EventStream": answer_schemas.EVENT_STREAM,
    "JobList": answer_schemas.JOB_LIST,
    "Files": answer_schemas.FILES,
    "Totals": answer_schemas.TOTALS,
    "Estimate": answer_schemas.ESTIMATE,
    "Download": answer_schemas.DOWNLOAD,
    "CheckAnswer": answer_schemas.CHECK_ANSWER,
    "Share": answer_schemas.SHARE,
    "Shares": answer_schemas.SHARES,
    "Notifications": answer_schemas.NOTIFICATIONS,
    "Receivers": answer_schemas.RECEIVERS,
    "Erased": answer_schemas.ERASED,
    "Health": answer_schemas.HEALTH,
    "ProtectedResource": answer_schemas.PROTECTED_RESOURCE,
    "OpenApi": answer_schemas.OPENAPI,
    "Problem": answer_schemas.PROBLEM,
}


def document(call: Call) -> Reply:
    """GET /openapi.json. The server in it is this stack's own URL."""
    config = settings()
    content = described(config, base_url(call.context, config))
    return Reply(200, content, {"Cache-Control": "max-age=300"})


def described(config: Settings, url: str) -> dict[str, Any]:
    """Returns the document of a stack with these settings at this URL."""
    sources = [source.name for source in config.sources]
    requests = schemas.requests(schemas.file_id(config.file_id_pattern), sources)
    shown = {_REQUESTS[name]: in_both_spellings(schema) for name, schema in requests.items()}
    components = shown | _ANSWERS
    content: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Longhaul",
            "version": VERSION,
            "summary": "Slow downloads as jobs",
            "description": "Post what you want, get a job id at once, watch it or come back "
            "later, and download one archive straight from S3.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": url}],
        "tags": [
            {"name": name, "description": said} for name, (said, _) in descriptions.TAGS.items()
        ],
        "paths": paths(sources, by_number=not config.file_id_pattern),
        "components": {
            "schemas": components,
            "examples": example_problems.examples(),
            "securitySchemes": security.schemes(config),
        },
    }
    if asked := security.everywhere(config):
        content["security"] = asked
    for operations in content["paths"].values():
        for operation in operations.values():
            asked = security.of(operation["operationId"], config)
            if asked:
                operation["security"] = asked
    return content


def in_both_spellings(schema: schemas.Schema) -> schemas.Schema:
    """Returns the schema of a request as the document shows it: its fields as they are spelled
    outside, and the old spellings as deprecated ones. A request may have one of the two."""
    inner = schema["properties"]
    old = [name for name in inner if name in CAMEL]
    if not old:
        return schema
    required: list[str] = schema.get("required", [])
    choices = [one["required"][0] for one in schema.get("oneOf", [])]
    shown = {outer(name): rules for name, rules in inner.items()}
    for name in old:
        said = f"The old spelling of {CAMEL[name]}."
        shown[name] = {**inner[name], "description": said, "deprecated": True}
    once = [
        _one_of([name]) if name in required else {"not": {"required": [CAMEL[name], name]}}
        for name in old
        if name not in choices
    ]
    return {
        **schema,
        "properties": shown,
        "required": [name for name in required if name not in old],
        **(_one_of(choices) if choices else {}),
        **({"allOf": once} if once else {}),
    }


def _one_of(names: list[str]) -> schemas.Schema:
    """Returns the rule that a request has exactly one of these fields, in one spelling."""
    spellings = (one for name in names for one in dict.fromkeys((outer(name), name)))
    return {"oneOf": [{"required": [one]} for one in spellings]}
