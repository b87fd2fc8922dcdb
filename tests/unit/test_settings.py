"""A bad value fails at start, by its name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.settings import (
    GATEWAY_SECONDS,
    HOLD_MAX,
    ID_PATTERN_MAX,
    LINK_TTL_MAX,
    SettingsError,
    load,
)
from infra.paths import REPOSITORY
from tests.unit.samples import REQUIRED, some_settings


def test_what_is_not_set_has_a_default() -> None:
    settings = load(REQUIRED)

    assert settings.source().key_template == "downloads/{file_id}"
    assert settings.source().prefix == ""
    assert (settings.archive_ttl_days, settings.archive_ttl_ms) == (7, 604_800_000)
    assert settings.max_open_jobs_per_user == 1000
    assert (settings.rate_limit_per_minute, settings.rate_limit_burst) == (120, 60)
    assert (settings.max_files_per_job, settings.max_bytes_per_job) == (0, 0)
    assert settings.max_bytes_per_user_per_day == 0
    assert (settings.link_ttl_seconds, settings.max_body_bytes) == (900, 2 * 1024**2)
    assert (settings.progress_hold_seconds, settings.progress_retry_seconds) == (2, 1)
    assert settings.source_delay_ms == 0
    assert (settings.public_endpoint_url, settings.api_url_template) == (None, None)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_what_must_be_set_is_named_when_it_is_not(name: str, value: str | None) -> None:
    environ = {key: text for key, text in REQUIRED.items() if key != name}

    with pytest.raises(SettingsError, match=f"{name} is not set"):
        load(environ if value is None else {**environ, name: value})


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("ARCHIVE_TTL_DAYS", 1, 3650),
        ("LINK_TTL_SECONDS", 1, LINK_TTL_MAX),
        ("MAX_BODY_BYTES", 1024, 4 * 1024**2),
        ("PROGRESS_HOLD_SECONDS", 0, HOLD_MAX),
        ("PROGRESS_RETRY_SECONDS", 1, 60),
        ("ANSWER_WITHIN_SECONDS", 0, GATEWAY_SECONDS),
        ("MAX_OPEN_JOBS_PER_USER", 0, 1000),
        ("RATE_LIMIT_PER_MINUTE", 0, 60_000),
        ("RATE_LIMIT_BURST", 1, 60_000),
        ("MAX_FILES_PER_JOB", 0, 10**9),
        ("MAX_BYTES_PER_JOB", 0, 10**18),
        ("MAX_BYTES_PER_USER_PER_DAY", 0, 10**18),
    ],
)
def test_a_number_is_taken_within_its_limits_and_no_further(name: str, low: int, high: int) -> None:
    field = name.lower()

    assert [getattr(some_settings(**{name: str(at)}), field) for at in (low, high)] == [low, high]
    for beyond in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=f"{name} must be .* from {low} to {high}, not"):
            some_settings(**{name: str(beyond)})


def test_a_request_that_is_held_is_answered_before_its_function_is_stopped() -> None:
    config = json.loads((REPOSITORY / ".chalice" / "config.json").read_text())

    assert config["lambda_functions"]["api_handler"]["lambda_timeout"] >= HOLD_MAX + 5


def test_a_slow_storage_is_for_an_emulator_only() -> None:
    emulator = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}

    assert some_settings(SOURCE_DELAY_MS="60000", **emulator).source_delay_ms == 60_000
    assert some_settings(SOURCE_DELAY_MS="0").source_delay_ms == 0
    with pytest.raises(SettingsError, match="SOURCE_DELAY_MS is for local targets only"):
        some_settings(SOURCE_DELAY_MS="1")
    with pytest.raises(SettingsError, match=r"SOURCE_DELAY_MS must be .* from 0 to 60000, not"):
        some_settings(SOURCE_DELAY_MS="60001", **emulator)


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1e3", " 7", "7 ", "0x10", "\u0667", "\u00b2"])
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="ARCHIVE_TTL_DAYS"):
        some_settings(ARCHIVE_TTL_DAYS=value)


@pytest.mark.parametrize(
    "template", ["{file_id}", "a/{file_id:09d}.pdf", "{file_id}/{file_id}", "{{x}}/{file_id!s}"]
)
def test_a_key_template_holds_the_file_id(template: str) -> None:
    assert some_settings(SOURCE_KEY_TEMPLATE=template).source().key_template == template


@pytest.mark.parametrize(
    "template",
    [
        "downloads/",
        "{}",
        "{0}",
        "{file_id}/{name}",
        "{file_id.name}",
        "{file_id:q}",
        "{file_id",
        "file_id}",
        "{{file_id}}",
        pytest.param(
            "{file_id[0]}",
        ),
        pytest.param(
            "{file_id:.0e}",
        ),
    ],
)
def test_a_key_template_that_cannot_tell_files_apart_is_refused(template: str) -> None:
    with pytest.raises(SettingsError, match="SOURCE_KEY_TEMPLATE must hold"):
        some_settings(SOURCE_KEY_TEMPLATE=template)


UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize("pattern", ["", UUID, r"\d+", "[A-Z]{2}[0-9]+|x$", "a" * ID_PATTERN_MAX])
def test_what_an_id_looks_like_is_a_regular_expression(pattern: str) -> None:
    assert some_settings(FILE_ID_PATTERN=pattern).file_id_pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a", "unterminated character set"),
        ("a)(b", "unbalanced parenthesis"),
        ("(?i)abc", "global flags"),
        ("a\\", "bad escape"),
        ("a{99999999999}", "too large"),
        ("a" * (ID_PATTERN_MAX + 1), "at most 255 characters"),
    ],
)
def test_a_pattern_that_is_none_is_refused_by_name_and_value(pattern: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"FILE_ID_PATTERN must .*{why}") as caught:
        some_settings(FILE_ID_PATTERN=pattern)

    assert repr(pattern) in str(caught.value) or why.startswith("at most")


@pytest.mark.parametrize("template", ["{file_id}", "a/{file_id:0>9}.pdf", "{file_id}/{file_id!s}"])
def test_a_key_can_be_made_of_an_id_that_is_a_text(template: str) -> None:
    settings = some_settings(FILE_ID_PATTERN=UUID, SOURCE_KEY_TEMPLATE=template)

    assert settings.source().key_template == template


@pytest.mark.parametrize(
    "template", ["{file_id:09d}", "{file_id:12}", "{file_id!r}", "{file_id:,}"]
)
def test_a_template_for_numbers_does_not_go_with_ids_that_are_texts(template: str) -> None:
    assert some_settings(SOURCE_KEY_TEMPLATE=template).source().key_template == template
    with pytest.raises(SettingsError, match=r"with FILE_ID_PATTERN .* write {file_id}"):
        some_settings(SOURCE_KEY_TEMPLATE=template, FILE_ID_PATTERN=UUID)


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("", ("metadata",)),
        ("metadata-percent", ("metadata-percent",)),
        ("content-disposition,metadata", ("content-disposition", "metadata")),
        (" metadata , content-disposition ", ("metadata", "content-disposition")),
    ],
)
def test_the_rules_for_names_are_kept_in_their_order(value: str, rules: tuple[str, ...]) -> None:
    assert some_settings(NAMES_FROM=value).names_from == rules


@pytest.mark.parametrize("value", [",", "metadata,", "Metadata", "key", "metadata,metadata", " "])
def test_other_rules_for_names_are_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="NAMES_FROM must be a list of metadata") as caught:
        some_settings(NAMES_FROM=value)

    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "a/", "a/b/"])
def test_a_source_prefix_is_a_folder_or_everything(prefix: str) -> None:
    assert some_settings(SOURCE_PREFIX=prefix).source().prefix == prefix


@pytest.mark.parametrize("prefix", ["a", "/a/", "/", "a/b"])
def test_another_source_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match="SOURCE_PREFIX must be empty or end with '/'"):
        some_settings(SOURCE_PREFIX=prefix)


@pytest.mark.parametrize("name", ["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"])
def test_a_url_loses_its_last_slash(name: str) -> None:
    assert getattr(some_settings(**{name: "http://x:1/"}), name.lower()) == "http://x:1"


@pytest.mark.parametrize("name", ["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"])
@pytest.mark.parametrize(
    "value",
    [
        "x",
        "ftp://x",
        "//x",
        "http:/x",
        "http://",
        pytest.param("/"),
    ],
)
def test_what_is_no_url_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a URL"):
        some_settings(**{name: value})


@given(
    st.sampled_from(["ARCHIVE_TTL_DAYS", "LINK_TTL_SECONDS", "MAX_BODY_BYTES", "SOURCE_PREFIX"])
    | st.sampled_from(["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"]),
    st.text(),
)
def test_any_value_is_taken_or_refused_by_name(name: str, value: str) -> None:
    try:
        some_settings(**{name: value})
    except SettingsError as error:
        refusal = str(error)
    else:
        refusal = name

    assert name in refusal


def test_settings_cannot_change() -> None:
    with pytest.raises(AttributeError):
        some_settings().jobs_table = "other"  # type: ignore[misc]


def test_the_fast_path_is_taken_unless_it_is_turned_off() -> None:
    assert load(REQUIRED).fast_path
    assert some_settings(FAST_PATH="yes").fast_path
    assert not some_settings(FAST_PATH="no").fast_path


@pytest.mark.parametrize("value", ["No", "false", "0", " no"])
def test_what_is_neither_yes_nor_no_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=f"FAST_PATH must be yes or no, not '{value}'"):
        some_settings(FAST_PATH=value)


@pytest.mark.parametrize("prefix", ["", "users/{sub}/", "{tenant}/teams/{teams}/", "{prefixes}"])
def test_a_prefix_of_users_is_a_folder_for_each_claim(prefix: str) -> None:
    assert some_settings(USER_PREFIX=prefix).user_prefix == prefix


@pytest.mark.parametrize("prefix", ["{tenant}-{sub}/", "u/{a}{b}/", "{a}.{b}", "users/", "/{a}/"])
def test_a_prefix_that_two_users_may_share_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match="USER_PREFIX must name a claim"):
        some_settings(USER_PREFIX=prefix)
