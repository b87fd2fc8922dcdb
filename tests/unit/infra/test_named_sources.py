"""SOURCES of `make up`: JSON or a file with it, and what the functions may do with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra import access, environments, named_sources, source_grants, template
from infra.access import Access
from infra.errors import AccessError, DeployError
from infra.named_sources import OWN_BUCKET
from infra.targets import Target

AWS = Target("aws", "prod", "eu-west-1")
LOCAL = Target("ministack", "local", "us-east-1")
KEY = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = KEY.replace("us-west-2", "eu-west-1")
FOREIGN = {"name": "scans", "bucket": "scans", "prefix": "in/", "owner": "444455556666"}


def _json(*sources: dict[str, Any]) -> str:
    return json.dumps(sources)


# -- the command -----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ['[{"name": "a"}]', ' [\n {"name":\t"a"}]\n'])
def test_json_becomes_one_short_line(written: str) -> None:
    assert named_sources.read(written) == '[{"name":"a"}]'


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_path_is_read(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "sources.json"
    file.write_text(f'{mark}[\n{{"name": "a"}}]\n', encoding="utf-8")

    assert named_sources.read(str(file)) == '[{"name":"a"}]'


def test_nothing_is_nothing() -> None:
    assert named_sources.read("") == named_sources.read(" ") == ""
    assert named_sources.of("", {}) == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sources.json", "or the path of a file with it, not 'sources.json': No such file"),
        ('[{"name": "a"', "SOURCES cannot be read as JSON: Expecting"),
        ('{"name": "a"}', "SOURCES must be a JSON list of objects"),
    ],
)
def test_what_is_neither_json_nor_a_file_is_refused(written: str, said: str) -> None:
    with pytest.raises(AccessError, match=said):
        access.chosen({"SOURCES": written}, LOCAL)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(AccessError, match="the path of a file with it"):
        named_sources.read(str(file))


def test_a_mistake_is_named_before_anything_is_deployed() -> None:
    with pytest.raises(
        AccessError, match=r'SOURCES: source 1 \("a"\): owner must be the 12 digits'
    ):
        access.chosen({"SOURCES": _json({"name": "a", "owner": "1"})}, LOCAL)


def test_the_sources_of_the_last_command_stay_until_others_are_said() -> None:
    jwt = {"AUTH": "jwt", "JWT_ISSUER": "https://id.example/", "JWT_AUDIENCE": "a"}
    known = {"SOURCES": '[{"name":"a"}]'}

    assert access.chosen(jwt, AWS, known).sources == known["SOURCES"]
    assert access.chosen({**jwt, "SOURCES": ""}, AWS, known).sources == ""
    other = access.chosen({**jwt, "SOURCES": _json({"name": "b"})}, AWS, known)
    assert other.sources == '[{"name":"b"}]'
    assert other.parameters()["Sources"] == '[{"name":"b"}]'


def test_what_is_public_lies_below_a_prefix_in_each_source() -> None:
    public = {"AUTH": "none", "I_KNOW_IT_IS_PUBLIC": "yes"}
    bounded, whole = {"name": "a", "prefix": "p/"}, {"name": "b", "bucket": "whole"}

    assert access.chosen({**public, "SOURCES": _json(bounded)}, AWS).sources
    with pytest.raises(AccessError, match=r"each source must have a prefix.* 'b' without one"):
        access.chosen({**public, "SOURCES": _json(bounded, whole)}, AWS)


def test_who_deploys_is_told_which_sources_are_open() -> None:
    opened = Access(sources=_json({"name": "a"}, {"name": "b"}))

    assert "for the files of a, b" in opened.in_words(None)


# -- the grants ------------------------------------------------------------------------------------


def _added(*sources: dict[str, Any]) -> dict[str, Any]:
    """Returns a template to which the sources were added."""
    own = [{"Sid": "Jobs"}, {"Fn::If": []}, {"Sid": "FindFiles"}, {"Sid": "ReadSources"}]
    role = {"Properties": {"Policies": [{"PolicyDocument": {"Statement": own}}]}}
    made: dict[str, Any] = {
        "Parameters": {},
        "Globals": {"Function": {"Environment": {"Variables": {}}}},
        "Rules": {"AnybodyNeedsAPrefix": {}},
        "Conditions": {"MakeSourceBucket": {"Fn::Equals": [{"Ref": "Existing"}, ""]}},
        "Outputs": {"SourceBucket": {"Value": "own"}},
        "Resources": {
            "ApiHandlerRole": json.loads(json.dumps(role)),
            "WorkerRole": json.loads(json.dumps(role)),
        },
    }
    source_grants.add(made, named_sources.of(_json(*sources), {}))
    return made


def _statements(made: dict[str, Any], role: str) -> list[dict[str, Any]]:
    (policy,) = made["Resources"][role]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def _sids(made: dict[str, Any], role: str = "WorkerRole") -> list[str]:
    return [statement["Sid"] for statement in _statements(made, role) if "Sid" in statement]


def _paths(statement: dict[str, Any]) -> list[str]:
    return [
        "{Bucket}{Path}".format(**values)
        for _, values in (arn["Fn::Sub"] for arn in statement["Resource"])
    ]


def _of(made: dict[str, Any], action: str, role: str = "WorkerRole") -> list[dict[str, Any]]:
    return [one for one in _statements(made, role) if action in one.get("Action", ())]


def test_the_functions_get_the_list_as_a_parameter() -> None:
    made = _added({"name": "a"})

    assert made["Parameters"]["Sources"]["Type"] == "String"
    variables = made["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["SOURCES"] == {"Ref": "Sources"}


def test_the_whole_own_bucket_keeps_its_statements() -> None:
    assert _sids(_added({"name": "a"})) == ["Jobs", "FindFiles", "ReadSources"]


def test_a_part_of_the_own_bucket_is_all_that_may_be_read() -> None:
    made = _added({"name": "a", "prefix": "in/"})

    assert _sids(made) == ["Jobs", "FindNamedSources1", "AskNamedSources", "ReadNamedSources"]
    (reads,) = _of(made, "s3:GetObject")
    ((_, values),) = (arn["Fn::Sub"] for arn in reads["Resource"])
    assert values["Path"] == "/in/*"
    assert values["Bucket"]["Fn::If"][0] == "MakeSourceBucket"
    assert made["Conditions"]["MakeSourceBucket"] == {"Fn::Equals": [{"Ref": "Existing"}, ""]}


def test_sources_in_other_buckets_alone_make_no_bucket() -> None:
    made = _added(FOREIGN)

    _, sources_are_named = made["Conditions"]["MakeSourceBucket"]["Fn::And"]
    assert sources_are_named == {"Fn::Equals": [{"Ref": "Sources"}, ""]}
    assert made["Outputs"]["SourceBucket"]["Value"] == "scans"
    assert "FindFiles" not in _sids(made)


def test_a_source_is_listed_and_read_below_its_prefix_alone() -> None:
    made = _added(FOREIGN, {"name": "b", "bucket": "whole"})

    bounded, whole = _of(made, "s3:ListBucket")
    assert (_paths(bounded), _paths(whole)) == (["scans"], ["whole"])
    assert bounded["Condition"] == {"StringLike": {"s3:prefix": ["in/*"]}}
    assert "Condition" not in whole
    (reads,) = _of(made, "s3:GetObject")
    assert _paths(reads) == ["scans/in/*", "whole/*"]
    (asks,) = _of(made, "s3:GetBucketVersioning")
    assert _paths(asks) == ["scans", "whole"]


def test_parts_of_one_bucket_share_a_statement() -> None:
    made = _added(FOREIGN, {**FOREIGN, "name": "b", "prefix": "out/"})

    (lists,) = _of(made, "s3:ListBucket")
    assert lists["Condition"] == {"StringLike": {"s3:prefix": ["in/*", "out/*"]}}
    (whole,) = _of(_added(FOREIGN, {"name": "b", "bucket": "scans"}), "s3:ListBucket")
    assert "Condition" not in whole


def test_a_prefix_is_no_pattern() -> None:
    made = _added({**FOREIGN, "prefix": "a*b?${c}/"})

    (lists,) = _of(made, "s3:ListBucket")
    literal = "a${*}b${?}${$}{c}/*"
    assert lists["Condition"]["StringLike"]["s3:prefix"] == [literal]
    assert _paths(_of(made, "s3:GetObject")[0]) == [f"scans/{literal}"]


def test_the_api_may_neither_read_versions_nor_attributes() -> None:
    made = _added(FOREIGN)

    def actions(role: str) -> set[str]:
        added = [one for one in _statements(made, role) if "NamedSources" in one.get("Sid", "")]
        return {action for one in added for action in one["Action"]}

    assert actions("ApiHandlerRole") == {"s3:ListBucket", "s3:GetObject"}
    assert actions("WorkerRole") == {
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectAttributes",
        "s3:GetObjectVersionAttributes",
    }


@pytest.mark.parametrize("role", ["ApiHandlerRole", "WorkerRole"])
def test_keys_are_used_through_s3_of_the_buckets_region_alone(role: str) -> None:
    made = _added(
        {"name": "a", "kmsKeys": [OTHER_KEY]},
        {**FOREIGN, "region": "us-west-2", "kmsKeys": [KEY, KEY]},
    )

    own, far = _of(made, "kms:Decrypt", role)
    assert (own["Resource"], far["Resource"]) == ([OTHER_KEY], [KEY])
    via = [one["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"] for one in (own, far)]
    assert via == ["s3.${AWS::Region}.${AWS::URLSuffix}", "s3.us-west-2.${AWS::URLSuffix}"]


def test_a_stack_open_to_anybody_needs_no_second_prefix() -> None:
    assert _added(FOREIGN)["Rules"] == {}
    assert "AnybodyNeedsAPrefix" in _added(FOREIGN, {"name": "a"})["Rules"]


def test_the_statements_fit_into_a_roles_policy() -> None:
    """Of 10,240 characters, the policy in .chalice/ takes 2,500.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    most = [
        {"name": f"s{n}", "bucket": f"{n:a<40}", "prefix": f"{'p' * 40}/"} for n in range(10, 30)
    ]

    made = source_grants.statements("WorkerRole", named_sources.of(_json(*most), {}))

    written = json.dumps(made).replace('{"Fn::Sub": ["arn:${AWS::Partition}:s3:::', "")
    assert len(written.replace(" ", "")) < 10_240


