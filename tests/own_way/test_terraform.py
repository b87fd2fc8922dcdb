"""examples/terraform, as Terraform's own parser reads it.

The program itself is in no package registry. So what it would do with the configuration is not
tried: the parser evaluates it, and what it would give to CloudFormation is compared with the
template. tests/own_way/test_command_line.py makes the same calls to CloudFormation.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra import publish
from infra.paths import REPOSITORY
from infra.site import environment
from infra.template import CODE_FILE

EXAMPLE = REPOSITORY / "examples" / "terraform"
LOCK = Path(__file__).parent / "terraform.txt"
GIVEN = {
    "packages_bucket": "packages",
    "jwt_issuer": "https://issuer.example.com",
    "jwt_audience": "longhaul",
}
_PARSE = (
    "import json, sys, tfparse; "
    "print(json.dumps(tfparse.load_from_path(sys.argv[1], vars_paths=sys.argv[2:]), default=str))"
)


@pytest.fixture(scope="module")
def read(written: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the parser reads, with the variables of README.md given."""
    folder = tmp_path_factory.mktemp("configuration")
    for file in EXAMPLE.glob("*.tf"):
        shutil.copy(file, folder)
    values = {**GIVEN, "folder": str(written)}
    (folder / "terraform.tfvars.json").write_text(json.dumps(values))
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (folder / "terraform.tfvars").write_text("\n".join(lines))
    python = environment.program("python", LOCK)
    done = subprocess.run(
        [str(python), "-c", _PARSE, str(folder), "terraform.tfvars"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def declared(written: Path) -> dict[str, Any]:
    """The parameters of the template."""
    found: dict[str, Any] = json.loads((written / publish.TEMPLATE).read_text())["Parameters"]
    return found


def test_each_parameter_that_it_gives_is_one_of_the_template(
    read: dict[str, Any], declared: dict[str, Any]
) -> None:
    (stack,) = read["aws_cloudformation_stack"]

    given = stack["parameters"]
    assert given.keys() <= declared.keys()
    required = {name for name, one in declared.items() if "Default" not in one}
    assert required <= given.keys()
    assert given["Auth"] in declared["Auth"]["AllowedValues"]


def test_other_parameters_that_its_page_names_are_of_the_template(
    declared: dict[str, Any],
) -> None:
    text = (EXAMPLE / "README.md").read_text()

    named = set(re.findall(r"\b([A-Z][a-zA-Z]+) = \"", text))
    assert {"RateLimitPerMinute", "DeletionProtection"} <= named <= declared.keys()


def test_it_uploads_both_files_by_their_content(read: dict[str, Any], written: Path) -> None:
    uploaded = {one["source"]: one["key"] for one in read["aws_s3_object"]}

    code = str(written / CODE_FILE)
    template = str(written / publish.TEMPLATE)
    assert uploaded.keys() == {code, template}
    for key, suffix in ((uploaded[code], "zip"), (uploaded[template], "json")):
        assert key.startswith("longhaul/")
        assert key.endswith(f".{suffix}")
    assert "aws_s3_object.template.key" in read["aws_cloudformation_stack"][0]["template_url"]


def test_it_allows_what_the_template_needs(read: dict[str, Any]) -> None:
    (stack,) = read["aws_cloudformation_stack"]

    assert stack["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_its_outputs_are_those_of_the_template(read: dict[str, Any], written: Path) -> None:
    outputs = json.loads((written / publish.TEMPLATE).read_text())["Outputs"]

    asked = {one["value"]["__attribute__"].partition("[")[2][:-1] for one in read["output"]}
    # SAM adds none: these are all that the stack has.
    assert asked == {"ApiUrl", "SourceBucket"}
    assert asked <= outputs.keys()


def test_a_mistake_in_the_configuration_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_object" {\n')
    python = environment.program("python", LOCK)

    done = subprocess.run(
        [str(python), "-c", _PARSE, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert done.returncode != 0 or "aws_s3_object" not in json.loads(done.stdout)
