"""Each public name is documented, and in one place."""

import json
import re
from collections.abc import Iterable

import pytest

from chalicelib.announcing.events import DETAIL_TYPE
from chalicelib.http import openapi
from chalicelib.settings import load
from infra.observe.catalog import CATALOG
from infra.parameters import VARIABLES
from infra.paths import REPOSITORY
from infra.site import command_line, javascript_client, metrics, pages, python_client
from infra.site.api import ANY_STACK
from infra.tunables import TUNABLES
from tests.site import pages as site

REFERENCE = {page: site.text_of(page) for page in site.in_nav()}
"""The pages of the menu, which all can be looked into."""


def rows(page: str) -> list[str]:
    """Returns the names in the first cells of a page's tables, where there is nothing else."""
    cells = re.findall(r"^\| ((?:`[^`|]+`(?:, )?)+) \|", REFERENCE[page], re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def headings(page: str) -> list[str]:
    """Returns a page's headings."""
    return re.findall(r"^#{2,4} (.*)$", REFERENCE[page], re.MULTILINE)


def counted(names: Iterable[str], said: list[str]) -> dict[str, int]:
    """Returns the names that are not said once, and how often they are."""
    return {name: said.count(name) for name in names if said.count(name) != 1}


def elsewhere(names: Iterable[str], page: str) -> set[tuple[str, str]]:
    """Returns where else a table has one of the names as its own row."""
    wanted = set(names)
    return {(name, other) for other in REFERENCE if other != page for name in rows(other)} & {
        (name, other) for name in wanted for other in REFERENCE
    }


@pytest.mark.parametrize("page", pages.GENERATED)
def test_a_generated_page_is_as_the_code_is_now(page: str) -> None:
    assert site.text_of(page) == pages.GENERATED[page](), "make site writes it"


SET_BY_ITSELF = {"API_URL_TEMPLATE", "PUBLIC_ENDPOINT_URL"}
"""What the template sets for a local target. The page says so, in a list."""


def settings() -> set[str]:
    """What an operator sets, in `.chalice/config.json` or as a variable of `make up`."""
    tuned = {one.variable for one in TUNABLES}
    return {*VARIABLES, *tuned} - SET_BY_ITSELF


def test_each_setting_is_documented_once() -> None:
    page = "docs/configuration.md"
    said = rows(page)

    assert len(settings()) > 60
    assert {name for name in settings() if name not in said} == set()
    assert elsewhere(settings(), page) == set()


def test_each_event_is_documented_once() -> None:
    page = "docs/events.md"
    fields = json.loads((REPOSITORY / "docs" / "events" / "job-v1.json").read_text())["properties"]

    assert counted([*DETAIL_TYPE.values(), *fields], rows(page)) == {}
    assert elsewhere(DETAIL_TYPE.values(), page) == set()


def test_each_metric_is_documented_once() -> None:
    names = [metrics.name(metric) for metric in CATALOG]

    assert counted(names, rows("docs/reference/metrics.md")) == {}
    assert elsewhere(names, "docs/reference/metrics.md") == set()


def test_each_type_of_problem_is_documented() -> None:
    document = openapi.described(load(ANY_STACK), "https://api.example.com")
    slugs = set(re.findall(r"urn:problem-type:longhaul:([a-z-]+)", json.dumps(document)))

    assert len(slugs) > 30
    assert {slug for slug in slugs if slug not in rows("docs/problems.md")} == set()


def test_each_operation_and_each_shape_of_the_api_is_documented_once() -> None:
    document = openapi.described(load(ANY_STACK), "https://api.example.com")
    operations = [
        one["operationId"]
        for path in document["paths"].values()
        for one in path.values()
        if isinstance(one, dict) and "operationId" in one
    ]
    names = [*operations, *document["components"]["schemas"]]

    assert counted(names, headings("docs/reference/api.md")) == {}
    assert all(
        f"`{one['name']}`" in site.text_of("docs/reference/api.md") for one in parameters(document)
    )


def parameters(document: dict[str, dict[str, dict[str, object]]]) -> Iterable[dict[str, str]]:
    """The parameters of all operations, but for the old spellings."""
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                for one in operation.get("parameters", []):
                    if not one.get("deprecated"):
                        yield one


def test_each_command_of_the_command_line_is_documented_once() -> None:
    names = [name for name in command_line.helps() if name]
    cells = re.findall(r"^\| `(.*?)` \|", REFERENCE["docs/cli.md"], re.MULTILINE)
    firsts = re.findall(
        r"^\| ((?:`[a-z]+[^`]*`(?:, )?)+) \|", REFERENCE["docs/cli.md"], re.MULTILINE
    )
    said = [name.split()[0] for cell in firsts for name in re.findall(r"`([^`]+)`", cell)]

    assert cells
    assert counted(names, said) == {}
    assert (
        counted([f"longhaul {name}" for name in names], headings("docs/reference/options.md")) == {}
    )


def test_each_name_of_the_python_client_is_documented_once() -> None:
    page = "docs/reference/python-client.md"
    names = [name for name in python_client.public() if name != "__version__"]
    said = [*headings(page), *[name for name in rows(page) if name == "LonghaulError"]]

    assert counted(names, said) == {}
    assert "`longhaul.__version__`" in REFERENCE[page]


def test_each_name_of_the_javascript_client_is_documented_once() -> None:
    page = "docs/reference/javascript-client.md"

    assert len(javascript_client.public()) > 20
    assert counted(javascript_client.public(), headings(page)) == {}


def test_all_that_the_component_takes_and_tells_is_documented_once() -> None:
    source = REPOSITORY / "clients" / "js" / "src" / "element"
    text = "".join(path.read_text() for path in sorted(source.glob("*.ts")))
    parts = set(re.findall(r'part: "([a-z]+)"', text))
    properties = set(re.findall(r"var\((--longhaul-[a-z-]+)", text))
    events = set(re.findall(r'"(longhaul-[a-z]+)": CustomEvent', text))
    attributes = javascript_client.attributes()
    names = [*attributes, *parts, *properties, *events]

    assert len(attributes) > 5
    assert len(names) > 20
    assert counted(names, rows("docs/reference/component.md")) == {}


def test_each_parameter_of_the_template_is_documented_once() -> None:
    page = "docs/reference/template.md"
    text = (REPOSITORY / "infra" / "resources.yaml").read_text()
    block = re.search(r"^Parameters:\n((?:  .*\n|\n)*)", text, re.MULTILINE)
    assert block
    names = re.findall(r"^  ([A-Z]\w+):", block[1], re.MULTILINE)

    assert counted(names, rows(page)) == {}
