"""The template for CloudFormation is made from the one that Chalice writes."""

import json
import re
from http import HTTPStatus
from typing import Any

import pytest
import yaml

from chalicelib.version import VERSION
from infra import template
from infra.paths import REPOSITORY, RESOURCES
from infra.rest_api import EVERY_METHOD, EVERY_OTHER_PATH, GATEWAY_RESPONSES, INTEGRATION
from infra.template import PARAMETER_OF


def _to_app() -> dict[str, Any]:
    return {INTEGRATION: {"type": "aws_proxy", "uri": "the-function"}}


@pytest.fixture
def from_chalice() -> dict[str, Any]:
    """A template with one function and an API of one route, with a CORS preflight."""
    return {
        "Resources": {
            "Worker": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"CodeUri": "./deployment.zip"},
            },
            "RestAPI": {
                "Type": "AWS::Serverless::Api",
                "Properties": {
                    "StageName": "api",
                    "EndpointConfiguration": "REGIONAL",
                    "DefinitionBody": {
                        "paths": {
                            "/jobs/{jobId}": {
                                "options": {INTEGRATION: {"type": "mock"}},
                                "get": _to_app() | {"summary": "Chalice's own"},
                            },
                            "/v1/jobs": {
                                "options": {INTEGRATION: {"type": "mock"}},
                                "get": _to_app(),
                            },
                        }
                    },
                },
            },
            "JobsTable": {"Type": "AWS::DynamoDB::Table", "Properties": {"CodeUri": "untouched"}},
        }
    }


@pytest.fixture
def completed(from_chalice: dict[str, Any]) -> dict[str, Any]:
    return template.complete(from_chalice, architecture="arm64")


@pytest.fixture
def paths(completed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _definition(completed)["paths"]
    return found


def _definition(completed: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = completed["Resources"]["RestAPI"]["Properties"]["Body"]
    return body


def _said(response: dict[str, Any]) -> str:
    """The body of a gateway response, as API Gateway fills it in."""
    body: str = response["responseTemplates"]["application/json"]
    return body.replace("$context.error.messageString", '"why"')


def _deployments(from_chalice: dict[str, Any]) -> set[str]:
    """The names of the API's deployments."""
    made = template.complete(from_chalice, architecture="arm64")
    return {
        name
        for name, resource in made["Resources"].items()
        if resource["Type"] == "AWS::ApiGateway::Deployment"
    }


class _Intrinsics(yaml.SafeLoader):
    """A safe loader that reads `!Ref x` and `!Sub x` as "x", an `!If` as its list, and any other
    intrinsic as None."""


def _sequence(loader: _Intrinsics, node: Any) -> list[Any]:
    return list(loader.construct_sequence(node, deep=True))


for tag in ("!Ref", "!Sub"):
    _Intrinsics.add_constructor(tag, lambda _, node: node.value)
_Intrinsics.add_constructor("!If", _sequence)
_Intrinsics.add_multi_constructor("!", lambda *_: None)


def test_each_function_takes_its_code_from_the_upload(completed: dict[str, Any]) -> None:
    worker = completed["Resources"]["Worker"]["Properties"]

    assert worker["CodeUri"] == {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}}
    assert "Default" not in completed["Parameters"]["CodeBucket"]
    assert completed["Parameters"]["CodeKey"]["Default"] == f"longhaul-{VERSION}-lambda.zip"


def test_what_the_configuration_says_is_the_default_of_a_parameter(
    from_chalice: dict[str, Any],
) -> None:
    worker = from_chalice["Resources"]["Worker"]["Properties"]
    worker["Environment"] = {"Variables": {"LINK_TTL_SECONDS": "60", "SOURCE_PREFIX": "a/"}}
    from_chalice["Parameters"] = {"SourcePrefix": {"Type": "String", "Default": ""}}

    done = template.complete(from_chalice, architecture="arm64")

    assert done["Parameters"]["LinkTtlSeconds"]["Default"] == "60"
    assert done["Parameters"]["SourcePrefix"]["Default"] == "a/"
    # A function's own variable would win over the parameter.
    assert done["Resources"]["Worker"]["Properties"]["Environment"]["Variables"] == {}
    of_all = done["Globals"]["Function"]["Environment"]["Variables"]
    assert of_all["LINK_TTL_SECONDS"] == {"Ref": "LinkTtlSeconds"}


@pytest.mark.parametrize("of_the_other", [{}, {"CHANGES_MAX": "2"}])
def test_what_the_configuration_says_of_one_function_alone_stays_there(
    from_chalice: dict[str, Any], of_the_other: dict[str, str]
) -> None:
    worker = from_chalice["Resources"]["Worker"]
    worker["Properties"]["Environment"] = {"Variables": {"CHANGES_MAX": "1"}}
    from_chalice["Resources"]["Sweeper"] = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Environment": {"Variables": of_the_other}},
    }

    done = template.complete(from_chalice, architecture="arm64")

    found = {
        name: done["Resources"][name]["Properties"]["Environment"]["Variables"]
        for name in ("Worker", "Sweeper")
    }
    assert found == {"Worker": {"CHANGES_MAX": "1"}, "Sweeper": of_the_other}
    assert done["Parameters"]["ChangesMax"]["Default"] == "3"


