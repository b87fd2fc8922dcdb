"""The ARNs that an operator names."""

from collections.abc import Callable

import pytest

from infra import arns
from infra.arns import Kind
from infra.errors import DeployError

REGION = "eu-west-1"
ACCOUNT = "111122223333"

GOOD = (
    (arns.SECRET, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a/b-AbCdEf"),
    (arns.SECRET, f"arn:aws-cn:secretsmanager:{REGION}:{ACCOUNT}:secret:x"),
    (arns.TOPIC, f"arn:aws:sns:{REGION}:{ACCOUNT}:woken_people-1"),
    (arns.KMS_KEY, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
)


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_an_arn_of_the_region_is_taken(kind: Kind, value: str) -> None:
    arns.check("NAMED", value, kind, REGION)


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_an_arn_of_another_region_is_refused(kind: Kind, value: str) -> None:
    with pytest.raises(DeployError, match=f"^NAMED must be {kind.what} of the stack's region us-"):
        arns.check("NAMED", value, kind, "us-east-1")


@pytest.mark.parametrize(("kind", "value"), GOOD)
@pytest.mark.parametrize("change", [lambda arn: arn[1:], lambda arn: arn.replace(ACCOUNT, "1")])
def test_what_is_no_such_arn_is_refused(
    kind: Kind, value: str, change: Callable[[str], str]
) -> None:
    with pytest.raises(DeployError) as caught:
        arns.check("NAMED", change(value), kind, REGION)

    assert str(caught.value) == f"NAMED must be the ARN of {kind.form}, not {change(value)!r}"


def test_an_arn_of_another_kind_is_refused() -> None:
    for kind in (arns.SECRET, arns.TOPIC, arns.KMS_KEY):
        for other, value in GOOD:
            if other is not kind:
                with pytest.raises(DeployError):
                    arns.check("NAMED", value, kind, REGION)


def test_a_value_that_may_be_a_secret_is_not_shown() -> None:
    with pytest.raises(DeployError) as caught:
        arns.check("NAMED", "Authorization=Basic abc", arns.SECRET, REGION, is_shown=False)

    assert "abc" not in str(caught.value)
