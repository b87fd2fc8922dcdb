"""What a parameter takes is what the functions take, and its default is theirs."""

import json
import re
from dataclasses import asdict
from typing import Any

import pytest

from chalicelib import settings
from infra import config, tunables
from infra.paths import CHALICE_CONFIG, REPOSITORY
from infra.tunables import TUNABLES, Tunable

# On an emulator: SOURCE_DELAY_MS is for these alone.
PLACE = {**dict.fromkeys(config.PLACES, "-"), "AWS_ENDPOINT_URL": "http://127.0.0.1"}
NUMBERS = [one for one in TUNABLES if "MinValue" in one.rule]
IDS = [one.variable for one in NUMBERS]


def _takes(one: Tunable, value: str) -> bool:
    """Whether CloudFormation takes the value for the parameter."""
    definition = one.definition()
    if "AllowedValues" in definition:
        return value in definition["AllowedValues"]
    if len(value) > definition.get("MaxLength", 4096):
        return False
    return re.fullmatch(definition.get("AllowedPattern", "(?s).*"), value) is not None


def _of(variable: str) -> Tunable:
    return next(one for one in TUNABLES if one.variable == variable)


@pytest.mark.parametrize("one", NUMBERS, ids=IDS)
def test_a_number_has_the_bounds_of_the_setting(one: Tunable) -> None:
    low, high = one.rule["MinValue"], one.rule["MaxValue"]

    for good in (low, high):
        settings.load({**PLACE, one.variable: str(good)})
    for bad in (low - 1, high + 1):
        with pytest.raises(settings.SettingsError, match=one.variable):
            settings.load({**PLACE, one.variable: str(bad)})


@pytest.mark.parametrize("one", TUNABLES, ids=[one.variable for one in TUNABLES])
def test_a_default_is_that_of_the_functions(one: Tunable) -> None:
    without = asdict(settings.load(PLACE))

    assert asdict(settings.load({**PLACE, one.variable: one.usual})) == without
    assert "MinValue" in one.rule or _takes(one, one.usual)


@pytest.mark.parametrize("one", TUNABLES, ids=[one.variable for one in TUNABLES])
def test_a_refusal_says_what_the_parameter_must_be(one: Tunable) -> None:
    definition: dict[str, Any] = one.definition()

    assert definition["ConstraintDescription"].startswith("must be ")
    assert definition["Description"].endswith(".")
    assert len(definition["Description"]) < 4000


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SOURCE_KEY_TEMPLATE", "files/{file_id}"),
        ("SOURCE_KEY_TEMPLATE", "{file_id:0>9}/{file_id}.bin"),
        ("SOURCE_KEY_TEMPLATE", "{{a}}/{file_id!s}"),
        ("FILE_ID_PATTERN", "[A-Z]{3}-[0-9]+"),
        ("NAMES_FROM", "metadata-percent,content-disposition"),
        ("NAMES_FROM", "content-disposition, metadata"),
        ("FAST_PATH", "no"),
    ],
)
def test_what_the_functions_take_the_parameter_takes(variable: str, value: str) -> None:
    settings.load({**PLACE, variable: value})

    assert _takes(_of(variable), value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SOURCE_KEY_TEMPLATE", "files/"),
        ("SOURCE_KEY_TEMPLATE", "files/{id}"),
        ("SOURCE_KEY_TEMPLATE", "files/{file_id"),
        ("SOURCE_KEY_TEMPLATE", "{file_id}/{other}"),
        ("FILE_ID_PATTERN", "a" * 256),
        ("NAMES_FROM", "filename"),
        ("NAMES_FROM", "metadata;metadata-percent"),
        ("FAST_PATH", "true"),
    ],
)
def test_what_the_functions_refuse_the_parameter_refuses(variable: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=variable):
        settings.load({**PLACE, variable: value})

    assert not _takes(_of(variable), value)


def test_all_that_the_configuration_sets_is_a_parameter() -> None:
    written = json.loads(CHALICE_CONFIG.read_text())
    places = (written, *written["stages"].values(), *written["lambda_functions"].values())
    said = {name for place in places for name in place.get("environment_variables", {})}

    assert said
    assert said <= tunables.PARAMETERS.keys()


def test_all_that_the_documentation_lets_the_configuration_set_is_a_parameter() -> None:
    text = (REPOSITORY / "docs" / "configuration.md").read_text()
    table = text.split("\n| variable |")[1].split("\n\n")[0]
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))

    # SOURCE_PREFIX is for each deployment to say, and has had its parameter before.
    assert documented - {"SOURCE_PREFIX"} <= tunables.PARAMETERS.keys()
    assert len(documented) > 20
