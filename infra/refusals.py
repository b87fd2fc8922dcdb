"""Installs the gateway's own errors in MiniStack.

MiniStack does not read them from the API's definition, as AWS and LocalStack do. Without them, a
request that is not signed would be answered 403, and without a problem document.
"""

from typing import TYPE_CHECKING, cast

from infra.gateway_responses import of_way
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType


def install(target: Target, api_id: str, stage: str, *, signed: bool) -> None:
    """Makes the API give these answers. `signed`: it checks signatures. May be repeated."""
    gateway = target.session().client("apigateway")
    for kind, response in of_way(signed=signed).items():
        of_kind = cast("GatewayResponseTypeType", kind)
        gateway.put_gateway_response(restApiId=api_id, responseType=of_kind, **response)
    # They come into force with the next deployment.
    gateway.create_deployment(restApiId=api_id, stageName=stage)