def test_a_setting_of_a_deployment_without_a_parameter_is_in_each_function(
    completed: dict[str, Any],
) -> None:
    settings = {"OTHER": "1", "LINK_TTL_SECONDS": "60", "AUTH": "none", "EVENTS": "started"}

    own = template.without_parameter(settings)
    done = template.with_variables(completed, own)

    assert own == {"OTHER": "1"}
    assert done["Resources"]["Worker"]["Properties"]["Environment"]["Variables"] == own
    assert "OTHER" not in template.text(completed)


def test_a_setting_without_a_value_leaves_the_default_of_its_parameter() -> None:
    assert template.setting_parameters({"AUTH": "", "OTHER": "1", "JWT_SCOPE": "a b"}) == {
        "JwtScope": "a b"
    }


def test_every_setting_that_is_a_parameter_reaches_the_functions(declared: dict[str, Any]) -> None:
    variables = declared["Globals"]["Function"]["Environment"]["Variables"]
    # infra/source_grants.py adds SOURCES, if there are some.
    always = {name: value for name, value in PARAMETER_OF.items() if name != "SOURCES"}
    passed = {name: value for name, value in variables.items() if name in PARAMETER_OF}
    assert passed == always
    assert set(always.values()) <= set(declared["Parameters"])


def test_other_resources_stay_as_they_are(
    from_chalice: dict[str, Any], completed: dict[str, Any]
) -> None:
    assert completed["Resources"]["JobsTable"] == from_chalice["Resources"]["JobsTable"]


def test_the_original_template_is_not_changed(from_chalice: dict[str, Any]) -> None:
    before = json.dumps(from_chalice)

    template.complete(from_chalice, architecture="arm64")

    assert json.dumps(from_chalice) == before


def test_the_api_gets_a_root_and_a_path_for_all_other_requests(
    paths: dict[str, Any],
) -> None:
    assert set(paths) == {"/", EVERY_OTHER_PATH, "/jobs/{jobId}", "/v1/jobs"}


@pytest.mark.parametrize("path", ["/", EVERY_OTHER_PATH, "/jobs/{jobId}"])
def test_every_method_of_a_path_is_served(paths: dict[str, Any], path: str) -> None:
    assert set(paths[path]) == set(EVERY_METHOD)


@pytest.mark.parametrize("method", ["delete", "head", "patch", "post", "put"])
def test_a_method_without_a_route_reaches_the_app(paths: dict[str, Any], method: str) -> None:
    assert paths["/jobs/{jobId}"][method][INTEGRATION] == _to_app()[INTEGRATION]


def test_the_routes_that_chalice_made_stay_its_own(paths: dict[str, Any]) -> None:
    assert paths["/jobs/{jobId}"]["get"]["summary"] == "Chalice's own"


def test_a_cors_preflight_is_still_answered_by_the_gateway(paths: dict[str, Any]) -> None:
    assert paths["/jobs/{jobId}"]["options"] == {INTEGRATION: {"type": "mock"}}


