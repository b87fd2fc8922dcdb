"""The IAM roles of a stack's functions: what each may do, and what is left without a part of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from chalicelib.named_sources import Source
from infra import source_grants
from infra.paths import REPOSITORY
from tests.e2e.backstage import Backstage

Policy = dict[str, Any]

POLICIES = {
    "APIHandler": "policy-api.json",
    "Worker": "policy-worker.json",
    "Announcer": "policy-announcer.json",
    "DeadLetters": "policy-dead-letters.json",
    "Sweeper": "policy-sweeper.json",
}
"""The functions of each stack, and where their policies are written."""

SHIPPER = {"Telemetry": "policy-telemetry.json"}
"""The function of those stacks that ship telemetry."""

_ELSEWHERE = ("OwnKey", "OwnArchiveKey", "ShipWithHeaders", "ShipToXRay", "ShipToCloudWatch")
"""Conditions of statements that nothing on MiniStack proves: no service uses a KMS key with the
caller's rights, there are no endpoints of OTLP, and their secret is the operator's own."""

_SENDS, _SENDS_BATCHES = "sqs:SendMessage", "sqs:SendMessageBatch"
"""On AWS, the first allows batches too. MiniStack wants an action of its own for them."""


@dataclass(frozen=True)
class Grant:
    """One action of one statement, on one of its resources (by its place in the list)."""

    function: str
    statement: str
    action: str
    resource: int

    def __str__(self) -> str:
        return f"{self.function}-{self.statement}-{self.action}-{self.resource}"


def grants(sources: Sequence[Source] = ()) -> list[Grant]:
    """Returns all that the policies in .chalice/ and these sources grant, but for what MiniStack
    does not have."""
    return [
        Grant(function, statement["Sid"], action, resource)
        for function, file in {**POLICIES, **SHIPPER}.items()
        for statement in [*_written(file), *_of_sources(function, sources)]
        for action in statement["Action"]
        for resource in range(len(_list(statement["Resource"])))
    ]


def _of_sources(function: str, sources: Sequence[Source]) -> list[Policy]:
    role = {"APIHandler": "ApiHandlerRole", "Worker": "WorkerRole"}.get(function)
    return source_grants.statements(role, sources) if role else []


def _written(file: str) -> list[Policy]:
    statements: list[Policy] = []
    for written in json.loads((REPOSITORY / ".chalice" / file).read_text())["Statement"]:
        condition, statement, _ = written.get("Fn::If", (None, written, None))
        if condition not in _ELSEWHERE:
            statements.append(statement)
    return statements


@dataclass(frozen=True)
class Roles:
    """The roles of one stack."""

    backstage: Backstage

    @cached_property
    def arns(self) -> dict[str, str]:
        """The ARN of each function's role."""
        client, names = self.backstage.session.client("lambda"), self.backstage.functions()
        return {
            function: client.get_function_configuration(FunctionName=names[function])["Role"]
            for function in self.functions
        }

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The functions of this stack."""
        deployed = self.backstage.functions()
        return (*POLICIES, *(name for name in SHIPPER if name in deployed))

    @cached_property
    def _iam(self) -> Any:
        return self.backstage.session.client("iam")

    @cached_property
    def deployed(self) -> dict[str, Policy]:
        """The policy of each function's role, as it was deployed."""
        return {function: self._read(function) for function in self.functions}

    def prepare(self) -> None:
        """Puts the policies in MiniStack's words, and lets the tests take each role."""
        for function, policy in self.deployed.items():
            self._put(function, policy)
            role = _name(self.arns[function])
            trust = self._iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
            tests = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
            self._iam.update_assume_role_policy(
                RoleName=role,
                PolicyDocument=json.dumps({**trust, "Statement": [*trust["Statement"], tests]}),
            )

    def session(self, function: str) -> boto3.Session:
        """Returns a session that has the function's role, and no other right."""
        answer = self.backstage.session.client("sts").assume_role(
            RoleArn=self.arns[function], RoleSessionName="test"
        )["Credentials"]
        return boto3.Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
            region_name=self.backstage.outputs.region,
        )

    @contextmanager
    def without(self, grant: Grant) -> Iterator[None]:
        """Takes the grant away from the deployed role while the body runs."""
        policy = self.deployed[grant.function]
        self._put(grant.function, _reduced(policy, grant))
        try:
            yield
        finally:
            self._put(grant.function, policy)

    def decision(self, function: str, action: str, resource: str) -> str:
        """Returns what IAM decides: "allowed", "implicitDeny" or "explicitDeny"."""
        answer = self._iam.simulate_principal_policy(
            PolicySourceArn=self.arns[function], ActionNames=[action], ResourceArns=[resource]
        )
        (result,) = answer["EvaluationResults"]
        return str(result["EvalDecision"])

    def _read(self, function: str) -> Policy:
        iam, role = self._iam, _name(self.arns[function])
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return dict(found)

    def _put(self, function: str, policy: Policy) -> None:
        iam, role = self._iam, _name(self.arns[function])
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        translated = {**policy, "Statement": list(map(_translated, policy["Statement"]))}
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(translated))


def _reduced(policy: Policy, grant: Grant) -> Policy:
    statements: list[Policy] = []
    for statement in policy["Statement"]:
        if statement["Sid"] != grant.statement:
            statements.append(statement)
            continue
        actions = [action for action in statement["Action"] if action != grant.action]
        resources = _list(statement["Resource"])
        left = resources[: grant.resource] + resources[grant.resource + 1 :]
        if actions:
            statements.append({**statement, "Action": actions})
        if left:
            of_others = {"Sid": f"{grant.statement}Rest", "Action": [grant.action]}
            statements.append({**statement, **of_others, "Resource": left})
    return {**policy, "Statement": statements}


def _translated(statement: Policy) -> Policy:
    """Returns the statement in MiniStack's words."""
    resources = set(_list(statement["Resource"]))
    # AWS compares with the ARN that ends in ":*", and MiniStack with the other one.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    resources |= {arn.removesuffix(":*") for arn in resources if ":logs:" in arn}
    actions = set(statement["Action"])
    if _SENDS in actions:
        actions.add(_SENDS_BATCHES)
    translated = {**statement, "Action": sorted(actions), "Resource": sorted(resources)}
    # MiniStack does not say who a mail is from, so nothing would match.
    if "ses:FromAddress" in json.dumps(statement.get("Condition", {})):
        del translated["Condition"]
    return translated


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def environment(backstage: Backstage, function: str) -> Mapping[str, str]:
    """Returns the variables of the function's environment."""
    facts = backstage.session.client("lambda").get_function_configuration(
        FunctionName=backstage.functions()[function]
    )
    return facts["Environment"]["Variables"]