def test_without_sources_a_template_is_as_it_was() -> None:
    made = template.complete({"Resources": {}}, architecture="arm64")

    assert "Sources" not in made["Parameters"]


# -- what the owner of a bucket adds ---------------------------------------------------------------

ROLES = {
    "ApiHandlerRole": "arn:aws:iam::111122223333:role/api",
    "WorkerRole": "arn:aws:iam::111122223333:role/worker",
}


def test_the_owner_of_a_bucket_gets_a_policy_to_paste() -> None:
    sources = named_sources.of(
        _json({"name": "own"}, FOREIGN, {**FOREIGN, "name": "b", "owner": "111122223333"}), {}
    )

    policies = source_grants.bucket_policies(sources, ROLES)

    assert list(policies) == ["scans"]
    statements = policies["scans"]["Statement"]
    assert {one["Principal"]["AWS"] for one in statements} == set(ROLES.values())
    assert [one for one in statements if "s3:GetObjectVersion" in one["Action"]] == [
        {
            "Sid": "LonghaulWorkerRole3",
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:GetObjectAttributes",
                "s3:GetObjectVersionAttributes",
            ],
            "Resource": ["arn:aws:s3:::scans/in/*"],
            "Principal": {"AWS": ROLES["WorkerRole"]},
        }
    ]
    assert "Fn::" not in json.dumps(policies)


def test_an_own_bucket_needs_no_policy() -> None:
    sources = named_sources.of(_json({"name": "own"}, {"name": "b", "bucket": "ours"}), {})

    assert sources[0].bucket == OWN_BUCKET
    assert source_grants.bucket_policies(sources, ROLES) == {}


# -- the functions' environment --------------------------------------------------------------------


def _function(**variables: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Sources": {"Type": "String", "Default": ""}},
        "Globals": {"Function": {"Environment": {"Variables": {"SOURCES": {"Ref": "Sources"}}}}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Worker": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Environment": {"Variables": variables}},
            },
        },
    }


def test_what_fits_into_an_environment_is_deployed() -> None:
    made = _function(TABLE={"Ref": "JobsTable"}, KEYS={"Fn::If": ["A", "x", {"Ref": "B"}]})

    environments.check(made, {})
    environments.check(made, {"Sources": "x" * 3700})


def test_what_does_not_fit_is_named_with_its_size() -> None:
    with pytest.raises(DeployError) as refused:
        environments.check(_function(A="1"), {"Sources": '"' * 2100})

    said = str(refused.value)
    assert "the function Worker would have about 42" in said
    assert "Lambda takes 4096" in said
    assert "SOURCES has 4202 of them" in said