@pytest.mark.parametrize(
    ("path", "names"), [("/", []), (EVERY_OTHER_PATH, ["proxy"]), ("/jobs/{jobId}", ["jobId"])]
)
def test_an_added_method_declares_the_parameters_of_its_path(
    paths: dict[str, Any], path: str, names: list[str]
) -> None:
    declared = [parameter["name"] for parameter in paths[path]["patch"]["parameters"]]

    assert declared == names


AUTHS = ("iam", "none")
SIGNED = {"Fn::If": ["SignedRequests", [{"sigv4": []}], {"Ref": "AWS::NoValue"}]}


@pytest.mark.parametrize("method", sorted({*EVERY_METHOD} - {"options"}))
def test_a_request_below_v1_is_signed_where_auth_is_iam(paths: dict[str, Any], method: str) -> None:
    assert paths["/v1/jobs"][method]["security"] == SIGNED


def test_a_preflight_needs_no_signature(paths: dict[str, Any]) -> None:
    assert "security" not in paths["/v1/jobs"]["options"]


@pytest.mark.parametrize("path", ["/", EVERY_OTHER_PATH, "/jobs/{jobId}"])
def test_what_is_open_in_all_ways_needs_no_signature(paths: dict[str, Any], path: str) -> None:
    assert not [operation for operation in paths[path].values() if "security" in operation]


def test_a_request_without_its_signature_is_answered_401(completed: dict[str, Any]) -> None:
    responses = _definition(completed)[GATEWAY_RESPONSES]

    condition, signed, otherwise = responses["MISSING_AUTHENTICATION_TOKEN"]["Fn::If"]

    assert condition == "SignedRequests"
    assert signed["statusCode"] == "401"
    assert json.loads(_said(signed))["status"] == HTTPStatus.UNAUTHORIZED
    assert "gatewayresponse.header.WWW-Authenticate" in signed["responseParameters"]
    assert otherwise["statusCode"] == "404"


def _chosen(completed: dict[str, Any], auth: str, size: str) -> str:
    """The name of the deployment that the stage has with these parameters."""
    value = completed["Resources"]["RestAPIapiStage"]["Properties"]["DeploymentId"]
    held = f"{'SignedRequests' if auth == 'iam' else 'UnsignedRequests'}From{size.capitalize()}"
    while "Fn::If" in value:
        condition, if_true, if_false = value["Fn::If"]
        value = if_true if condition == held else if_false
    return str(value["Ref"])


def test_the_api_has_one_stage_and_a_deployment_for_each_case(completed: dict[str, Any]) -> None:
    resources = completed["Resources"]

    stage = resources["RestAPIapiStage"]["Properties"]
    assert (stage["StageName"], stage["RestApiId"]) == ("api", {"Ref": "RestAPI"})
    sizes = completed["Parameters"]["MinimumCompressionSize"]["AllowedValues"]
    chosen = {(auth, size): _chosen(completed, auth, size) for auth in AUTHS for size in sizes}
    assert len(set(chosen.values())) == len(chosen)
    for (auth, size), name in chosen.items():
        condition = completed["Conditions"][resources[name]["Condition"]]
        signed = "SignedRequests" if auth == "iam" else "UnsignedRequests"
        is_size = {"Fn::Equals": [{"Ref": "MinimumCompressionSize"}, size]}
        assert condition == {"Fn::And": [{"Condition": signed}, is_size]}
    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::ApiGateway::Stage") == 1
    assert kinds.count("AWS::ApiGateway::Deployment") == len(chosen)


