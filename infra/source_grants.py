"""What the functions may do with the sources that SOURCES names, and nothing wider. Pure.

The policies in .chalice/ grant what is in the stack's own bucket. What is here is added to them, or
takes the place of that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.named_sources import Source
from infra.named_sources import OWN_BUCKET, PARAMETER, VARIABLE

Json = dict[str, Any]

OWN_STATEMENTS: Final = ("FindFiles", "CheckSources", "ReadSources")
"""Those statements of .chalice/ that grant the stack's whole own bucket."""

_OWN_NAME: Final = {
    "Fn::If": ["MakeSourceBucket", {"Ref": "SourceBucket"}, {"Ref": "ExistingSourceBucket"}]
}


@dataclass(frozen=True)
class _Needs:
    """What a function does with a source: how it lists, what else it asks the bucket, and how it
    reads."""

    lists: Sequence[str]
    asks: Sequence[str]
    reads: Sequence[str]


_API: Final = _Needs(lists=("s3:ListBucket",), asks=(), reads=("s3:GetObject",))
_WORKER: Final = _Needs(
    lists=("s3:ListBucket", "s3:ListBucketVersions"),
    asks=("s3:GetBucketVersioning",),
    reads=(
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectAttributes",
        "s3:GetObjectVersionAttributes",
    ),
)
_ROLES: Final = {"ApiHandlerRole": _API, "WorkerRole": _WORKER}


def add(template: Json, sources: Sequence[Source]) -> None:
    """Adds the sources to the template: the parameter, the functions' variable, and the grants."""
    template["Parameters"][PARAMETER] = {
        "Type": "String",
        "Description": "The buckets with the source files, as JSON. The functions' policies follow "
        "from it, so others need another template: make template SOURCES=...",
    }
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables[VARIABLE] = {"Ref": PARAMETER}
    if all(source.prefix for source in sources):
        template["Rules"].pop("AnybodyNeedsAPrefix")  # each source has one
    has_own = any(source.bucket == OWN_BUCKET for source in sources)
    if not has_own:
        conditions = template["Conditions"]
        no_sources = {"Fn::Equals": [{"Ref": PARAMETER}, ""]}
        conditions["MakeSourceBucket"] = {"Fn::And": [conditions["MakeSourceBucket"], no_sources]}
        template["Outputs"]["SourceBucket"]["Value"] = sources[0].bucket
    keeps_own = any(source.bucket == OWN_BUCKET and not source.prefix for source in sources)
    for role in _ROLES:
        (policy,) = template["Resources"][role]["Properties"]["Policies"]
        document = policy["PolicyDocument"]
        document["Statement"] = [
            statement
            for statement in document["Statement"]
            if keeps_own or statement.get("Sid") not in OWN_STATEMENTS
        ] + statements(role, sources)


def statements(role: str, sources: Sequence[Source]) -> list[Json]:
    """Returns what a role may do with all sources but the whole own bucket, which .chalice/ has."""
    needs = _ROLES[role]
    others = [source for source in sources if source.bucket != OWN_BUCKET or source.prefix]
    buckets = {source.bucket: _arn(source.bucket) for source in others}
    made = _listing(needs.lists, others)
    if needs.asks and others:
        made.append(_allow("AskNamedSources", needs.asks, list(buckets.values())))
    if others:
        objects = [_arn(source.bucket, f"/{_literal(source.prefix)}*") for source in others]
        made.append(_allow("ReadNamedSources", needs.reads, _unique(objects)))
    return made + _decrypting(sources)


def _listing(actions: Sequence[str], sources: Iterable[Source]) -> list[Json]:
    """Returns a statement for each bucket. It bounds the prefixes, unless a source is the whole
    bucket.

    S3 takes the key for the prefix where it decides whether to say that an object is not there (404
    or 403). A request without a prefix, as HeadBucket, is refused.
    """
    prefixes: dict[str, list[str]] = {}
    for source in sources:
        prefixes.setdefault(source.bucket, []).append(source.prefix)
    made = []
    for number, (bucket, below) in enumerate(prefixes.items(), 1):
        statement = _allow(f"FindNamedSources{number}", actions, [_arn(bucket)])
        if all(below):
            patterns = [f"{_literal(prefix)}*" for prefix in _unique(below)]
            statement["Condition"] = {"StringLike": {"s3:prefix": patterns}}
        made.append(statement)
    return made


def _decrypting(sources: Iterable[Source]) -> list[Json]:
    """Returns a statement for each region that has keys: S3 asks KMS in the region of the
    bucket."""
    keys: dict[str, list[str]] = {}
    for source in sources:
        if source.kms_keys:
            keys.setdefault(source.region, []).extend(source.kms_keys)
    return [
        _allow(f"DecryptNamedSources{number}", ["kms:Decrypt"], _unique(arns))
        | {
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": {
                        "Fn::Sub": f"s3.{region or '${AWS::Region}'}.${{AWS::URLSuffix}}"
                    }
                }
            }
        }
        for number, (region, arns) in enumerate(keys.items(), 1)
    ]


def bucket_policies(sources: Iterable[Source], principals: Mapping[str, str]) -> dict[str, Json]:
    """Returns the policy that the owner of each bucket in another account must add, by the bucket's
    name. `principals` are the ARNs of our roles, by their names in the template."""
    own = {arn.split(":")[4] for arn in principals.values()}
    foreign: dict[str, list[Source]] = {}
    for source in sources:
        if source.owner and source.owner not in own and source.bucket != OWN_BUCKET:
            foreign.setdefault(source.bucket, []).append(source)
    partition = next(iter(principals.values())).split(":")[1]
    return {
        bucket: {
            "Version": "2012-10-17",
            "Statement": [
                {
                    **_filled(statement, partition),
                    "Sid": f"Longhaul{role}{number}",
                    "Principal": {"AWS": arn},
                }
                for role, arn in principals.items()
                for number, statement in enumerate(statements(role, found), 1)
                if "kms:Decrypt" not in statement["Action"]
            ],
        }
        for bucket, found in foreign.items()
    }


def _filled(statement: Json, partition: str) -> Json:
    """Returns the statement without CloudFormation's functions."""
    resources = [
        f"arn:{partition}:s3:::{values['Bucket']}{values['Path']}"
        for _, values in (arn["Fn::Sub"] for arn in statement["Resource"])
    ]
    return {**statement, "Resource": resources}


def _allow(sid: str, actions: Sequence[str], resources: list[Any]) -> Json:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}


def _arn(bucket: str, path: str = "") -> Json:
    name: Any = _OWN_NAME if bucket == OWN_BUCKET else bucket
    values = {"Bucket": name, "Path": path}
    return {"Fn::Sub": ["arn:${AWS::Partition}:s3:::${Bucket}${Path}", values]}


def _literal(prefix: str) -> str:
    """Returns the prefix as a policy writes what is no wildcard and no variable.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    return "".join(f"${{{char}}}" if char in "*?$" else char for char in prefix)


def _unique(values: Iterable[Any]) -> list[Any]:
    made: list[Any] = []
    for value in values:
        if value not in made:
            made.append(value)
    return made
