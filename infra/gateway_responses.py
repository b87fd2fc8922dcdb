"""The errors that API Gateway answers without asking the app, in the app's own error format."""

import json
from http import HTTPStatus
from typing import Any, TypedDict

SIGNED_REQUESTS = "SignedRequests"
"""The template's condition that API Gateway checks a signature (AUTH is iam)."""


class GatewayResponse(TypedDict):
    """One entry of `x-amazon-apigateway-gateway-responses`."""

    statusCode: str
    responseParameters: dict[str, str]
    responseTemplates: dict[str, str]


Conditional = dict[str, list[Any]]
"""{"Fn::If": [a condition, what holds with it, what holds without it]}."""


_UNSIGNED = "MISSING_AUTHENTICATION_TOKEN"

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_STATUS_OF = {
    "DEFAULT_4XX": HTTPStatus.BAD_REQUEST,
    "DEFAULT_5XX": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ACCESS_DENIED": HTTPStatus.FORBIDDEN,
    "API_CONFIGURATION_ERROR": HTTPStatus.INTERNAL_SERVER_ERROR,
    "AUTHORIZER_CONFIGURATION_ERROR": HTTPStatus.INTERNAL_SERVER_ERROR,
    "AUTHORIZER_FAILURE": HTTPStatus.INTERNAL_SERVER_ERROR,
    "BAD_REQUEST_BODY": HTTPStatus.BAD_REQUEST,
    "BAD_REQUEST_PARAMETERS": HTTPStatus.BAD_REQUEST,
    "EXPIRED_TOKEN": HTTPStatus.FORBIDDEN,
    "INTEGRATION_FAILURE": HTTPStatus.BAD_GATEWAY,
    "INTEGRATION_TIMEOUT": HTTPStatus.GATEWAY_TIMEOUT,
    "INVALID_API_KEY": HTTPStatus.FORBIDDEN,
    "INVALID_SIGNATURE": HTTPStatus.FORBIDDEN,
    # API Gateway's name for a path that the API does not have. See `of_way`.
    _UNSIGNED: HTTPStatus.NOT_FOUND,
    "QUOTA_EXCEEDED": HTTPStatus.TOO_MANY_REQUESTS,
    "REQUEST_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "RESOURCE_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "THROTTLED": HTTPStatus.TOO_MANY_REQUESTS,
    "UNAUTHORIZED": HTTPStatus.UNAUTHORIZED,
    "UNSUPPORTED_MEDIA_TYPE": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "WAF_FILTERED": HTTPStatus.FORBIDDEN,
}

# A fixed value of a header is in single quotes. The type of the body has to be set here: API
# Gateway chooses the template by the request, and knows application/json only.
_HEADERS = {
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.Cache-Control": "'no-store'",
    "gatewayresponse.header.X-Content-Type-Options": "'nosniff'",
    "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
}


def gateway_responses() -> dict[str, GatewayResponse | Conditional]:
    """Returns an RFC 9457 problem document for each kind of error that API Gateway answers."""
    signed, unsigned = of_way(signed=True), of_way(signed=False)
    return {
        kind: signed[kind]
        if signed[kind] == unsigned[kind]
        else {"Fn::If": [SIGNED_REQUESTS, signed[kind], unsigned[kind]]}
        for kind in signed
    }


def of_way(*, signed: bool) -> dict[str, GatewayResponse]:
    """Returns the same, for an API that checks signatures or for one that does not."""
    responses = {kind: _problem(status) for kind, status in _STATUS_OF.items()}
    if signed:
        # The paths of the API all reach the app, or want a signature first.
        refusal = responses[_UNSIGNED] = _problem(HTTPStatus.UNAUTHORIZED)
        # RFC 9110, section 11.6.1: a 401 names a way to be let in.
        scheme = "'AWS4-HMAC-SHA256'"
        refusal["responseParameters"]["gatewayresponse.header.WWW-Authenticate"] = scheme
    return responses


def _problem(status: HTTPStatus) -> GatewayResponse:
    headers = dict(_HEADERS)
    title = json.dumps(status.phrase)
    detail = "$context.error.messageString"  # which comes with its quotes
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        headers["gatewayresponse.header.Retry-After"] = "'1'"
        detail = '"these are more requests than the API takes; ask again in a second, and slower"'
    body = (
        f'{{"type": "about:blank", "title": {title}, "status": {status.value}, '
        f'"detail": {detail}, "requestId": "$context.requestId"}}'
    )
    return {
        "statusCode": str(status.value),
        "responseParameters": headers,
        "responseTemplates": {"application/json": body},
    }