def test_an_api_that_differs_is_deployed_again(from_chalice: dict[str, Any]) -> None:
    paths = from_chalice["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    before = _deployments(from_chalice)

    paths["/v1/more"] = {"get": _to_app()}

    assert _deployments(from_chalice).isdisjoint(before)


@pytest.mark.parametrize(("said", "default"), [(None, "none"), (1024, "1024"), (2000, "2000")])
def test_answers_are_compressed_from_the_size_of_the_configuration(
    from_chalice: dict[str, Any], said: int | None, default: str
) -> None:
    if said is not None:
        from_chalice["Resources"]["RestAPI"]["Properties"]["MinimumCompressionSize"] = said

    made = template.complete(from_chalice, architecture="arm64")

    parameter = made["Parameters"]["MinimumCompressionSize"]
    assert parameter["Default"] == default
    assert default in parameter["AllowedValues"]
    size = made["Resources"]["RestAPI"]["Properties"]["MinimumCompressionSize"]
    condition, chosen, otherwise = size["Fn::If"]
    assert chosen == {"Ref": "MinimumCompressionSize"}
    assert otherwise == {"Ref": "AWS::NoValue"}
    is_none = {"Fn::Equals": [{"Ref": "MinimumCompressionSize"}, "none"]}
    assert made["Conditions"][condition] == {"Fn::Not": [is_none]}


def test_what_is_said_of_the_stage_stays(from_chalice: dict[str, Any]) -> None:
    said = {"Type": "AWS::ApiGateway::Stage", "Properties": {"TracingEnabled": True}}
    from_chalice["Resources"]["RestAPIapiStage"] = said

    made = template.complete(from_chalice, architecture="arm64")

    assert made["Resources"]["RestAPIapiStage"]["Properties"]["TracingEnabled"] is True
    assert made["Resources"]["RestAPIapiStage"]["Properties"]["StageName"] == "api"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("DEFAULT_4XX", HTTPStatus.BAD_REQUEST),
        ("DEFAULT_5XX", HTTPStatus.INTERNAL_SERVER_ERROR),
        ("INTEGRATION_TIMEOUT", HTTPStatus.GATEWAY_TIMEOUT),
        ("REQUEST_TOO_LARGE", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ],
)
def test_an_answer_of_the_gateway_itself_is_a_problem_document(
    completed: dict[str, Any], kind: str, status: HTTPStatus
) -> None:
    response = _definition(completed)[GATEWAY_RESPONSES][kind]

    problem = json.loads(_said(response))

    assert problem == {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": "why",
        "requestId": "$context.requestId",
    }
    assert response["statusCode"] == str(status.value)


def test_a_throttled_answer_says_when_to_ask_again(completed: dict[str, Any]) -> None:
    response = _definition(completed)[GATEWAY_RESPONSES]["THROTTLED"]

    problem = json.loads(response["responseTemplates"]["application/json"])

    assert response["statusCode"] == "429"
    assert "ask again in a second" in problem["detail"]
    assert response["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_an_answer_of_the_gateway_itself_can_be_read_by_any_page(
    completed: dict[str, Any],
) -> None:
    headers = _definition(completed)[GATEWAY_RESPONSES]["THROTTLED"]["responseParameters"]

    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_who_may_call_has_no_default(from_chalice: dict[str, Any]) -> None:
    from_chalice["Parameters"] = {"Auth": {"Type": "String", "Default": "none"}}

    made = template.complete(from_chalice, architecture="arm64")

    assert made["Parameters"]["Auth"] == {"Type": "String"}


def test_a_template_takes_no_other_processors_than_its_package(
    from_chalice: dict[str, Any],
) -> None:
    from_chalice["Parameters"] = {
        "Architecture": {
            "Type": "String",
            "Default": "x86_64",
            "AllowedValues": ["arm64", "x86_64"],
        }
    }

    made = template.complete(from_chalice, architecture="arm64")

    allowed = {"Type": "String", "Default": "arm64", "AllowedValues": ["arm64"]}
    assert made["Parameters"]["Architecture"] == allowed


def test_the_functions_run_on_the_processors_that_are_chosen(from_chalice: dict[str, Any]) -> None:
    from_chalice["Parameters"] = {"Architecture": {"Type": "String"}}
    from_chalice["Resources"]["Worker"]["Properties"]["Architectures"] = ["x86_64"]

    made = template.complete(from_chalice, architecture="arm64")

    chosen = made["Resources"]["Worker"]["Properties"]["Architectures"]
    assert chosen == [{"Ref": "Architecture"}]


def test_only_parameters_that_the_template_has_are_passed() -> None:
    asked = {"Parameters": {"LifecycleDays": {"Type": "Number"}}}

    passed = template.parameters(asked, {"LifecycleDays": "7", "Unknown": "x"})

    assert passed == {"LifecycleDays": "7"}


def test_a_parameter_without_a_value_keeps_its_default() -> None:
    asked = {"Parameters": {"ExistingSourceBucket": {"Type": "String", "Default": ""}}}

    passed = template.parameters(asked, {"ExistingSourceBucket": None})

    assert passed == {}


# -- infra/resources.yaml --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    text = RESOURCES.read_text()
    found: dict[str, Any] = yaml.load(text, Loader=_Intrinsics)  # noqa: S506 - see there
    return found


def test_every_check_that_is_skipped_has_its_reason(declared: dict[str, Any]) -> None:
    skipped = [
        skip
        for resource in declared["Resources"].values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]

    assert skipped
    assert not [skip for skip in skipped if len(skip["comment"].split()) < 5]


def test_the_access_log_is_json_and_holds_nothing_that_could_be_a_secret(
    declared: dict[str, Any],
) -> None:
    stage = declared["Resources"]["RestAPIapiStage"]["Properties"]

    fields = json.loads(stage["AccessLogSetting"]["Format"])

    assert {"requestId", "sourceIp", "principal", "method", "path", "status"} <= fields.keys()
    assert fields["path"] == "$context.resourcePath"
    # Neither headers nor the query, nor the path with a job's id in it.
    allowed = r"\$context\.(identity\.(sourceIp|userArn)|error\.responseType|[a-zA-Z]+)"
    assert all(re.fullmatch(allowed, value) for value in fields.values())
    assert "$context.path" not in fields.values()


def test_archives_have_the_first_of_three_keys(declared: dict[str, Any]) -> None:
    bucket = declared["Resources"]["ArchiveBucket"]["Properties"]

    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    condition, archive_key, (next_condition, own_key, of_s3) = rule
    assert (condition, next_condition) == ("OwnArchiveKey", "OwnKey")
    keys = [one["ServerSideEncryptionByDefault"] for one in (archive_key, own_key, of_s3)]
    assert [key.get("KMSMasterKeyID") for key in keys] == ["ArchiveKmsKey", "KmsKeyArn", None]
    assert [key["SSEAlgorithm"] for key in keys] == ["aws:kms", "aws:kms", "AES256"]


@pytest.mark.parametrize("file", ["policy-api.json", "policy-worker.json"])
def test_a_key_of_archives_is_used_through_s3_alone(file: str) -> None:
    """The API's role must decrypt too: a link does what its signer may."""
    written = json.loads((REPOSITORY / ".chalice" / file).read_text())["Statement"]

    (statement,) = [
        one["Fn::If"][1] for one in written if one.get("Fn::If", [""])[0] == "OwnArchiveKey"
    ]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == {"Ref": "ArchiveKmsKey"}
    via = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}


def test_no_page_may_fetch_archives_unless_it_is_named(declared: dict[str, Any]) -> None:
    bucket = declared["Resources"]["ArchiveBucket"]["Properties"]

    condition, cors, otherwise = bucket["CorsConfiguration"]
    (rule,) = cors["CorsRules"]
    assert (condition, otherwise) == ("LetPagesFetch", "AWS::NoValue")
    assert declared["Parameters"]["DownloadOrigins"]["Default"] == ""
    assert rule["AllowedOrigins"] == "DownloadOrigins"
    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert rule["AllowedHeaders"] == [
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Range",
    ]
    assert rule["ExposedHeaders"] == [
        "Accept-Ranges",
        "Content-Disposition",
        "Content-Length",
        "Content-Range",
        "ETag",
    ]


@pytest.mark.parametrize("function", ["APIHandler", "Worker", "DeadLetters", "Sweeper"])
def test_a_function_logs_to_the_group_that_the_stack_makes(
    declared: dict[str, Any], function: str
) -> None:
    group = declared["Resources"][f"{function}Logs"]["Properties"]
    name = declared["Resources"][function]["Properties"]["FunctionName"]

    assert group["LogGroupName"] == f"/aws/lambda/{name}"
    assert group["RetentionInDays"] == "LogRetentionDays"
